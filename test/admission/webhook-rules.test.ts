import { test } from 'tap';

import { notTheControlPlane, webhookRules, type WebhookEntry } from '../../src/admission/webhook-rules.ts';
import { kinds } from '../../src/policy/objects/kinds.ts';
import { operationsOn, type Rule } from '../../src/policy/rule.ts';
import { rules } from '../../src/policy/rules/index.ts';

const shipped = webhookRules(rules);

/** Each `operation group/resource` that the entries match. */
function matchedBy(entries: readonly WebhookEntry[]): ReadonlySet<string> {
  return new Set(
    entries.flatMap((entry) =>
      entry.rules.flatMap(({ apiGroups, operations, resources }) =>
        apiGroups.flatMap((group) =>
          operations.flatMap((operation) => resources.map((resource) => `${operation} ${group}/${resource}`)),
        ),
      ),
    ),
  );
}

/** What the rules of one type judge: the kind's resource in each operation, and for checks its subresources on UPDATE. */
function judgedBy(type: Rule['type']): ReadonlySet<string> {
  return new Set(
    rules
      .filter((rule) => rule.type === type)
      .flatMap((rule) =>
        rule.kinds.flatMap((kind) => {
          const { group, resource, subresources } = kinds[kind];
          const whole = operationsOn(rule, kind).map((operation) => `${operation} ${group}/${resource}`);
          const partsOf = (names: readonly string[]) => names.map((name) => `UPDATE ${group}/${resource}/${name}`);
          if (rule.type === 'check' && rule.subresources !== undefined) return partsOf(rule.subresources);
          return type === 'check' && rule.operations.includes('UPDATE') ? [...whole, ...partsOf(subresources)] : whole;
        }),
      ),
  );
}

test('the validating webhooks match what the check rules judge, and nothing else', (t) => {
  t.same([...matchedBy(shipped.validating)].sort(), [...judgedBy('check')].sort());
  t.end();
});

test('the mutating webhooks match what the default rules fill in, and nothing else', (t) => {
  t.same([...matchedBy(shipped.mutating)].sort(), [...judgedBy('default')].sort());
  t.end();
});

test('every subresource that can change what rules judge is matched, on UPDATE only', (t) => {
  const matched = matchedBy(shipped.validating);
  for (const resource of ['pods/ephemeralcontainers', 'pods/resize', 'namespaces/status', 'namespaces/finalize']) {
    t.ok(matched.has(`UPDATE /${resource}`), resource);
    t.notOk(matched.has(`CREATE /${resource}`), resource);
    t.notOk(matched.has(`DELETE /${resource}`), resource);
  }
  t.end();
});

test('objects of the whole cluster are matched in their scope', (t) => {
  const scopes = shipped.validating.flatMap(({ rules: wanted }) =>
    wanted.map(({ resources, scope }) => [resources, scope]),
  );
  t.ok(scopes.some(([resources, scope]) => resources?.includes('clusterroles') && scope === 'Cluster'));
  t.ok(scopes.some(([resources, scope]) => resources?.includes('rolebindings') && scope === 'Namespaced'));
  t.end();
});

test('the API server’s own writes are never sent: it makes its ClusterRoles before it is ready', (t) => {
  for (const { matchConditions } of [...shipped.validating, ...shipped.mutating]) {
    t.match(matchConditions, [{ expression: "request.userInfo.username != 'system:apiserver'" }]);
  }
  t.end();
});

test('a deleted NetworkPolicy is seen', (t) => {
  t.ok(matchedBy(shipped.validating).has('DELETE networking.k8s.io/networkpolicies'));
  t.end();
});

test('no wildcard stands for a group, a resource or an operation, and the control plane is left alone', (t) => {
  for (const rule of [...shipped.validating, ...shipped.mutating].flatMap((entry) => entry.rules)) {
    t.same(rule.apiVersions, ['*'], 'all served versions');
    for (const text of [...rule.apiGroups, ...rule.resources, ...rule.operations]) t.notMatch(text, /\*/);
    for (const resource of rule.resources) t.notMatch(resource, /^(leases|nodes|events)\b/);
    t.not(rule.apiGroups[0], 'coordination.k8s.io');
  }
  t.end();
});

