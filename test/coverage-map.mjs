import { globSync } from 'node:fs';

/**
 * Pure folders are covered to 100 % by their own tests. Elsewhere real sockets, processes and programs are the subject;
 * much of that runs in child processes, which a coverage gate would not see.
 */
const pure = /^test\/(algebra|tenancy|policy|audit\/posture)\//;
const pureSources = globSync('src/{algebra,tenancy,policy,audit/posture}/**/*.ts');

export default (testFile) => (pure.test(testFile) ? pureSources : null);
