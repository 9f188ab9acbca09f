import { test } from 'tap';

import { examine, type DoctorQuestion } from '../../../src/admission/doctor/doctor.ts';
import { checkTitles, type DoctorCheck } from '../../../src/admission/doctor/doctor-check.ts';
import { driftCodes } from '../../../src/admission/registration/registration-drift.ts';
import { rules } from '../../../src/policy/rules/index.ts';
import {
  examinedAt,
  examinedCluster,
  groupList,
  paths,
  servedGroups,
  type ExaminedCluster,
} from '../../support/examined-cluster.ts';
import {
  clientConfigOf,
  platformNamespaces,
  read,
  rendered,
  selectorFor,
  stored,
  type RawConfiguration,
  type RawWebhook,
} from '../../support/registration.ts';

const validating = 'ValidatingWebhookConfiguration';
const mutating = 'MutatingWebhookConfiguration';
const file = { configurations: [read(rendered(validating)), read(rendered(mutating))], file: 'registration.yaml' };

function look(cluster: ExaminedCluster, over: Partial<DoctorQuestion> = {}): Promise<readonly DoctorCheck[]> {
  return examine({
    reader: cluster.reader,
    rules,
    rendered: file,
    reapply: 'kubectl apply -f registration.yaml',
    name: 'tenantgate',
    serviceNamespace: 'tenantgate-system',
    now: () => examinedAt,
    ...over,
  });
}

/** Every remark as `check status: message`. */
const told = (checks: readonly DoctorCheck[]): readonly string[] =>
  checks.flatMap(({ id, remarks }) => remarks.map(({ status, message }) => `${id} ${status}: ${message}`));
const fixesOf = (checks: readonly DoctorCheck[]) => checks.flatMap(({ remarks }) => remarks.map(({ fix }) => fix));

/** A cluster with one change, and what the doctor tells of it. */
async function after(change: (cluster: ExaminedCluster) => void, over: Partial<DoctorQuestion> = {}) {
  const cluster = examinedCluster();
  change(cluster);
  return look(cluster, over);
}

const webhookCount = file.configurations.flatMap(({ webhooks }) => webhooks).length;
const objects = (object: RawConfiguration): RawWebhook =>
  object.webhooks.find(({ name }) => /^(validate|mutate)\./.test(name))!;

test('a cluster that is as it should be is told so, with what was seen', async (t) => {
  const checks = await look(examinedCluster());
  t.strictSame(told(checks), []);
  t.strictSame(
    checks.map(({ id }) => id),
    Object.keys(checkTitles),
  );
  t.match(
    checks.map(({ evidence }) => evidence),
    [
      'Kubernetes v1.36.3; clocks differ by 0 s',
      'ValidatingWebhookConfiguration tenantgate, MutatingWebhookConfiguration tenantgate; compared with registration.yaml',
      `${webhookCount} webhooks`,
      'Fail',
      'every namespace but cert-manager, flux-system, kube-node-lease, kube-public, kube-system, tenantgate-system; the namespaces cert-manager, flux-system, kube-node-lease, kube-public, kube-system, tenantgate-system',
      'Service tenantgate-system/tenantgate:443 within 3 s; Service tenantgate-system/tenantgate:443 within 2 s',
      /^valid until .*Z, 29 days left$/,
      /^\d+ resources in \d+ API groups$/,
      'leases, nodes, reviews of access; namespaces kube-node-lease, kube-public, kube-system, tenantgate-system',
      'Service tenantgate-system/tenantgate with 2 ready endpoints',
      /^2 of 2 servers answered; policy set 5d1c0b9a7e42; certificate valid until .*Z$/,
      '0 other configurations',
    ],
  );
});

