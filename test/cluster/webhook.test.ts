import t from 'tap';
import { expectSuccess } from './kubectl.ts';
import { connectControlPlane } from './session.ts';
import {
  exposeAsService,
  registerWebhooks,
  removeWebhooks,
  type WebhookEntry,
  type WebhookProbe,
  type WebhookRegistration,
} from './webhook.ts';
import { startWebhookServer, type ReviewedRequest } from './webhook-server.ts';

/** A webhook of a few lines, which refuses a ConfigMap by its name and labels every other. */
const cluster = await connectControlPlane();
const namespace = 'webhook-harness';
const service = { namespace, name: 'stub' };
const { port, caBundle, close } = await startWebhookServer({
  dnsNames: [`${service.name}.${namespace}.svc`],
  answer,
});

function answer(path: string, { name }: ReviewedRequest): object {
  const patch = [{ op: 'add', path: '/metadata/labels', value: { stub: 'seen' } }];
  return path.startsWith('/mutate')
    ? { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }
    : { allowed: name !== 'bad', status: { message: 'the stub says no' }, auditAnnotations: { saw: name } };
}

const rules: WebhookEntry['rules'] = [
  { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'], scope: 'Namespaced' },
];
const namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': namespace } };
const entries: WebhookRegistration['entries'] = [
  { name: 'validate.stub.test', path: '/validate', rules, namespaceSelector },
  { name: 'mutate.stub.test', path: '/mutate', rules, namespaceSelector },
];
const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } });
const probes: readonly WebhookProbe[] = [
  { object: configMap('bad'), until: 'refused' },
  { object: configMap('good'), until: ({ stdout }) => stdout.includes('"stub": "seen"') },
];

t.before(async () => {
  await exposeAsService(cluster, { ...service, port });
});

t.teardown(async () => {
  await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  close();
});

for (const [way, endpoint] of [
  ['a URL', { url: `https://127.0.0.1:${port}` }],
  ['a Service', { service: { ...service, port } }],
] as const) {
  t.test(`the API server calls a webhook by ${way}`, async (t) => {
    await registerWebhooks(cluster, { name: 'stub', endpoint, caBundle, entries }, probes);

    const refused = await cluster.apply([configMap('bad')]);
    t.match(refused.stderr, 'admission webhook "validate.stub.test" denied the request: the stub says no');
    const label = ['--output=jsonpath={.metadata.labels.stub}'];
    const admitted = await cluster.apply([configMap(`by-${way.replace(' ', '-').toLowerCase()}`)], { args: label });
    t.equal(expectSuccess(admitted), 'seen');

    await removeWebhooks(cluster, 'stub', [{ object: configMap('bad'), until: 'admitted' }]);
  });
}

t.test('the audit log holds the annotations and the patch of webhooks', async (t) => {
  const event = await cluster.waitForAuditEvent(
    'the admitted ConfigMap',
    ({ verb, objectRef, annotations }) =>
      verb === 'create' && objectRef?.namespace === namespace && annotations?.['validate.stub.test/saw'] === 'by-a-url',
  );
  const patches = Object.entries(event.annotations ?? {}).filter(([key]) => key.startsWith('patch.webhook'));
  t.match(patches[0]?.[1], '"value":{"stub":"seen"}');
});
