import type { Static } from 'typebox';

import { Type } from '../../algebra/schema.ts';
import { modes } from '../../policy/policy-document.ts';
import { apiVersion, documentMetadata } from '../../tenancy/tenancy-document.ts';

const closed = { additionalProperties: false } as const;
const name = (description: string) => Type.Optional(Type.String({ minLength: 1, description }));
const mode = (description: string) => Type.Optional(Type.Enum([...modes], { description }));

/** What can become of an operation, from the side of whoever asked for it. */
export const testDecisions = ['allowed', 'warned', 'denied', 'undecided', 'exempt', 'unjudged'] as const;

const manifest = (description: string) =>
  Type.Unsafe<Readonly<Record<string, unknown>>>({
    type: 'object',
    required: ['apiVersion', 'kind'],
    properties: { apiVersion: { type: 'string', minLength: 1 }, kind: { type: 'string', minLength: 1 } },
    description,
  });

const labels = (description: string) => Type.Record(Type.String(), Type.String(), { description });

const facts = Type.Object(
  {
    files: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        minItems: 1,
        description: 'Manifest files and folders, relative to this file.',
      }),
    ),
    objects: Type.Optional(Type.Array(manifest('A stored object.'), { minItems: 1, description: 'Manifests.' })),
  },
  {
    ...closed,
    description:
      'What the cluster holds: Namespaces, NetworkPolicies, Pods, ResourceQuotas, LimitRanges, controllers of Flux.',
  },
);

const user = Type.Object(
  {
    username: Type.String({ minLength: 1, description: 'Such as `system:serviceaccount:acme-dev:deployer`.' }),
    groups: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description: 'Groups of the user.' })),
  },
  { ...closed, description: 'Who asks. The groups that every user and service account has need not be listed.' },
);

const expectedViolation = Type.Object(
  {
    rule: Type.String({ minLength: 1, description: 'Rule id, such as `network/confined-peers`.' }),
    field: name('The whole field path, such as `spec.ingress[0]`; absent: any.'),
    message: name('A part of the message; absent: any.'),
    mode: mode('Mode in which the rule holds; absent: any.'),
    enforcedFrom: Type.Optional(
      Type.String({
        pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
        description: 'Day (UTC) from which it is denied; absent: any, or none.',
      }),
    ),
  },
  { ...closed, description: 'Covers every violation that it fits.' },
);

const expectedGap = Type.Object(
  {
    rule: Type.String({ minLength: 1, description: 'Rule id.' }),
    message: name('A part of what the rule could not find out; absent: any.'),
  },
  { ...closed, description: 'Covers every gap that it fits.' },
);

const expectation = Type.Object(
  {
    decision: Type.Enum([...testDecisions], {
      description:
        '`warned`: admitted with a warning. `undecided`: something could not be judged. `unjudged`: no rule in force is for such an operation.',
    }),
    violations: Type.Optional(
      Type.Array(expectedViolation, { description: 'Each has to be found, in whatever mode. Absent: none.' }),
    ),
    undecided: Type.Optional(
      Type.Array(expectedGap, { description: 'Each has to be found. Absent: any where the decision is `undecided`.' }),
    ),
    otherViolations: Type.Optional(
      Type.Enum(['fail', 'allow'], { description: 'What becomes of violations that are not listed; absent: `fail`.' }),
    ),
    labels: Type.Optional(labels('Labels that defaults add, exactly these. Absent: not looked at.')),
  },
  { ...closed, description: 'What has to come out.' },
);

const testCase = Type.Object(
  {
    name: Type.String({ minLength: 1, description: 'A sentence; unique in this file.' }),
    operation: Type.Optional(
      Type.Enum(['CREATE', 'UPDATE', 'DELETE'], {
        description: 'Absent: CREATE of `object`, DELETE of `oldObject`, or UPDATE where both are given.',
      }),
    ),
    subresource: name('Such as `status`; absent: the object itself is written.'),
    object: Type.Optional(manifest('The object after the operation.')),
    objectFile: name('A file with this one object instead, relative to this file.'),
    oldObject: Type.Optional(manifest('The object before the operation; it counts as stored.')),
    oldObjectFile: name('A file with this one object instead, relative to this file.'),
    user: Type.Optional(user),
    namespaceLabels: Type.Optional(labels('Labels of the object’s namespace in this case, whatever the facts say.')),
    facts: Type.Optional(facts),
    expect: expectation,
  },
  { ...closed, description: 'One operation, and what has to come out.' },
);

export const policyTestDocument = Type.Object(
  {
    apiVersion: Type.Literal(apiVersion),
    kind: Type.Literal('PolicyTest'),
    metadata: documentMetadata,
    spec: Type.Object(
      {
        tenancy: name('Tenancy document, relative to this file; absent: the one that ships.'),
        policies: Type.Optional(
          Type.Array(Type.String({ minLength: 1 }), {
            minItems: 1,
            description:
              'Policy documents: files and folders relative to this file, or sets that ship: baseline, restricted, audit-first. Absent: baseline.',
          }),
        ),
        mode: mode('Strongest mode of any rule, as `tenantgate serve --mode`; absent: enforce.'),
        today: Type.Optional(
          Type.String({
            pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$',
            description: 'The day by which exemptions end and rules come to be enforced; absent: today, in UTC.',
          }),
        ),
        namespace: name('Namespace of objects that name none; absent: `default`.'),
        user: Type.Optional(user),
        facts: Type.Optional(facts),
        cases: Type.Array(testCase, { minItems: 1, description: 'What is tried.' }),
      },
      { ...closed, description: 'Which documents are tested, on what, and how.' },
    ),
  },
  { ...closed, title: 'PolicyTest', description: 'Operations, and what the policies have to make of them.' },
);

export type PolicyTestDocument = Static<typeof policyTestDocument>;
export type PolicyTestCase = Static<typeof testCase>;
export type PolicyTestFacts = Static<typeof facts>;
export type PolicyTestUser = Static<typeof user>;
export type Expectation = Static<typeof expectation>;
export type TestDecision = (typeof testDecisions)[number];