test('without a file the rules and the usual shape are what is expected', async (t) => {
  const usual = { rendered: undefined };
  t.strictSame(told(await after(() => undefined, usual)), []);
  const chosen = await after((cluster) => {
    for (const kind of ['validating', 'mutating'] as const) {
      cluster.change(kind, (object) => {
        for (const webhook of object.webhooks) {
          webhook.timeoutSeconds = 10;
          webhook.clientConfig.service.port = 8443;
          webhook.clientConfig.service.name = 'gate';
          const [requirement] = webhook.namespaceSelector.matchExpressions!;
          webhook.namespaceSelector = {
            matchExpressions: [{ ...requirement!, values: [...platformNamespaces, 'sandbox'] }],
          };
        }
      });
    }
    cluster.answers.set(paths.service.replace(/tenantgate$/, 'gate'), {
      state: 'read',
      object: { spec: { ports: [{ name: 'https', port: 8443 }] } },
    });
    cluster.answers.set(paths.endpoints.replace(/tenantgate$/, 'gate'), cluster.answers.get(paths.endpoints)!);
  }, usual);
  t.strictSame(told(chosen), [], 'what may be chosen is taken as it is');
  t.match(chosen[4]?.evidence, 'sandbox', 'and shown');
  t.match(chosen[1]?.evidence, /; compared with the rules of this version and the usual shape$/);
});

test('without a file what is unusual is wrong', async (t) => {
  const found = await after(
    (cluster) => {
      cluster.change('validating', (object) => {
        const webhook = objects(object);
        webhook.timeoutSeconds = 11;
        webhook.failurePolicy = 'Ignore';
        webhook.namespaceSelector = { matchLabels: { 'kubernetes.io/metadata.name': 'acme-test' } };
        webhook.clientConfig.service.namespace = 'elsewhere';
      });
      cluster.change('mutating', (object) => {
        objects(object).reinvocationPolicy = 'Never';
        objects(object).timeoutSeconds = 30;
      });
    },
    { rendered: undefined },
  );
  const place = `${validating} tenantgate, webhook validate.tenantgate.dev`;
  t.match(
    told(found).filter((text) => !text.startsWith('rules')),
    [
      `failure-policy unknown: ${validating} tenantgate, webhooks validate.tenantgate.dev: failurePolicy is Ignore, which is right unless the mode is enforce: give what was rendered by --registration`,
      `selectors wrong: ${place}: namespaceSelector leaves out namespaces that it should cover: requests in them go unjudged; for example namespace "other"`,
      `calls wrong: ${mutating} tenantgate, webhook mutate.tenantgate.dev: timeoutSeconds is 30, not 2`,
      `calls wrong: ${mutating} tenantgate, webhook mutate.tenantgate.dev: reinvocationPolicy is Never, not IfNeeded: what later webhooks make of an object gets no defaults`,
      `calls wrong: ${place}: timeoutSeconds is 11, not 3`,
      `calls wrong: ${place}: clientConfig is Service elsewhere/tenantgate:443, not Service tenantgate-system/tenantgate:443: Tenantgate is not asked`,
      'service wrong: Service elsewhere/tenantgate does not exist: no call succeeds',
    ],
  );
});

test('without a file, who is left out on objects of the whole cluster is up to the installation, by one condition only', async (t) => {
  const found = await after(
    (cluster) => {
      cluster.change('validating', (object) => {
        for (const webhook of object.webhooks) webhook.matchConditions.push({ name: 'mine', expression: 'false' });
        object.webhooks[0]!.matchConditions.push({ name: 'not-the-platform', expression: 'false && true' });
      });
    },
    { rendered: undefined },
  );
  const left = (webhook: string, what: string) =>
    `selectors wrong: ${validating} tenantgate, webhook ${webhook}: matchConditions leave out what should be judged: ${what}`;
  t.strictSame(told(found), [
    left('cluster.validate.tenantgate.dev', '"false"'),
    left('namespaces.validate.tenantgate.dev', '"false && true", "false"'),
    left('platform.validate.tenantgate.dev', '"false"'),
    left('validate.tenantgate.dev', '"false"'),
  ]);
});

