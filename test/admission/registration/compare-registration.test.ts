import { test } from 'tap';

import {
  compareRegistration,
  type LiveRegistration,
  type RegistrationQuestion,
} from '../../../src/admission/registration/compare-registration.ts';
import { shellWord } from '../../../src/admission/registration/mend-commands.ts';
import { placeOfDrift, type Drift } from '../../../src/admission/registration/registration-drift.ts';
import type {
  ConfigurationKind,
  WebhookConfiguration,
} from '../../../src/admission/registration/webhook-configuration.ts';
import { rules } from '../../../src/policy/rules/index.ts';
import { createDevelopmentCertificate } from '../../../src/server/development-certificate.ts';
import {
  clientConfigOf,
  platformNamespaces,
  read,
  rendered,
  selectorFor,
  service,
  stored,
  type RawConfiguration,
  type RawRule,
  type RawWebhook,
  webhookOf,
} from '../../support/registration.ts';

const now = new Date();
const host = `${service.name}.${service.namespace}.svc`;
const { caBundle, certificate } = await createDevelopmentCertificate({ now, dnsNames: [host] });
const otherCa = (await createDevelopmentCertificate({ now })).caBundle;

const validating = 'ValidatingWebhookConfiguration';
const mutating = 'MutatingWebhookConfiguration';
const expected = [read(rendered(validating)), read(rendered(mutating))];
const reapply = 'helm get manifest tenantgate | kubectl apply -f -';

function compare(live: LiveRegistration, over: Partial<RegistrationQuestion> = {}): readonly Drift[] {
  return compareRegistration({
    expected,
    live,
    wasRegistered: true,
    rules,
    served: certificate,
    now,
    reapply,
    ...over,
  });
}

/** The registration as it should be, after a change of the validating configuration. */
function changed(change: (object: RawConfiguration) => void): LiveRegistration {
  const object = stored(validating, caBundle);
  change(object);
  return new Map([
    [validating, read(object)],
    [mutating, read(stored(mutating, caBundle))],
  ]);
}

const textOf = (drift: Drift) => `${drift.code}: ${placeOfDrift(drift)} ${drift.message}`;
const objects = (object: RawConfiguration): RawWebhook => webhookOf(object, 'validate.tenantgate.dev');
const place = `${validating} tenantgate, webhook validate.tenantgate.dev`;

test('what is stored as it was rendered has not drifted, however it is written', (t) => {
  t.strictSame(compare(changed(() => undefined)), []);
  const rewritten = changed((object) => {
    object.webhooks.reverse();
    const webhook = objects(object);
    webhook.rules = webhook.rules
      .flatMap((rule) => rule.resources.map((resource: string) => ({ ...rule, resources: [resource] })))
      .reverse();
    const one = (name: string) => selectorFor(name).matchExpressions![0]!;
    webhook.namespaceSelector = { matchExpressions: platformNamespaces.toReversed().map(one) };
    webhook.objectSelector = {};
    webhook.matchConditions.reverse();
  });
  t.strictSame(compare(rewritten), []);
  t.end();
});

/** Network plugins have a `networkpolicies` of their own. */
const groupsOf: Readonly<Record<string, string>> = { networkpolicies: 'networking.k8s.io' };
const ruleFor = (object: RawConfiguration, resource: string): RawRule =>
  objects(object).rules.find(
    ({ apiGroups, resources }) => resources.includes(resource) && apiGroups.includes(groupsOf[resource] ?? ''),
  )!;
const patchOf = (members: object) =>
  `kubectl patch validatingwebhookconfigurations tenantgate --type=strategic --patch ${shellWord(JSON.stringify({ webhooks: [{ name: 'validate.tenantgate.dev', ...members }] }))}`;

/** Every rule that is left without its requests: which those are is up to the catalogue. */
const blinded = 'and the rules that it blinds';

