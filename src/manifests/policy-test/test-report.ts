import type { Static } from 'typebox';

import { Type } from '../../algebra/schema.ts';
import { testDecisions } from './policy-test-document.ts';

/** What `tenantgate test --output json` prints. Fields may be added; none is taken away or changed within a major. */

const closed = (description: string) => ({ additionalProperties: false, description }) as const;
const count = (description: string) => Type.Integer({ minimum: 0, description });
const text = (description: string) => Type.String({ description });
const textOrNull = (description: string) => Type.Union([Type.String(), Type.Null()], { description });

const place = {
  file: text('Path as it was found from the arguments, with slashes.'),
  line: Type.Integer({ minimum: 1, description: 'Line, counted from 1.' }),
  column: Type.Integer({ minimum: 1, description: 'Column in UTF-16 code units, counted from 1.' }),
};

const difference = Type.Object(
  {
    field: text('Where in the case the expectation stands, such as `expect.violations[0]`.'),
    expected: textOrNull('Null where nothing was expected.'),
    actual: textOrNull('Null where nothing came of it; several violations stand on a line each.'),
    ...place,
  },
  closed('Something that did not come out as expected.'),
);

const result = Type.Object(
  {
    suite: text('Name of the PolicyTest.'),
    case: text('Name of the case.'),
    operation: text('CREATE, UPDATE or DELETE, with the subresource: `UPDATE/status`.'),
    object: text('The object, such as `Pod acme-dev/web`.'),
    decision: Type.Enum([...testDecisions], { description: 'What came out.' }),
    passed: Type.Boolean({ description: 'Whether everything came out as expected.' }),
    differences: Type.Array(difference, { description: 'Empty where the case passed.' }),
    ...place,
  },
  closed('One case.'),
);

const fault = Type.Object(
  { message: text('Why it could not be read or run.'), ...place },
  closed('A place in a file that could not be read.'),
);

export const testReportSchema = Type.Object(
  {
    summary: Type.Object(
      {
        suites: count('Suites that were run.'),
        cases: count('Cases that were run.'),
        passed: count('Cases that passed.'),
        failed: count('Cases that failed.'),
        skipped: count('Cases that `--run` left out.'),
        faults: count('Places that could not be read or run.'),
      },
      closed('Counts.'),
    ),
    results: Type.Array(result, { description: 'Cases by suite, in the order of the files.' }),
    faults: Type.Array(fault, { description: 'What could not be read or run.' }),
  },
  { ...closed('What `tenantgate test --output json` prints.'), title: 'TestReport' },
);

export type TestReport = Static<typeof testReportSchema>;
export type TestResult = Static<typeof result>;
export type TestFault = Static<typeof fault>;