test('a configuration that is missing is told once, and what should be there is looked up all the same', async (t) => {
  for (const over of [{}, { rendered: undefined }]) {
    const found = await after((cluster) => {
      cluster.answers.delete(paths.validating);
      cluster.answers.delete(paths.mutating);
      cluster.answers.delete('/apis/batch/v1');
      cluster.answers.delete(paths.service);
    }, over);
    t.strictSame(told(found), [
      `registration wrong: ${mutating} tenantgate is missing: nothing of it is sent to Tenantgate`,
      `registration wrong: ${validating} tenantgate is missing: nothing of it is sent to Tenantgate`,
      'resources unknown: What /apis/batch/v1 serves cannot be read: there is no such path',
      'service wrong: Service tenantgate-system/tenantgate does not exist: no call succeeds',
    ]);
    t.match(fixesOf(found)[0], 'kubectl apply -f registration.yaml');
    t.match(found[1]?.evidence, /^nothing is there; compared with /);
  }
});

test('a drift is told in the check that it belongs to, with its code and what mends it', async (t) => {
  const found = await after((cluster) => {
    cluster.change('validating', (object) => {
      objects(object).rules = objects(object).rules.filter(({ apiGroups }) => apiGroups[0] !== 'batch');
      delete object.webhooks[0]!.clientConfig.caBundle;
    });
  });
  t.strictSame(
    [...new Set(found.flatMap(({ id, remarks }) => remarks.map(({ code = '' }) => `${id} ${code}`)))],
    ['rules rules-narrowed', 'rules rule-not-covered', 'ca-bundle ca-bundle-missing'],
  );
  t.match(fixesOf(found)[0], /^kubectl patch validatingwebhookconfigurations tenantgate /);
  t.match(found.find(({ id }) => id === 'ca-bundle')?.evidence, /^no certificate; valid until /);
  t.end();
});

test('every code of a drift belongs to a check', async (t) => {
  const { checkOfCode } = await import('../../../src/admission/doctor/check-registration.ts');
  t.strictSame(Object.keys(checkOfCode).sort(), Object.keys(driftCodes).sort());
});

test('a CA that ends soon is a note, and one that has ended is wrong', async (t) => {
  const at = (days: number) => ({ now: () => new Date(examinedAt.getTime() + days * 86_400_000) });
  const about = (checks: readonly DoctorCheck[]) => told(checks).filter((text) => text.startsWith('ca-bundle'));
  t.strictSame(about(await after(() => undefined, at(22))), []);
  t.strictSame(about(await after(() => undefined, at(24))), [
    'ca-bundle note: caBundle ends in 5 days: whoever renews it should have done so',
  ]);
  const ended = await after(() => undefined, at(40));
  t.match(
    about(ended),
    Array.from({ length: 4 }, () => /^ca-bundle wrong: .* holds no certificate that would do and is in its time/),
  );
  t.match(ended[6]?.evidence, /, -11 days left$/);
});

