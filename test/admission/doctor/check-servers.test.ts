import { test } from 'tap';

import { checkServers } from '../../../src/admission/doctor/check-servers.ts';
import { examinedAt, examinedCluster, paths, podReference, serverHealth } from '../../support/examined-cluster.ts';
import { read, rendered } from '../../support/registration.ts';

const configurations = [
  read(rendered('ValidatingWebhookConfiguration')),
  read(rendered('MutatingWebhookConfiguration')),
];
const [first = '', second = ''] = paths.servers;
const inDays = (days: number) => new Date(examinedAt.getTime() + days * 86_400_000).toISOString();

/** What is told of a cluster with one change. */
async function look(change: (cluster: ReturnType<typeof examinedCluster>) => void) {
  const cluster = examinedCluster();
  change(cluster);
  const check = await checkServers({ reader: cluster.reader, configurations, now: examinedAt });
  return { ...check, told: check.remarks.map(({ status, message }) => `${status}: ${message}`), asked: cluster.asked };
}

test('each server behind the Service is asked once, where the API server reaches it', async (t) => {
  const { status, told, asked } = await look(() => undefined);
  t.equal(status, 'ok');
  t.strictSame(told, []);
  t.strictSame(
    asked.filter((path) => path.includes('/proxy/')),
    [first, second],
  );
});

test('servers that decide by different policy sets are wrong', async (t) => {
  const { status, remarks, evidence } = await look((cluster) => {
    cluster.put(first, serverHealth({ inForce: 'beef' }));
  });
  t.equal(status, 'wrong');
  t.match(evidence, 'policy set 5d1c0b9a7e42, beef');
  t.strictSame(remarks, [
    {
      status: 'wrong',
      message: 'Servers decide by different policy sets: 5d1c0b9a7e42, beef',
      fix: 'kubectl --namespace tenantgate-system rollout status deployment',
    },
  ]);
});

test('a server that keeps old policies because the new ones are wrong is told', async (t) => {
  const { told } = await look((cluster) => {
    cluster.put(second, serverHealth({ problem: 'policies.yaml: no such rule' }));
  });
  t.strictSame(told, [
    'wrong: Pod gate-b keeps its old policies: its files have changed and are wrong: policies.yaml: no such rule',
  ]);
});

test('a certificate that has ended is wrong, and one that ends soon is a note', async (t) => {
  const { status, told } = await look((cluster) => {
    cluster.put(first, serverHealth({}, { inForce: inDays(-1) }));
    cluster.put(second, serverHealth({}, { inForce: inDays(6.5) }));
  });
  t.equal(status, 'wrong');
  t.strictSame(told, [
    'wrong: The certificate of pod gate-a has ended: no call succeeds',
    'note: The certificate of pod gate-b ends in 6 days',
  ]);
});

test('what a server does not tell is unknown, and so is one that cannot be asked', async (t) => {
  const { status, told, remarks, evidence } = await look((cluster) => {
    cluster.put(first, { checks: [] });
    cluster.answers.set(second, { state: 'forbidden' });
  });
  t.equal(status, 'unknown');
  t.equal(evidence, '1 of 2 servers answered');
  t.strictSame(told, [
    'unknown: What pod gate-b says of itself cannot be read: RBAC refuses it',
    'unknown: Pod gate-a does not tell of policies',
    'unknown: Pod gate-a does not tell of its certificate',
  ]);
  t.equal(
    remarks[0]?.fix,
    'Grant {apiGroups: [""], resources: [pods/proxy], verbs: [get]} in namespace tenantgate-system',
  );
});

test('where the port of the webhook answers nobody without a certificate, that of metrics is asked', async (t) => {
  const fallback = '/api/v1/namespaces/tenantgate-system/pods/gate-a:8080/proxy/readyz';
  const { status, asked } = await look((cluster) => {
    cluster.answers.set(first, { state: 'failed', problem: 'tls: certificate required' });
    cluster.put(fallback, serverHealth());
  });
  t.equal(status, 'ok');
  t.ok(asked.includes(fallback));
  const neither = await look((cluster) => cluster.answers.set(first, { state: 'failed', problem: 'no answer' }));
  t.strictSame(neither.told, ['unknown: What pod gate-a says of itself cannot be read: there is no such path']);
});

test('where no pod is known, that is noted and nobody is asked', async (t) => {
  const slices: readonly unknown[] = [
    { items: [] },
    {
      items: [
        { ports: [{ name: 'metrics', port: 8080 }], endpoints: [{ targetRef: { kind: 'Node', name: 'a' } }, {}] },
      ],
    },
    {
      items: [
        {
          ports: [{ name: 'metrics', port: 8080 }],
          endpoints: [{ conditions: { ready: false }, targetRef: podReference('gate-a') }],
        },
      ],
    },
  ];
  for (const slice of slices) {
    const { status, told } = await look((cluster) => {
      cluster.put(paths.endpoints, slice);
    });
    t.equal(status, 'ok');
    t.strictSame(told, ['note: No pod is known behind the Service, so none can be asked for the policies in force']);
  }
});

test('a pod without a port cannot be asked', async (t) => {
  const { told } = await look((cluster) => {
    cluster.put(paths.endpoints, { items: [{ ports: [{}], endpoints: [{ targetRef: podReference('gate-a') }] }] });
  });
  t.strictSame(told, ['unknown: What pod gate-a says of itself cannot be read: there is no such path']);
});

test('what stands behind a Service that cannot be read is unknown', async (t) => {
  const { status, told, evidence } = await look((cluster) => {
    cluster.answers.set(paths.endpoints, { state: 'forbidden' });
  });
  t.equal(status, 'unknown');
  t.equal(evidence, '0 of 0 servers answered');
  t.strictSame(told, ['unknown: The pods behind Service tenantgate-system/tenantgate are not known']);
});
