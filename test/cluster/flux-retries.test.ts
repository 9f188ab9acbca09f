import t from 'tap';
import { networkPolicy } from './manifests.ts';
import { connectControlPlane } from './session.ts';
import { startTenantOnFlux } from './tenant-on-flux.ts';
import { violationCount } from './violation-count.ts';

/** Flux tries again what was denied: the words must not change, and a fix must not wait. */
const cluster = await connectControlPlane();
const tenantLabel = 'tenantgate.dev/tenant';

for (const isLockedDown of [false, true]) {
  t.test(isLockedDown ? 'with the lockdown flags' : 'without the lockdown flags', async (t) => {
    const prefix = isLockedDown ? 'retries-locked' : 'retries-open';
    const { tenants, tenantgate, deliver } = await startTenantOnFlux(t, cluster, { prefix, isLockedDown });
    const { acmeDev, asAcme } = tenants;

    t.test('a denial is the same bytes at every interval, and counts as dry runs only', async (t) => {
      const app = await deliver(acmeDev, 'broad');
      const counted = async (dryRun: boolean): Promise<number> =>
        violationCount(await tenantgate.metrics(), {
          rule: 'network/confined-peers',
          mode: 'enforce',
          kind: 'networking.k8s.io/NetworkPolicy',
          operation: 'CREATE',
          dry_run: dryRun,
        });
      const [dryBefore, realBefore] = [await counted(true), await counted(false)];
      const broad = { policyTypes: ['Ingress'], ingress: [{ from: [{ namespaceSelector: {} }] }] };
      const seen = [await app.outcomeOf(await app.push([networkPolicy(acmeDev, 'broad', broad)]))];
      for (let round = 0; round < 3; round += 1) {
        await app.intervals(1);
        seen.push(await app.ready());
      }
      t.equal(new Set(seen.map(({ message }) => message)).size, 1);
      const failures = (await app.events()).filter(({ type }) => type === 'Warning');
      t.equal(failures.length, 1, 'Kubernetes counts events with equal messages as one');
      t.match(failures[0], { reason: 'ReconciliationFailed', message: seen[0]!.message.trimEnd() });
      t.ok(failures[0]!.count >= 3);
      t.ok((await counted(true)) - dryBefore >= 4, 'each interval is counted, as a dry run');
      t.equal(await counted(false), realBefore, 'nothing is counted as a write');
      const lines = (await tenantgate.decisions()).filter(
        ({ name, outcome }) => name === 'broad' && outcome === 'denied',
      );
      t.ok(lines.length >= 4);
      t.ok(lines.every(({ dryRun, user, namespace }) => dryRun && user === asAcme.as && namespace === acmeDev));
    });

    t.test('a fix turns it green as soon as its revision is there, whatever the retry interval', async (t) => {
      const app = await deliver(acmeDev, 'slow', { interval: '1h', retryInterval: '1h' });
      const rule = (selector: object): object => ({ policyTypes: ['Ingress'], ingress: [{ from: [selector] }] });
      const broad = networkPolicy(acmeDev, 'fixed', rule({ namespaceSelector: {} }));
      t.match(await app.outcomeOf(await app.push([broad])), { message: '[network/confined-peers]' });
      const own = { namespaceSelector: { matchLabels: { [tenantLabel]: 'acme' } } };
      const began = performance.now();
      t.match(await app.outcomeOf(await app.push([networkPolicy(acmeDev, 'fixed', rule(own))])), { status: 'True' });
      t.comment(`from the fix to green: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    });
  });
}