test('what cannot be read is not known, with the right that is missing; the reason is told once', async (t) => {
  const found = await after((cluster) => {
    for (const path of [...cluster.answers.keys()]) {
      if (path !== paths.version) cluster.answers.set(path, { state: 'forbidden' });
    }
  });
  const unread = (id: string) => [
    `${id} unknown: ${validating} tenantgate is not known`,
    `${id} unknown: ${mutating} tenantgate is not known`,
  ];
  t.match(told(found), [
    `registration unknown: ${validating} tenantgate cannot be read: RBAC refuses it`,
    `registration unknown: ${mutating} tenantgate cannot be read: RBAC refuses it`,
    ...['rules', 'failure-policy', 'selectors', 'calls', 'ca-bundle'].flatMap(unread),
    'resources unknown: The list of API groups cannot be read: RBAC refuses it',
    'control-plane unknown: What could not be read may match anything',
    'service unknown: Service tenantgate-system/tenantgate cannot be read: RBAC refuses it',
    'servers unknown: The pods behind Service tenantgate-system/tenantgate are not known',
    `other-webhooks unknown: The list of every ${validating} cannot be read: RBAC refuses it`,
    `other-webhooks unknown: The list of every ${mutating} cannot be read: RBAC refuses it`,
    'other-webhooks unknown: Namespace tenantgate-system cannot be read: RBAC refuses it',
  ]);
  t.match(
    fixesOf(found).filter((fix) => fix !== undefined),
    [
      'Grant {apiGroups: [admissionregistration.k8s.io], resources: [validatingwebhookconfigurations], resourceNames: [tenantgate], verbs: [get]}',
      'Grant {apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], resourceNames: [tenantgate], verbs: [get]}',
      'Grant {nonResourceURLs: [/apis], verbs: [get]}',
      'Grant {apiGroups: [""], resources: [services], resourceNames: [tenantgate], verbs: [get]} in namespace tenantgate-system',
      'Grant {apiGroups: [admissionregistration.k8s.io], resources: [validatingwebhookconfigurations], verbs: [list]}',
      'Grant {apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], verbs: [list]}',
      'Grant {apiGroups: [""], resources: [namespaces], resourceNames: [tenantgate-system], verbs: [get]}',
    ],
  );
  t.strictSame([...new Set(found.slice(1).map(({ status }) => status))], ['unknown']);
});

test('an API server that does not answer is asked once', async (t) => {
  const cluster = examinedCluster();
  cluster.answers.set(paths.version, { state: 'failed', problem: 'connect ECONNREFUSED 127.0.0.1:6443' });
  t.strictSame(told(await look(cluster)), [
    'api-server unknown: The version of the API server cannot be read: connect ECONNREFUSED 127.0.0.1:6443',
  ]);
  t.strictSame(cluster.asked, [paths.version]);
});

test('clocks that differ are wrong, and one that cannot be seen is not known', async (t) => {
  const minutes = (count: number) => new Date(examinedAt.getTime() + count * 60_000);
  t.strictSame(told(await after((cluster) => (cluster.time = minutes(-1)))), []);
  for (const count of [5, -5]) {
    t.strictSame(told(await after((cluster) => (cluster.time = minutes(count)))), [
      'api-server wrong: The clock of the API server and the one of this machine differ by 300 s: what is valid here may not be valid there',
    ]);
  }
  for (const time of [undefined, new Error('ECONNRESET')]) {
    t.strictSame(told(await after((cluster) => (cluster.time = time))), [
      'api-server unknown: The API server gives no time: the clocks cannot be compared',
    ]);
  }
  const forbidden = await after((cluster) => cluster.answers.set(paths.version, { state: 'forbidden' }));
  t.strictSame(told(forbidden), ['api-server unknown: The version of the API server cannot be read: RBAC refuses it']);
  t.equal(forbidden.length, 12, 'a refusal is an answer: the others are asked');
});