test('Namespaces and objects of the whole cluster have entries of their own, which hold nothing else', (t) => {
  for (const entry of [...shipped.validating, ...shipped.mutating]) {
    for (const rule of entry.rules) {
      const isNamespaces = rule.resources.every((resource) => /^namespaces(\/|$)/.test(resource));
      t.equal(isNamespaces, entry.subject === 'namespaces' || entry.subject === 'platform', entry.name);
      t.equal(rule.scope, entry.subject === 'objects' ? 'Namespaced' : 'Cluster');
    }
  }
  t.end();
});

test('the Namespaces of the platform are sent when they go, those of tenants are not; nobody who must not wait is asked', (t) => {
  const operationsOf = (subject: string) =>
    shipped.validating
      .filter((entry) => entry.subject === subject)
      .flatMap(({ rules: wanted }) => wanted.map(({ operations, resources }) => [operations, resources]));
  t.same(operationsOf('platform'), [
    [['CREATE', 'UPDATE', 'DELETE'], ['namespaces']],
    [['UPDATE'], ['namespaces/finalize', 'namespaces/status']],
  ]);
  t.same(operationsOf('namespaces'), [
    [['CREATE', 'UPDATE'], ['namespaces']],
    [['UPDATE'], ['namespaces/finalize', 'namespaces/status']],
  ]);
  for (const { subject, matchConditions } of [...shipped.validating, ...shipped.mutating]) {
    const names = matchConditions.map(({ name }) => name);
    t.equal(names.includes('not-the-control-plane'), subject === 'platform');
  }
  for (const who of ['kube-controller-manager', 'masters', 'nodes', 'serviceaccounts:kube-system']) {
    t.match(notTheControlPlane.expression, `'system:${who}'`);
  }
  t.end();
});

test('the entries have distinct, fully qualified names and the path of their configuration', (t) => {
  const entries = [...shipped.validating, ...shipped.mutating];
  t.equal(new Set(entries.map((entry) => entry.name)).size, entries.length);
  for (const { name } of entries) t.match(name, /^([a-z]+\.)?[a-z]+\.tenantgate\.dev$/);
  for (const { path } of shipped.validating) t.equal(path, '/validate');
  for (const { path } of shipped.mutating) t.equal(path, '/mutate');
  t.end();
});

test('the order of the rules changes nothing', (t) => {
  t.same(webhookRules(rules.toReversed()), shipped);
  t.end();
});

test('a rule of a subresource alone does not have the object itself sent', (t) => {
  const [first] = rules;
  const ofStatus = { ...first!, type: 'check', kinds: ['Bucket'], operations: ['UPDATE'], subresources: ['status'] };
  t.same(
    [...matchedBy(webhookRules([ofStatus as unknown as Rule]).validating)],
    ['UPDATE source.toolkit.fluxcd.io/buckets/status'],
  );
  t.end();
});

test('a kind that is only judged when it is deleted has no rule for its subresources', (t) => {
  const [first] = rules;
  t.ok(first);
  const onDelete = { ...first!, type: 'check', kinds: ['Pod'], operations: ['DELETE'] } as unknown as Rule;
  t.same(webhookRules([onDelete]), {
    validating: [
      {
        name: 'validate.tenantgate.dev',
        path: '/validate',
        rules: [
          { apiGroups: [''], apiVersions: ['*'], operations: ['DELETE'], resources: ['pods'], scope: 'Namespaced' },
        ],
        matchConditions: [
          { name: 'not-the-api-server', expression: "request.userInfo.username != 'system:apiserver'" },
          {
            name: 'not-an-upkeep-controller',
            expression:
              "!(request.userInfo.username in ['system:serviceaccount:kube-system:endpoint-controller', 'system:serviceaccount:kube-system:endpointslice-controller', 'system:serviceaccount:kube-system:endpointslicemirroring-controller', 'system:serviceaccount:kube-system:resourcequota-controller'])",
          },
        ],
        subject: 'objects',
      },
    ],
    mutating: [],
  });
  t.end();
});