/** One difference per case, and everything that comes of it. */
const cases: readonly (readonly [change: (object: RawConfiguration) => void, drifts: readonly (string | RegExp)[]])[] =
  [
    [
      (object) => (ruleFor(object, 'networkpolicies').operations = ['CREATE', 'UPDATE']),
      [
        `rules-narrowed: ${place}: rules leave out what should be judged: DELETE of networkpolicies.networking.k8s.io`,
        `rule-not-covered: ${validating} tenantgate: rule network/isolation-kept never sees DELETE of networkpolicies.networking.k8s.io`,
      ],
    ],
    [
      (object) => objects(object).rules.push({ ...ruleFor(object, 'pods'), operations: ['*'], resources: ['secrets'] }),
      [`rules-widened: ${place}: rules send what nothing judges: CREATE, UPDATE, DELETE, CONNECT of secrets`],
    ],
    [
      (object) => (ruleFor(object, 'networkpolicies').apiVersions = ['v1']),
      [
        `rules-narrowed: ${place}: rules leave out what should be judged: CREATE, UPDATE, DELETE of networkpolicies.networking.k8s.io in version "other" and scope Namespaced`,
      ],
    ],
    [
      (object) => (objects(object).failurePolicy = 'Ignore'),
      [`failure-policy: ${place}: failurePolicy is Ignore, not Fail: requests go unjudged while no server answers`],
    ],
    [(object) => (objects(object).timeoutSeconds = 30), [`timeout: ${place}: timeoutSeconds is 30, not 3`]],
    [
      (object) => (objects(object).sideEffects = 'NoneOnDryRun'),
      [`side-effects: ${place}: sideEffects is NoneOnDryRun, not None`],
    ],
    [
      (object) => (objects(object).matchPolicy = 'Exact'),
      [
        `match-policy: ${place}: matchPolicy is Exact, not Equivalent: a request through another version of a resource may go unjudged`,
      ],
    ],
    [
      (object) => (objects(object).admissionReviewVersions = ['v1', 'v1beta1']),
      [`review-versions: ${place}: admissionReviewVersions is [v1, v1beta1], not [v1]`],
    ],
    [
      (object) => (objects(object).namespaceSelector = selectorFor(...platformNamespaces, 'acme-dev')),
      [
        `namespace-selector-narrowed: ${place}: namespaceSelector leaves out namespaces that it should cover: requests in them go unjudged; for example namespace "acme-dev"`,
      ],
    ],
    [
      (object) =>
        (objects(object).namespaceSelector = {
          ...selectorFor(...platformNamespaces),
          matchLabels: { tenant: 'acme' },
        }),
      [
        `namespace-selector-narrowed: ${place}: namespaceSelector leaves out namespaces that it should cover: requests in them go unjudged; for example namespace "other"`,
      ],
    ],
    [
      (object) =>
        (objects(object).namespaceSelector = {
          matchExpressions: [
            ...objects(object).namespaceSelector.matchExpressions!,
            { key: 'gate', operator: 'DoesNotExist' },
          ],
        }),
      [
        `namespace-selector-narrowed: ${place}: namespaceSelector leaves out namespaces that it should cover: requests in them go unjudged; for example namespace "other" labelled gate=other`,
      ],
    ],
    [
      (object) => (objects(object).namespaceSelector = {}),
      [
        `namespace-selector-widened: ${place}: namespaceSelector covers namespaces that it should leave alone; for example namespace "cert-manager"`,
      ],
    ],
    [
      (object) =>
        (objects(object).namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } }),
      [/^namespace-selector-narrowed: /, /^namespace-selector-widened: .*; for example namespace "kube-system"$/],
    ],
    [
      (object) =>
        (objects(object).namespaceSelector = {
          matchExpressions: [
            { key: 'a', operator: 'In', values: ['b'] },
            { key: 'a', operator: 'DoesNotExist' },
          ],
        }),
      [/^namespace-selector-narrowed: /, blinded],
    ],
    [
      (object) => (objects(object).objectSelector = { matchExpressions: [{ key: 'skip', operator: 'DoesNotExist' }] }),
      [
        `object-selector-narrowed: ${place}: objectSelector leaves out objects that should be judged, by labels that tenants set; for example an object labelled skip=other`,
      ],
    ],
    [
      (object) => (objects(object).objectSelector = { matchLabels: { judge: 'me' } }),
      [
        `object-selector-narrowed: ${place}: objectSelector leaves out objects that should be judged, by labels that tenants set; for example an object without labels`,
      ],
    ],
    [
      (object) =>
        objects(object).matchConditions.push(
          { name: 'b', expression: 'true' },
          { name: 'a', expression: "request.name != 'x'" },
        ),
      [
        `match-conditions-narrowed: ${place}: matchConditions leave out what should be judged: "request.name != 'x'", "true"`,
      ],
    ],
    [
      (object) => (objects(object).clientConfig.service.port = 8443),
      [
        `service: ${place}: clientConfig is Service tenantgate-system/tenantgate:8443, not Service tenantgate-system/tenantgate:443: Tenantgate is not asked`,
        blinded,
      ],
    ],
    [
      (object) => (objects(object).clientConfig.service.path = '/allow'),
      [`path: ${place}: clientConfig.service.path is "/allow", not "/validate"`, blinded],
    ],
    [
      (object) => (objects(object).clientConfig = clientConfigOf('https://evil.example.com/')),
      [
        `service: ${place}: clientConfig is https://evil.example.com/, not Service tenantgate-system/tenantgate:443: Tenantgate is not asked`,
        blinded,
      ],
    ],
    [
      (object) => delete objects(object).clientConfig.caBundle,
      [`ca-bundle-missing: ${place}: clientConfig.caBundle is empty: no call succeeds`],
    ],
    [
      (object) => (objects(object).clientConfig.caBundle = 'bm90aGluZw=='),
      [`ca-bundle-unreadable: ${place}: clientConfig.caBundle holds no certificate that can be read`],
    ],
    [
      (object) => (objects(object).clientConfig.caBundle = otherCa),
      [
        `ca-bundle-mismatch: ${place}: clientConfig.caBundle holds no certificate that signed the one that is served, which "CN=Tenantgate development CA" issued`,
      ],
    ],
    [
      (object) =>
        (object.webhooks = object.webhooks.filter(({ name }) => name !== 'namespaces.validate.tenantgate.dev')),
      [
        `entry-missing: ${validating} tenantgate, webhook namespaces.validate.tenantgate.dev is missing: what it should send goes unjudged`,
        /^rule-not-covered: .*: rule namespaces\/baseline-before-use never sees /,
        /: rule namespaces\/owner-references-fixed never sees /,
        /: rule namespaces\/pod-security-level never sees /,
        /^rule-not-covered: .*: rule namespaces\/reserved-labels never sees CREATE, UPDATE of namespaces; UPDATE of namespaces\/finalize; UPDATE of namespaces\/status$/,
        /: rule namespaces\/tenant-label-fixed never sees /,
        /: rule namespaces\/tenant-label-required never sees /,
      ],
    ],
    [
      (object) => (object.webhooks = object.webhooks.filter(({ name }) => name !== 'platform.validate.tenantgate.dev')),
      [
        `entry-missing: ${validating} tenantgate, webhook platform.validate.tenantgate.dev is missing: what it should send goes unjudged`,
        /^rule-not-covered: .*: rule namespaces\/platform-namespaces-guarded never sees CREATE, UPDATE, DELETE of namespaces; UPDATE of namespaces\/finalize; UPDATE of namespaces\/status$/,
      ],
    ],
    [
      (object) => object.webhooks.push({ ...structuredClone(objects(object)), name: 'more.tenantgate.dev' }),
      [
        `entry-unknown: ${validating} tenantgate, webhook more.tenantgate.dev was not rendered, and sends requests to Tenantgate`,
      ],
    ],
    [
      (object) =>
        object.webhooks.push({
          ...structuredClone(objects(object)),
          name: 'a.example.com',
          clientConfig: clientConfigOf('https://a.example.com/'),
        }),
      [
        `entry-unknown: ${validating} tenantgate, webhook a.example.com was not rendered, and sends requests to https://a.example.com/`,
      ],
    ],
  ];