test('names that are not served never match, and are found', async (t) => {
  const withResources = (...resources: readonly string[]) =>
    after((cluster) => {
      cluster.change('validating', (object) => {
        object.webhooks[0]!.rules.push({ ...object.webhooks[0]!.rules[0]!, resources: [...resources] });
      });
    });
  const about = (checks: readonly DoctorCheck[]) => told(checks).filter((text) => text.startsWith('resources'));
  for (const [resource, hint] of [
    ['namespace/finalize', ': is "namespaces/finalize" meant?'],
    ['Namespaces', ': is "namespaces" meant?'],
    ['networkpolicy', ''],
    ['namespaces/finalise', ''],
    ['nothing', ''],
    ['constructor', ''],
  ] as const) {
    t.strictSame(about(await withResources(resource)), [
      `resources wrong: "${resource}" is no resource that the API server serves${hint}`,
    ]);
  }
  t.strictSame(about(await withResources('pods')), [
    'resources wrong: "pods" is namespaced, and the rule matches scope Cluster only: it never matches',
  ]);
  t.strictSame(about(await withResources('*', 'namespaces/*')), [], 'wildcards name nothing');
  const fixes = fixesOf(await withResources('namespace')).filter((fix) => fix?.includes('"rules":'));
  t.match(
    fixes[0],
    /^kubectl patch validatingwebhookconfigurations tenantgate .*"name":"namespaces\.validate\.tenantgate\.dev","rules":/,
  );
  const inGroup = await after((cluster) => {
    cluster.change('validating', (object) => {
      const rule = { ...object.webhooks[0]!.rules[0]!, apiGroups: ['networking.k8s.io'], scope: 'Namespaced' };
      objects(object).rules.push({ ...rule, resources: ['networkpolicy', 'namespaces'] });
      objects(object).rules.push({
        ...rule,
        apiGroups: ['network.k8s.io'],
        resources: ['networkpolicies'],
        scope: '*',
      });
    });
  });
  t.strictSame(about(inGroup), [
    'resources wrong: "networkpolicies.network.k8s.io" is no resource that the API server serves',
    'resources wrong: "namespaces.networking.k8s.io" is no resource that the API server serves',
    'resources wrong: "networkpolicy.networking.k8s.io" is no resource that the API server serves: is "networkpolicies.networking.k8s.io" meant?',
  ]);
});

test('what the rules name and this cluster has not is a note: CRDs, and subresources of another Kubernetes', async (t) => {
  const without = (groups: readonly string[], resources: Readonly<Record<string, readonly string[]>> = {}) =>
    after((cluster) => {
      cluster.put(paths.groups, groupList(servedGroups.filter((name) => !groups.includes(name))));
      for (const [path, gone] of Object.entries(resources)) {
        const reading = cluster.answers.get(path) as { readonly object: { resources: { name: string }[] } };
        cluster.put(path, { resources: reading.object.resources.filter(({ name }) => !gone.includes(name)) });
      }
    });
  t.strictSame(told(await without(['kustomize.toolkit.fluxcd.io', 'gateway.networking.k8s.io'])), [
    'resources note: Not served in this cluster, so never judged: everything of gateway.networking.k8s.io, everything of kustomize.toolkit.fluxcd.io',
  ]);
  const partly = {
    '/api/v1': ['pods/resize'],
    '/apis/notification.toolkit.fluxcd.io/v1': ['alerts/status'],
    '/apis/source.toolkit.fluxcd.io/v1': ['externalartifacts', 'externalartifacts/status'],
  };
  t.strictSame(told(await without([], partly)), [
    'resources note: Not served in this cluster, so never judged: alerts/status.notification.toolkit.fluxcd.io, externalartifacts.source.toolkit.fluxcd.io, externalartifacts/status.source.toolkit.fluxcd.io, pods/resize',
  ]);
  t.match(
    told(await without([], { '/api/v1': ['pods', 'pods/ephemeralcontainers', 'pods/resize'] })),
    ['pods', 'pods/ephemeralcontainers', 'pods/resize'].map(
      (name) => new RegExp(`^resources wrong: "${name}" is no resource that the API server serves`),
    ),
    'a subresource of what is not there cannot be missing',
  );
  const jobs = told(await without(['batch']));
  t.strictSame(jobs, [
    'resources wrong: "cronjobs.batch" is no resource that the API server serves',
    'resources wrong: "jobs.batch" is no resource that the API server serves',
  ]);
});

test('an aggregated API that is broken stops nothing but what it serves itself', async (t) => {
  const broken = { state: 'failed', problem: 'the API server answered 503' } as const;
  const found = await after((cluster) => cluster.answers.set('/apis/helm.toolkit.fluxcd.io/v0', broken));
  t.strictSame(told(found), [
    'resources unknown: What /apis/helm.toolkit.fluxcd.io/v0 serves cannot be read: the API server answered 503',
  ]);
  const both = await after((cluster) => {
    for (const version of ['v0', 'v1']) cluster.answers.set(`/apis/helm.toolkit.fluxcd.io/${version}`, broken);
  });
  t.equal(told(both).length, 2, 'what may be served all the same is not called misspelt');
});

