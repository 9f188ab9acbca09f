import t from 'tap';
import { type AuditEvent } from './audit-log.ts';
import { type KubernetesObject } from './cluster.ts';
import { expectSuccess } from './kubectl.ts';
import { configMap, networkPolicy, workloads } from './manifests.ts';
import { connectControlPlane } from './session.ts';
import { startTenantOnFlux } from './tenant-on-flux.ts';

/** Flux comes back at every interval: what is good must not change again. */
const cluster = await connectControlPlane();
const tenantLabel = 'tenantgate.dev/tenant';

for (const isLockedDown of [false, true]) {
  t.test(isLockedDown ? 'with the lockdown flags' : 'without the lockdown flags', async (t) => {
    const prefix = isLockedDown ? 'intervals-locked' : 'intervals-open';
    const { tenants, deliver } = await startTenantOnFlux(t, cluster, { prefix, isLockedDown });
    const { acmeDev, asAcme } = tenants;

    t.test('a good set is labelled and ready, and no later interval writes anything', async (t) => {
      const app = await deliver(acmeDev, 'app');
      const web = networkPolicy(acmeDev, 'web', {
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ podSelector: {} }] }],
      });
      // No replicas: pods would write to the status of their owners at times of their own.
      const deployment = withReplicas(workloads(acmeDev, {})[0]!.object, 0);
      const service: KubernetesObject = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web', namespace: acmeDev },
        spec: { selector: { app: 'w' }, ports: [{ port: 80 }] },
      };
      const set = [web, deployment, service, configMap(acmeDev, 'settings')];
      const revision = await app.push(set);
      t.match(await app.outcomeOf(revision), { status: 'True', message: `Applied revision: ${revision}` });
      await app.intervals(1);
      const before = await stored(set);
      t.equal(before.get('NetworkPolicy/web')?.labels?.[tenantLabel], 'acme');
      t.equal(before.get('Deployment/w-deployment')?.labels?.[tenantLabel], 'acme');

      await app.intervals(3);
      const after = await stored(set);
      t.same(
        [...after].map(([name, { resourceVersion }]) => [name, resourceVersion]),
        [...before].map(([name, { resourceVersion }]) => [name, resourceVersion]),
      );
      const changes = (await app.events()).filter(({ message }) => / (created|configured)$/m.test(message));
      t.equal(changes.length, 1, 'the controller reports one change');
      t.match(changes[0], { count: 1, message: `NetworkPolicy/${acmeDev}/web created` });
      for (const object of set) {
        const calls = await appliesOf(object, asAcme.as);
        t.equal(calls.filter(isReal).length, 1, `${object.kind} was written once`);
        t.ok(calls.length > 4, `${object.kind} was sent at every interval, as a dry run`);
      }
    });
  });
}

interface StoredMetadata {
  readonly resourceVersion: string;
  readonly labels?: Readonly<Record<string, string>>;
}

async function stored(objects: readonly KubernetesObject[]): Promise<ReadonlyMap<string, StoredMetadata>> {
  const reads = objects.map(async ({ kind, metadata: { namespace = '', name = '' } }) => {
    const get = ['get', kind, name, `--namespace=${namespace}`, '--output=json'];
    const { metadata } = JSON.parse(expectSuccess(await cluster.kubectl(get))) as { readonly metadata: StoredMetadata };
    return [`${kind}/${name}`, metadata] as const;
  });
  return new Map(await Promise.all(reads));
}

/** The server-side applies of an object that a user has sent, dry runs and real ones. */
async function appliesOf({ kind, metadata }: KubernetesObject, user: string): Promise<readonly AuditEvent[]> {
  const resource = kind === 'NetworkPolicy' ? 'networkpolicies' : `${kind.toLowerCase()}s`;
  const events = await cluster.readAuditLog();
  return events.filter(
    ({ verb, objectRef, impersonatedUser }) =>
      verb === 'patch' &&
      impersonatedUser?.username === user &&
      objectRef?.resource === resource &&
      objectRef.namespace === metadata.namespace &&
      objectRef.name === metadata.name,
  );
}

function isReal({ requestURI }: AuditEvent): boolean {
  return !requestURI.includes('dryRun=All');
}

function withReplicas(object: KubernetesObject, replicas: number): KubernetesObject {
  return { ...object, spec: { ...(object['spec'] as object), replicas } };
}