test('each difference is named, with what comes of it', (t) => {
  for (const [change, drifts] of cases) {
    const all = compare(changed(change)).map(textOf);
    const isBlinding = drifts.includes(blinded);
    const found = isBlinding ? all.filter((text) => !text.startsWith('rule-not-covered')) : all;
    const expected = drifts.filter((text) => text !== blinded);
    t.match(found, expected, String(drifts[0]));
    t.equal(found.length, expected.length, found.join('\n'));
    t.equal(isBlinding, all.length > found.length, 'whether it blinds rules');
  }
  t.end();
});

test('what the file asks for holds, be it looser than the default: a staged roll-out is no drift', (t) => {
  const staged = (object: RawConfiguration): RawConfiguration => {
    for (const webhook of object.webhooks) {
      webhook.failurePolicy = 'Ignore';
      webhook.namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': 'acme-test' } };
      webhook.objectSelector = { matchLabels: { judge: 'me' } };
      webhook.matchConditions.push({ name: 'a', expression: 'a' });
      webhook.clientConfig.service.port = 8443;
    }
    return object;
  };
  const rolled = [read(staged(rendered(validating)))];
  const live = (object: RawConfiguration) => new Map([[validating, read(object)]] as const);
  t.strictSame(compare(live(staged(stored(validating, caBundle))), { expected: rolled }), []);
  const enforced = compare(live(stored(validating, caBundle)), { expected: rolled }).filter(
    ({ webhook }) => webhook === 'validate.tenantgate.dev',
  );
  t.strictSame(
    enforced.map(({ code, message }) => `${code} ${message}`),
    [
      'failure-policy is Fail, not Ignore: requests are refused while no server answers',
      'namespace-selector-widened covers namespaces that it should leave alone; for example namespace "other"',
      'object-selector-widened covers objects that it should leave alone; for example an object without labels',
      'match-conditions-widened lack "a"',
      'service is Service tenantgate-system/tenantgate:443, not Service tenantgate-system/tenantgate:8443: Tenantgate is not asked',
    ],
  );
  t.end();
});