test('a webhook that the control plane waits for is wrong', async (t) => {
  const withRules = (rule: object) =>
    after((cluster) => {
      cluster.change('validating', (object) => {
        objects(object).rules.push({ ...objects(object).rules[0]!, ...rule });
      });
    });
  const about = (checks: readonly DoctorCheck[]) => told(checks).filter((text) => text.startsWith('control-plane'));
  const place = `control-plane wrong: ${validating} tenantgate, webhook validate.tenantgate.dev`;
  t.strictSame(about(await withRules({ apiGroups: ['coordination.k8s.io'], resources: ['leases'] })), [
    `${place} matches leases.coordination.k8s.io: the control plane waits for Tenantgate`,
  ]);
  t.strictSame(about(await withRules({ resources: ['nodes/status'] })), [
    `${place} matches nodes: the control plane waits for Tenantgate`,
  ]);
  t.strictSame(about(await withRules({ apiGroups: ['*'], resources: ['*'] })), [
    `${place} matches leases.coordination.k8s.io, nodes, tokenreviews.authentication.k8s.io, subjectaccessreviews.authorization.k8s.io, localsubjectaccessreviews.authorization.k8s.io, selfsubjectaccessreviews.authorization.k8s.io, selfsubjectrulesreviews.authorization.k8s.io, certificatesigningrequests.certificates.k8s.io: the control plane waits for Tenantgate`,
  ]);
  t.strictSame(about(await withRules({ apiGroups: ['apps'], resources: ['leases', 'nodes'] })), [], 'other groups');
});

test('namespaces of the control plane must be left out by their name', async (t) => {
  const selecting = (selector: RawWebhook['namespaceSelector']) =>
    after((cluster) => {
      cluster.change('validating', (object) => (objects(object).namespaceSelector = selector));
    });
  const about = (checks: readonly DoctorCheck[]) => told(checks).filter((text) => text.startsWith('control-plane'));
  const place = `control-plane wrong: ${validating} tenantgate, webhook validate.tenantgate.dev`;
  const why = 'exclude them by kubernetes.io/metadata.name, which no label can stand in for';
  t.strictSame(about(await selecting({})), [
    `${place} can cover kube-node-lease, kube-public, kube-system, tenantgate-system: ${why}`,
  ]);
  t.strictSame(about(await selecting(selectorFor('kube-node-lease', 'kube-public', 'kube-system'))), [
    `${place} can cover tenantgate-system: ${why}`,
  ]);
  t.strictSame(about(await selecting({ matchExpressions: [{ key: 'platform', operator: 'DoesNotExist' }] })), [
    `${place} can cover kube-node-lease, kube-public, kube-system, tenantgate-system: ${why}`,
  ]);
  t.strictSame(about(await selecting({ matchLabels: { 'kubernetes.io/metadata.name': 'acme-dev' } })), []);
});

test('the entry of the platform’s Namespaces covers them, and must leave out the control plane', async (t) => {
  const found = await after((cluster) => {
    cluster.change('validating', (object) => {
      const platform = object.webhooks.find(({ name }) => name === 'platform.validate.tenantgate.dev')!;
      platform.matchConditions = platform.matchConditions.filter(({ name }) => name !== 'not-the-control-plane');
    });
  });
  const place = `${validating} tenantgate, webhook platform.validate.tenantgate.dev`;
  t.match(told(found), [
    `selectors wrong: ${place}: matchConditions lack `,
    `control-plane wrong: ${place} lacks the condition not-the-control-plane: the control plane waits for Tenantgate`,
  ]);
  t.match(fixesOf(found)[1], 'not-the-control-plane');
});

