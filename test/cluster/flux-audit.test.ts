import t from 'tap';
import { type AuditEvent } from './audit-log.ts';
import { configMap, gitSource, kustomization, networkPolicy, workloads } from './manifests.ts';
import { connectControlPlane } from './session.ts';
import { startTenantOnFlux } from './tenant-on-flux.ts';
import { violationCount } from './violation-count.ts';

/** Modes in which nothing is denied: who sees what of the would-be denials of a tenant on Flux. */
const cluster = await connectControlPlane();

for (const mode of ['audit', 'warn'] as const) {
  t.test(`mode ${mode}`, async (t) => {
    const setting = await startTenantOnFlux(t, cluster, { prefix: `flux-${mode}`, isLockedDown: true, mode });
    const { tenants, tenantgate, controller, deliver } = setting;
    const { acmeDev, globex, asAcme } = tenants;
    const app = await deliver(acmeDev, 'app');
    const suspended = { suspend: true, ...gitSource('app') };
    const expected = [
      [
        'network/confined-peers',
        networkPolicy(acmeDev, 'broad', { policyTypes: ['Ingress'], ingress: [{ from: [{ namespaceSelector: {} }] }] }),
      ],
      ['pods/host-network', workloads(acmeDev, { hostNetwork: true })[0]!.object],
      [
        'flux/service-account-required',
        kustomization(acmeDev, 'without-account', { ...suspended, serviceAccountName: undefined }),
      ],
      [
        'flux/own-tenant-references',
        kustomization(acmeDev, 'foreign-source', { ...suspended, ...gitSource('app', globex) }),
      ],
    ] as const;
    const objects = expected.map(([, object]) => object);

    t.test('everything reconciles, and Flux has nothing to say of it', async (t) => {
      const revision = await app.push([...objects, configMap(acmeDev, 'settings')]);
      const condition = await app.outcomeOf(revision);
      t.match(condition, { status: 'True', message: `Applied revision: ${revision}` });
      await app.intervals(2);
      for (const object of objects) t.ok(await setting.isThere(object), object.kind);
      t.notMatch(JSON.stringify([await app.ready(), await app.events()]), /tenantgate/i);
    });

    t.test(
      mode === 'warn'
        ? 'warnings end in the log of the controller, which tenants do not read'
        : 'nothing reaches the controller',
      async (t) => {
        const log = await controller.log();
        const warnings = log.split('\n').filter((line) => /Tenantgate: .*namespaceSelector/.test(line));
        if (mode === 'warn') t.ok(warnings.length >= 2, 'once an interval');
        else t.same(warnings, []);
      },
    );

    for (const [rule, object] of expected) {
      const { kind, apiVersion, metadata } = object;
      t.test(`the platform sees ${rule} in metrics, decision log and audit annotations`, async (t) => {
        const counted = { rule, mode, kind: `${apiVersion.replace(/\/.*/, '')}/${kind}`, operation: 'CREATE' };
        const metrics = await tenantgate.metrics();
        t.equal(violationCount(metrics, { ...counted, dry_run: false }), 1, 'the write is counted once');
        t.equal(violationCount(metrics, { ...counted, dry_run: true }), 1, 'and so is its dry run');

        const lines = (await tenantgate.decisions()).filter(
          ({ path, name, operation }) => path === 'validate' && name === metadata.name && operation === 'CREATE',
        );
        t.same(
          lines.map(({ dryRun }) => dryRun),
          [true, false],
        );
        for (const line of lines) {
          t.match(line, { outcome: 'allowed', user: asAcme.as });
          t.ok(line.rules.includes(rule));
        }

        const events = (await cluster.readAuditLog()).filter(
          (event) =>
            event.verb === 'patch' && isAbout(event, acmeDev, metadata.name) && event.impersonatedUser !== undefined,
        );
        const annotated = events.filter(({ annotations = {} }) =>
          annotations['validate.tenantgate.dev/rules']?.includes(rule),
        );
        t.match(annotated[0]?.annotations, {
          'validate.tenantgate.dev/decision': 'allowed',
          'validate.tenantgate.dev/violations': new RegExp(`\\[${mode}\\] ${rule} spec\\.`),
        });
        t.ok(annotated.length >= 2, 'in the dry run and in the write');
      });
    }
  });
}

function isAbout({ objectRef }: AuditEvent, namespace: string, name: string | undefined): boolean {
  return objectRef?.namespace === namespace && objectRef.name === name;
}
