import type { Static, TProperties } from 'typebox';

import { Type } from '../algebra/schema.ts';
import { modes } from '../policy/policy-document.ts';
import { severities } from '../policy/rule.ts';

/** What `tenantgate check --output json` prints. Fields may be added; none is taken away or changed within a major. */

const closed = (description: string) => ({ additionalProperties: false, description }) as const;
const count = (description: string) => Type.Integer({ minimum: 0, description });
const text = (description: string) => Type.String({ description });

const object = Type.Object(
  {
    apiVersion: text('Such as `networking.k8s.io/v1`.'),
    kind: text('Such as `NetworkPolicy`.'),
    namespace: Type.Union([Type.String(), Type.Null()], { description: 'Null for a cluster-scoped object.' }),
    name: text('The name, or the generateName prefix.'),
  },
  closed('The object that was judged.'),
);

const place = {
  file: text('Path as it was found from the arguments, with slashes; `<stdin>` for standard input.'),
  line: Type.Integer({ minimum: 1, description: 'Line, counted from 1.' }),
  column: Type.Integer({ minimum: 1, description: 'Column in UTF-16 code units, counted from 1.' }),
};

const rule = text('Rule id, such as `network/confined-peers`.');
const policy = text('Name of the Policy document that holds the rule.');
const field = text('Path such as `spec.ingress[0].from[1]`; empty where it concerns the object as a whole.');
const mode = Type.Enum([...modes], { description: 'Mode of the rule: what the webhook would do.' });

function entry<P extends TProperties>(properties: P, description: string) {
  return Type.Object({ ...properties, ...place }, closed(description));
}

const leniency = Type.Union(
  [
    Type.Object({ kind: Type.Literal('preexisting') }, closed('The object had it before an update.')),
    Type.Object(
      {
        kind: Type.Literal('exempt'),
        owner: text('Who answers for the exemption.'),
        reason: text('Why it was granted.'),
        expires: text('Last day on which it holds.'),
      },
      closed('The operator granted an exemption.'),
    ),
  ],
  { description: 'Why it is let pass; absent where it is not.' },
);

const result = entry(
  {
    rule,
    severity: Type.Enum([...severities], { description: 'How bad it is.' }),
    mode,
    policy,
    object,
    field,
    message: text('What is wrong, in one line.'),
    fix: text('How to mend it: a line, or YAML to paste.'),
    leniency: Type.Optional(leniency),
  },
  'A violation.',
);

const undecided = entry(
  {
    rule,
    mode,
    policy,
    undecided: Type.Enum(['deny', 'admit'], { description: 'What the policy wants to become of it.' }),
    object,
    field,
    message: text('Why it could not be judged.'),
  },
  'A rule that could not judge an object.',
);

const fault = entry({ message: text('Why it could not be read.') }, 'A place in a file that could not be read.');

const expiredExemption = entry(
  {
    rule,
    policy,
    owner: text('Who answered for the exemption.'),
    expires: text('Last day on which it held.'),
    object,
  },
  'An exemption past its day that would have let a violation pass.',
);

export const checkReportSchema = Type.Object(
  {
    summary: Type.Object(
      {
        objects: count('Objects found.'),
        judged: count('Objects of kinds that a rule in force judges.'),
        violations: Type.Object(
          { enforce: count('In mode enforce.'), warn: count('In mode warn.'), audit: count('In mode audit.') },
          closed('Violations by mode, without those that are let pass.'),
        ),
        exempt: count('Violations that are let pass.'),
        undecided: count('Rules that could not judge an object.'),
        faults: count('Places that could not be read.'),
        expiredExemptions: count('Exemptions past their day that would have let a violation pass.'),
      },
      closed('Counts.'),
    ),
    results: Type.Array(result, { description: 'Violations by file, line, column and rule.' }),
    undecided: Type.Array(undecided, { description: 'What could not be judged.' }),
    faults: Type.Array(fault, { description: 'What could not be read.' }),
    expiredExemptions: Type.Array(expiredExemption, { description: 'Exemptions to renew or to remove.' }),
  },
  { ...closed('What `tenantgate check --output json` prints.'), title: 'CheckReport' },
);

export type CheckReport = Static<typeof checkReportSchema>;
export type CheckResult = Static<typeof result>;
export type CheckUndecided = Static<typeof undecided>;
export type CheckFault = Static<typeof fault>;
export type CheckExpiredExemption = Static<typeof expiredExemption>;
