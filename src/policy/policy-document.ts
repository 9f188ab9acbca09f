import type { Static } from 'typebox';

import { Type } from '../algebra/schema.ts';
import { apiVersion, documentMetadata } from '../tenancy/tenancy-document.ts';

const closed = { additionalProperties: false } as const;

/** Modes, weakest first: audit admits with an annotation, warn with a warning, enforce denies. */
export const modes = ['audit', 'warn', 'enforce'] as const;

export type Mode = (typeof modes)[number];

/** The weaker of two modes. */
export function weakerMode(a: Mode, b: Mode): Mode {
  return modes.indexOf(a) <= modes.indexOf(b) ? a : b;
}

/** The stronger of two modes. */
export function strongerMode(a: Mode, b: Mode): Mode {
  return weakerMode(a, b) === a ? b : a;
}

const mode = (description: string) => Type.Optional(Type.Enum([...modes], { description }));

const names = (description: string) =>
  Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description }));

const fullDate = (description: string) => Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$', description });

const enforceFrom = Type.Optional(
  fullDate(
    'Day (UTC) from which it is enforced, such as `2027-01-31`. Until then it acts in the `mode` beside it: audit, when absent, or warn.',
  ),
);

const scope = Type.Object(
  {
    namespaces: Type.Optional(
      Type.Object(
        {
          include: names('Only these namespaces.'),
          exclude: names('Not these namespaces.'),
        },
        { ...closed, description: 'Namespaces by name.' },
      ),
    ),
    tenants: names('Only these tenants.'),
    kinds: names('Only these kinds, such as `Pod`.'),
  },
  { ...closed, description: 'Where the policy holds; absent: everywhere but the platform’s namespaces.' },
);

const ruleEntry = Type.Object(
  {
    rule: Type.String({ minLength: 1, description: 'Rule id, such as `network/confined-peers`.' }),
    mode: mode('Mode of this rule; absent: that of the policy.'),
    enforceFrom,
    params: Type.Optional(
      Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object', description: 'Params of the rule.' }),
    ),
  },
  { ...closed, description: 'One rule that holds.' },
);

const placedMode = Type.Object(
  {
    namespaces: names('In these namespaces.'),
    tenants: names('In namespaces of these tenants.'),
    mode: mode(
      'Mode there, in place of that of the policy. A rule with a mode of its own acts in the weaker of the two.',
    ),
    enforceFrom,
  },
  { ...closed, description: 'A mode for some namespaces or tenants. Of several that fit, the first counts.' },
);

const exemption = Type.Object(
  {
    rules: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description: 'Rule ids that it lifts.' }),
    namespaces: names('Only in these namespaces.'),
    tenants: names('Only for these tenants.'),
    kinds: names('Only these kinds.'),
    names: names('Only objects of these names.'),
    owner: Type.String({ minLength: 1, description: 'Who answers for it.' }),
    reason: Type.String({ minLength: 1, description: 'Why it is needed.' }),
    expires: fullDate('Last day on which it holds (UTC), such as `2027-01-31`. Afterwards it exempts nothing.'),
  },
  { ...closed, description: 'Granted by the operator. No object can exempt itself.' },
);

export const policyDocument = Type.Object(
  {
    apiVersion: Type.Literal(apiVersion),
    kind: Type.Literal('Policy'),
    metadata: documentMetadata,
    spec: Type.Object(
      {
        mode: mode('Mode of the rules that name none; absent: enforce.'),
        enforceFrom,
        modes: Type.Optional(
          Type.Array(placedMode, { minItems: 1, description: 'Modes by namespace or tenant, in place of `mode`.' }),
        ),
        undecided: Type.Optional(
          Type.Enum(['deny', 'admit'], {
            default: 'deny',
            description: 'What becomes of an object that an enforced rule could not judge.',
          }),
        ),
        scope: Type.Optional(scope),
        rules: Type.Array(ruleEntry, { minItems: 1, description: 'The rules that hold.' }),
        exemptions: Type.Optional(Type.Array(exemption, { description: 'Exemptions from rules of this policy.' })),
      },
      { ...closed, description: 'Which rules hold where, and how.' },
    ),
  },
  { ...closed, title: 'Policy', description: 'Which rules hold where, with params, mode and exemptions.' },
);

export type PolicyDocument = Static<typeof policyDocument>;
export type PlacedModeDocument = Static<typeof placedMode>;
export type ExemptionDocument = Static<typeof exemption>;