test('without a file, the entry of the platform’s Namespaces covers those of the control plane at least', async (t) => {
  const selecting = (...values: string[]) =>
    after(
      (cluster) => {
        cluster.change('validating', (object) => {
          const platform = object.webhooks.find(({ name }) => name === 'platform.validate.tenantgate.dev')!;
          platform.namespaceSelector = {
            matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values }],
          };
        });
      },
      { rendered: undefined },
    );
  t.strictSame(told(await selecting(...platformNamespaces, 'monitoring')), []);
  t.match(told(await selecting('kube-public', 'kube-node-lease', 'tenantgate-system')), [
    /namespaceSelector leaves out namespaces that it should cover.* for example namespace "kube-system"$/,
  ]);
});

test('a webhook that was not rendered has no rules to go back to', async (t) => {
  const found = await after((cluster) => {
    cluster.change('validating', (object) => {
      object.webhooks.push({
        ...structuredClone(objects(object)),
        name: 'more.example.com',
        namespaceSelector: {},
        rules: [{ ...objects(object).rules[0]!, resources: ['nodes', 'node'] }],
      });
    });
  });
  t.strictSame(
    found.flatMap(({ id, remarks }) => remarks.map(({ fix }) => [id, fix === undefined])),
    [
      ['registration', false],
      ['resources', true],
      ['resources', true],
      ['control-plane', true],
      ['control-plane', true],
    ],
  );
});

test('the Service must be there, with the port that is called and somebody behind it', async (t) => {
  const cases: readonly (readonly [string | undefined, (cluster: ExaminedCluster) => void])[] = [
    [
      'wrong: Service tenantgate-system/tenantgate does not exist: no call succeeds',
      ({ answers }) => answers.delete(paths.service),
    ],
    [
      'wrong: Service tenantgate-system/tenantgate has no port 443, which the API server calls; it has 8443, 9',
      ({ put }) => {
        put(paths.service, { spec: { ports: [{ port: 8443 }, { port: 9 }] } });
      },
    ],
    [
      'wrong: Service tenantgate-system/tenantgate has no port 443, which the API server calls; it has none',
      ({ put }) => {
        put(paths.service, { spec: {} });
      },
    ],
    [
      'note: Service tenantgate-system/tenantgate leads out of the cluster, to localhost: whether somebody answers cannot be seen',
      ({ put }) => {
        put(paths.service, { spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port: 443 }] } });
      },
    ],
    [
      'wrong: Service tenantgate-system/tenantgate has no ready endpoint: no call succeeds',
      ({ put }) => {
        put(paths.endpoints, { items: [] });
      },
    ],
    [
      'wrong: Service tenantgate-system/tenantgate has no ready endpoint: no call succeeds',
      ({ put }) => {
        put(paths.endpoints, {
          items: [{ ports: [{ name: 'https' }], endpoints: [{ conditions: { ready: false } }] }],
        });
      },
    ],
    [
      'wrong: Service tenantgate-system/tenantgate has no ready endpoint: no call succeeds',
      ({ put }) => {
        put(paths.endpoints, { items: [{ ports: [{ name: 'metrics' }], endpoints: [{}] }] });
      },
    ],
    [
      undefined,
      ({ put }) => {
        put(paths.service, { spec: { ports: [{ port: 443 }] } });
        put(paths.endpoints, { items: [{ ports: [{ name: '' }], endpoints: [{}] }] });
      },
    ],
    [
      'unknown: Endpoints of Service tenantgate-system/tenantgate cannot be read: RBAC refuses it',
      ({ answers }) => answers.set(paths.endpoints, { state: 'forbidden' }),
    ],
  ];
  for (const [expected, change] of cases) {
    const found = told(await after(change)).filter((text) => !text.startsWith('servers '));
    t.strictSame(found, expected === undefined ? [] : [`service ${expected}`]);
  }
  const byUrl = await after((cluster) => {
    for (const kind of ['validating', 'mutating'] as const) {
      cluster.change(kind, (object) => {
        for (const webhook of object.webhooks) webhook.clientConfig = clientConfigOf('https://gate.example.com/');
      });
    }
  });
  t.equal(byUrl.find(({ id }) => id === 'service')?.evidence, 'no Service is called');
});