test('the mutating configuration has a reinvocation policy, and defaults that are not covered', (t) => {
  const object = stored(mutating, caBundle);
  object.webhooks[1]!.reinvocationPolicy = 'Never';
  object.webhooks.shift();
  const live: LiveRegistration = new Map([[mutating, read(object)]]);
  t.match(compare(live, { expected }).map(textOf), [
    /^entry-missing: .*, webhook namespaces\.mutate\.tenantgate\.dev is missing/,
    `reinvocation-policy: ${mutating} tenantgate, webhook mutate.tenantgate.dev: reinvocationPolicy is Never, not IfNeeded: what later webhooks make of an object gets no defaults`,
    /: rule namespaces\/pod-security-default never sees CREATE, UPDATE of namespaces$/,
  ]);
  t.end();
});

test('a rule that the file forgot is found all the same', (t) => {
  const forget = (object: RawConfiguration): RawConfiguration => {
    objects(object).rules = objects(object).rules.filter(({ apiGroups }) => apiGroups[0] !== 'batch');
    return object;
  };
  const old = [read(forget(rendered(validating)))];
  const found = compare(new Map([[validating, read(forget(stored(validating, caBundle)))]]), { expected: old });
  t.strictSame([...new Set(found.map(({ code }) => code))], ['rule-not-covered'], 'the file is as it is registered');
  const hostNetwork = found.find(({ field }) => field === 'rule pods/host-network');
  t.match(hostNetwork, {
    message: 'never sees CREATE, UPDATE of cronjobs.batch; CREATE, UPDATE of jobs.batch',
    fix: reapply,
  });
  const blind = new Set(found.map(({ field }) => field));
  t.equal(blind.has('rule network/confined-peers'), false, 'others see all that they judge');
  t.end();
});

test('a configuration that never was is awaited; one that was, or whose twin is there, is gone', (t) => {
  const none: LiveRegistration = new Map<ConfigurationKind, 'missing'>([
    [validating, 'missing'],
    [mutating, 'missing'],
  ]);
  const awaited = compare(none, { wasRegistered: false });
  t.strictSame(
    awaited.map(({ code }) => code),
    ['not-registered', 'not-registered'],
  );
  t.strictSame(
    awaited.map(({ configuration }) => configuration),
    [mutating, validating],
  );
  t.strictSame(
    compare(none).map(({ code }) => code),
    ['configuration-missing', 'configuration-missing'],
  );
  const half: LiveRegistration = new Map<ConfigurationKind, WebhookConfiguration | 'missing'>([
    [validating, read(stored(validating, caBundle))],
    [mutating, 'missing'],
  ]);
  t.match(compare(half, { wasRegistered: false }), [
    {
      code: 'configuration-missing',
      configuration: mutating,
      webhook: undefined,
      message: 'is missing: nothing of it is sent to Tenantgate',
      fix: reapply,
    },
  ]);
  t.equal(compare(half, { wasRegistered: false }).length, 1);
  t.end();
});

test('of what could not be read nothing is said', (t) => {
  t.strictSame(compare(new Map()), []);
  t.strictSame(compare(new Map([[validating, read(stored(validating, caBundle))]])), []);
  t.end();
});

