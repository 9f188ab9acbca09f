import { test } from 'tap';

import {
  configurationKindOf,
  readWebhookConfiguration,
} from '../../../src/admission/registration/webhook-configuration.ts';
import { everyLabelSpace } from '../../../src/algebra/label-space.ts';
import { clientConfigOf, rendered } from '../../support/registration.ts';

const kind = 'ValidatingWebhookConfiguration';

test('what is absent has the default of the API server', (t) => {
  const webhook = {
    name: 'a.example.com',
    clientConfig: { service: { namespace: 'system', name: 'gate' } },
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['pods'] }],
  };
  t.match(readWebhookConfiguration(kind, { metadata: { name: 'gate' }, webhooks: [webhook] }), {
    ok: true,
    value: {
      kind,
      name: 'gate',
      labels: {},
      annotations: {},
      webhooks: [
        {
          rules: [{ scope: '*' }],
          target: { kind: 'service', namespace: 'system', name: 'gate', port: 443, path: '' },
          caBundle: '',
          failurePolicy: 'Fail',
          matchPolicy: 'Equivalent',
          reinvocationPolicy: 'Never',
          timeoutSeconds: 10,
          namespaceSelector: { space: everyLabelSpace, written: {} },
          objectSelector: { space: everyLabelSpace, written: {} },
          matchConditions: [],
        },
      ],
    },
  });
  t.end();
});

test('a configuration without webhooks is one, and a URL is a target too', (t) => {
  t.match(readWebhookConfiguration(kind, { metadata: { name: 'gate' }, webhooks: null }), { value: { webhooks: [] } });
  const object = rendered(kind);
  object.webhooks[0]!.clientConfig = clientConfigOf('https://gate.example.com/validate');
  t.match(readWebhookConfiguration(kind, object), {
    value: { webhooks: [{ target: { kind: 'url', url: 'https://gate.example.com/validate' } }] },
  });
  t.end();
});

test('all faults are told at once, each with its field', (t) => {
  const [webhook] = rendered(kind).webhooks;
  const cases: readonly (readonly [string, object])[] = [
    ['metadata must be an object, not nothing', { metadata: undefined }],
    ['metadata.name must be a text, not nothing', { metadata: {} }],
    ['webhooks must be a list, not an object', { webhooks: {} }],
    ['webhooks[0] must be an object, not 7', { webhooks: [7] }],
    ['webhooks[0].clientConfig must be an object, not nothing', { webhooks: [{ ...webhook, clientConfig: null }] }],
    ['webhooks[0].clientConfig.service must be an object', { webhooks: [{ ...webhook, clientConfig: {} }] }],
    ['webhooks[0].timeoutSeconds must be a number, not "3"', { webhooks: [{ ...webhook, timeoutSeconds: '3' }] }],
    ['webhooks[0].rules must be a list, not "all"', { webhooks: [{ ...webhook, rules: 'all' }] }],
    [
      'webhooks[0].rules[0].resources[1] must be a text',
      { webhooks: [{ ...webhook, rules: [{ resources: ['a', 1] }] }] },
    ],
    ['webhooks[0].namespaceSelector must be a label selector', { webhooks: [{ ...webhook, namespaceSelector: [] }] }],
    [
      'webhooks[0].matchConditions[0].expression must be',
      { webhooks: [{ ...webhook, matchConditions: [{ name: 'a' }] }] },
    ],
  ];
  for (const [expected, change] of cases) {
    const parsed = readWebhookConfiguration(kind, { ...rendered(kind), ...change });
    const faults = parsed.ok ? [] : parsed.faults.map(({ field, message }) => `${field} ${message}`);
    t.ok(
      faults.some((fault) => fault.startsWith(expected)),
      `${expected}: ${faults.join('; ')}`,
    );
  }
  const both = readWebhookConfiguration(kind, { metadata: {}, webhooks: [{ ...webhook, timeoutSeconds: '3' }] });
  t.equal(both.ok ? 0 : both.faults.length, 2);
  t.strictSame(readWebhookConfiguration(kind, undefined), {
    ok: false,
    faults: [{ field: '', message: 'must be an object, not nothing' }],
  });
  t.end();
});

test('a configuration is known by group and kind', (t) => {
  t.equal(configurationKindOf({ ...rendered(kind) }), kind);
  t.equal(configurationKindOf({ apiVersion: 'admissionregistration.k8s.io/v1beta1', kind }), kind);
  t.equal(configurationKindOf({ apiVersion: 'example.com/v1', kind }), undefined);
  t.equal(configurationKindOf({ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'List' }), undefined);
  t.equal(configurationKindOf({ kind }), undefined);
  t.end();
});