/** A configuration of somebody else. */
function foreign(
  kind: typeof validating | typeof mutating,
  name: string,
  over: Partial<RawWebhook> = {},
): RawConfiguration {
  const object = stored(kind, 'AAAA');
  const webhook = {
    ...objects(object),
    name: 'a.example.com',
    matchConditions: [],
    clientConfig: clientConfigOf('https://127.0.0.1:9/'),
    ...over,
  };
  return { ...object, metadata: { name }, webhooks: [webhook] };
}

test('webhooks of others are told of where they can change, block or call', async (t) => {
  const beside = (...others: readonly RawConfiguration[]) =>
    after((cluster) => {
      cluster.put(paths.everyMutating, {
        items: [stored(mutating, 'AAAA'), ...others.filter(({ kind }) => kind === mutating)],
      });
      cluster.put(paths.everyValidating, { items: others.filter(({ kind }) => kind === validating) });
    });
  const later = `other-webhooks note: ${mutating} zz runs after ours on the same requests (a.example.com): what it changes is judged, and with reinvocationPolicy IfNeeded gets defaults again`;
  const blocking = (kind: string, name: string) =>
    `other-webhooks note: ${kind} ${name} fails closed on pods in tenantgate-system (a.example.com): while it does not answer, no pod of Tenantgate starts`;
  t.strictSame(told(await beside(foreign(mutating, 'zz'))), [later]);
  t.strictSame(told(await beside(foreign(mutating, 'aa'))), [], 'it runs before ours');
  t.strictSame(told(await beside(foreign(validating, 'zz'))), [], 'it changes nothing');
  const elsewhere = { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } };
  t.strictSame(told(await beside(foreign(mutating, 'zz', { namespaceSelector: elsewhere }))), [], 'they never meet');
  const [rule] = foreign(mutating, 'zz').webhooks[0]!.rules;
  t.strictSame(told(await beside(foreign(mutating, 'zz', { rules: [{ ...rule!, resources: ['secrets'] }] }))), []);
  t.strictSame(told(await beside(foreign(validating, 'aa', { namespaceSelector: {} }))), [blocking(validating, 'aa')]);
  t.strictSame(
    told(await beside(foreign(mutating, 'zz', { namespaceSelector: { matchLabels: { team: 'platform' } } }))),
    [later, blocking(mutating, 'zz')],
  );
  t.strictSame(told(await beside(foreign(validating, 'aa', { namespaceSelector: {}, failurePolicy: 'Ignore' }))), []);
  const { clientConfig } = stored(mutating, 'AAAA').webhooks[0]!;
  t.strictSame(told(await beside(foreign(validating, 'aa', { clientConfig }))), [
    `other-webhooks note: ${validating} aa, webhook a.example.com calls the Service of Tenantgate as well`,
  ]);
  const broken = { ...foreign(validating, 'aa'), webhooks: [{}] } as unknown as RawConfiguration;
  t.strictSame(told(await beside(broken)), [
    `other-webhooks unknown: 1 of the list of every ${validating} cannot be read`,
  ]);
  const found = await beside(foreign(mutating, 'zz'), foreign(validating, 'b'));
  t.equal(found.at(-1)?.evidence, '2 other configurations');
});

test('a namespace that cannot be read is known by its name all the same', async (t) => {
  const found = await after((cluster) => {
    cluster.answers.set(paths.namespace, { state: 'failed', problem: 'late' });
    cluster.put(paths.everyValidating, {
      items: [
        foreign(validating, 'aa', {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'tenantgate-system' } },
        }),
      ],
    });
  });
  t.match(told(found), [
    /^other-webhooks note: .* fails closed on pods in tenantgate-system/,
    'other-webhooks unknown: Namespace tenantgate-system cannot be read: late',
  ]);
  const unlabelled = await after((cluster) => {
    cluster.put(paths.namespace, { metadata: { name: 'tenantgate-system' } });
  });
  t.strictSame(told(unlabelled), []);
});
