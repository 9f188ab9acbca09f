import { test } from 'tap';

import {
  describeOutside,
  overlapsRequests,
  requestPatterns,
  requestSpaces,
} from '../../../src/admission/registration/request-space.ts';
import type { RegisteredRule } from '../../../src/admission/registration/webhook-configuration.ts';

function rule(over: Partial<RegisteredRule> = {}): RegisteredRule {
  return {
    apiGroups: [''],
    apiVersions: ['*'],
    operations: ['CREATE', 'UPDATE'],
    resources: ['pods'],
    scope: 'Namespaced',
    ...over,
  };
}

/** What of `rules` is outside `others`, in words. */
const outside = (rules: readonly RegisteredRule[], others: readonly RegisteredRule[]) =>
  describeOutside(requestPatterns(rules), requestSpaces(others));

test('rules are compared by the requests that they match, not by how they are written', (t) => {
  const together = [rule({ resources: ['pods', 'services'] })];
  const apart = [
    rule({ resources: ['services'], operations: ['CREATE'] }),
    rule({ resources: ['services'], operations: ['UPDATE'] }),
    rule(),
  ];
  t.equal(outside(together, apart), undefined);
  t.equal(outside(apart, together), undefined);
  t.equal(
    outside([rule({ operations: ['*'] })], [rule({ operations: ['DELETE', 'CONNECT', 'UPDATE', 'CREATE'] })]),
    undefined,
  );
  t.equal(outside([rule({ scope: '*' })], [rule(), rule({ scope: 'Cluster' })]), undefined);
  t.equal(outside([], []), undefined);
  t.end();
});

test('what is outside is named by operation and resource', (t) => {
  const cases: readonly (readonly [string, readonly RegisteredRule[], readonly RegisteredRule[]])[] = [
    ['CREATE, UPDATE of pods', [rule()], []],
    ['UPDATE of pods', [rule()], [rule({ operations: ['CREATE', 'DELETE'] })]],
    ['CREATE, UPDATE of pods', [rule()], [rule({ apiGroups: ['apps'] })]],
    ['CREATE, UPDATE of pods/resize', [rule({ resources: ['pods', 'pods/resize'] })], [rule()]],
    [
      'CREATE, UPDATE of deployments.apps',
      [rule({ apiGroups: ['', 'apps'], resources: ['deployments'] })],
      [rule({ resources: ['deployments'] })],
    ],
    ['CREATE of a; CREATE of b', [rule({ operations: ['CREATE'], resources: ['b', 'a'] })], []],
    [
      'CREATE, UPDATE, DELETE, CONNECT of *.*',
      [rule({ apiGroups: ['*'], resources: ['*'], operations: ['*'] })],
      [rule()],
    ],
    ['CREATE, UPDATE of pods in version "other" and scope Namespaced', [rule()], [rule({ apiVersions: ['v1'] })]],
    [
      'CREATE, UPDATE of pods in version "v2" and scope Namespaced',
      [rule({ apiVersions: ['v1', 'v2'] })],
      [rule({ apiVersions: ['v1'] })],
    ],
    ['CREATE, UPDATE of pods in version "other" and scope Cluster', [rule({ scope: '*' })], [rule()]],
  ];
  for (const [expected, rules, others] of cases) t.equal(outside(rules, others), expected, expected);
  t.end();
});

test('hundreds of resources do not fill the line', (t) => {
  const many = rule({ operations: ['CREATE'], resources: Array.from({ length: 300 }, (_, index) => `r${index}`) });
  t.match(outside([many], []), /^(CREATE of r\d+; ){20}280 more$/);
  const more = rule({ operations: ['*'], resources: Array.from({ length: 100_000 }, (_, index) => `r${index}`) });
  t.match(outside([more], [rule()]), / more$/, 'nor take the time of everything else');
  t.match(outside([rule()], [more]), 'CREATE, UPDATE of pods');
  t.end();
});

test('wildcards match as the API server matches them', (t) => {
  const all = [rule({ resources: ['pods/*'] })];
  t.equal(outside([rule({ resources: ['pods', 'pods/resize', 'pods/status'] })], all), undefined, 'pods/* holds pods');
  t.equal(
    outside([rule({ resources: ['pods/resize'] })], [rule({ resources: ['*'] })]),
    'CREATE, UPDATE of pods/resize',
  );
  t.equal(outside([rule({ resources: ['pods/resize'] })], [rule({ resources: ['*/*'] })]), undefined);
  t.equal(outside([rule({ resources: ['pods/status'] })], [rule({ resources: ['*/status'] })]), undefined);
  t.equal(outside([rule({ resources: ['pods'] })], [rule({ resources: ['*/status'] })]), 'CREATE, UPDATE of pods');
  t.equal(outside([rule({ apiGroups: ['apps'] })], [rule({ apiGroups: ['*'] })]), undefined);
  t.end();
});

test('rules overlap a request when one of them can match it', (t) => {
  const leases = { group: 'coordination.k8s.io', resource: 'leases' };
  t.equal(overlapsRequests(requestSpaces([rule()]), leases), false);
  t.equal(overlapsRequests(requestSpaces([rule({ apiGroups: ['*'], resources: ['*'] })]), leases), true);
  t.equal(
    overlapsRequests(requestSpaces([rule({ apiGroups: ['*'], resources: ['pods', 'leases/status'] })]), leases),
    true,
  );
  t.equal(overlapsRequests([], leases), false);
  t.end();
});