test('the certificate is held against the name that is called, when it is known what is served', (t) => {
  const live = changed(() => undefined);
  const wrongHost = read(rendered(validating));
  const elsewhere = [
    {
      ...wrongHost,
      webhooks: wrongHost.webhooks.map((webhook) => ({
        ...webhook,
        target: { ...webhook.target, name: 'gate' } as typeof webhook.target,
      })),
    },
  ];
  const moved = changed((object) => {
    for (const webhook of object.webhooks) webhook.clientConfig.service.name = 'gate';
  });
  const found = compare(moved, { expected: elsewhere });
  t.strictSame([...new Set(found.map(({ code }) => code))], ['certificate-name']);
  t.equal(
    found.map(textOf)[0],
    `certificate-name: ${validating} tenantgate, webhook cluster.validate.tenantgate.dev cannot be called: the certificate that is served is for DNS:localhost, DNS:${host}, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, and the API server asks for gate.tenantgate-system.svc`,
  );
  t.match(found[0]?.fix, 'Issue a certificate for servers with the DNS name gate.tenantgate-system.svc');
  t.strictSame(compare(live, { served: undefined }), []);
  t.end();
});

test('a URL is verified by its host, and needs no bundle of its own', (t) => {
  const at = (url: string, bundle: string): RawConfiguration => {
    const object = stored(validating, bundle);
    for (const webhook of object.webhooks)
      webhook.clientConfig = clientConfigOf(url, bundle === '' ? undefined : bundle);
    return object;
  };
  const codesAt = (url: string, bundle: string) => {
    const wanted = at(url, '');
    return [
      ...new Set(
        compare(new Map([[validating, read(at(url, bundle))]]), { expected: [read(wanted)] }).map(({ code }) => code),
      ),
    ];
  };
  t.strictSame(codesAt('https://localhost:8443/validate', caBundle), []);
  t.strictSame(codesAt('https://localhost:8443/validate', ''), []);
  t.strictSame(codesAt('https://localhost:8443/validate', otherCa), ['ca-bundle-mismatch']);
  t.strictSame(codesAt('https://gate.example.com/validate', caBundle), ['certificate-name']);
  t.strictSame(codesAt('not a URL', otherCa), []);
  const wanted = [read(at('https://localhost/validate', ''))];
  const [drift] = compare(
    changed(() => undefined),
    { expected: wanted },
  );
  t.match(drift?.fix, '{"clientConfig":{"url":"https://localhost/validate","service":null}}'.slice(1, -1));
  t.end();
});

test('what mends a drift is a command that sets just what is wrong', (t) => {
  const fixOf = (change: (object: RawConfiguration) => void) => compare(changed(change))[0]?.fix;
  t.equal(
    fixOf((object) => (objects(object).failurePolicy = 'Ignore')),
    patchOf({ failurePolicy: 'Fail' }),
  );
  t.equal(
    fixOf((object) => objects(object).matchConditions.push({ name: 'a', expression: 'a' })),
    patchOf({ matchConditions: [...objects(rendered(validating)).matchConditions, { $patch: 'replace' }] }),
  );
  t.equal(
    fixOf((object) => (objects(object).namespaceSelector = {})),
    patchOf({ namespaceSelector: { $patch: 'replace', ...objects(rendered(validating)).namespaceSelector } }),
  );
  t.equal(
    fixOf((object) => object.webhooks.push({ ...structuredClone(objects(object)), name: 'more.tenantgate.dev' })),
    `kubectl patch validatingwebhookconfigurations tenantgate --type=strategic --patch '{"webhooks":[{"name":"more.tenantgate.dev","$patch":"delete"}]}'`,
  );
  t.equal(
    fixOf((object) => object.webhooks.shift()),
    reapply,
  );
  t.match(
    fixOf((object) => (objects(object).rules = [])),
    /^kubectl patch .* --patch '\{"webhooks":\[\{"name":"validate\.tenantgate\.dev","rules":\[\{"apiGroups":\[""\],/,
  );
  t.equal(
    fixOf((object) => delete objects(object).clientConfig.caBundle),
    `Write the CA that signed the serving certificate into clientConfig.caBundle of webhook validate.tenantgate.dev in ${validating} tenantgate.`,
  );
  t.equal(
    fixOf((object) => {
      delete objects(object).clientConfig.caBundle;
      object.metadata.annotations = { 'cert-manager.io/inject-ca-from': 'tenantgate-system/tenantgate-tls' };
    }),
    'cert-manager writes it from a Certificate; see that it is ready and that cainjector runs: kubectl --namespace tenantgate-system get certificate tenantgate-tls && kubectl --namespace cert-manager rollout restart deployment cert-manager-cainjector',
  );
  t.end();
});
