import type { Test } from 'tap';

import type { KubectlOutcome } from './kubectl.ts';

/** Whether an admission webhook refused the request, with these parts in its message. */
export function isDenied(
  t: Pick<Test, 'equal' | 'match' | 'ok'>,
  outcome: KubectlOutcome,
  ...parts: readonly string[]
): void {
  t.equal(outcome.code, 1, outcome.stderr || outcome.stdout);
  t.match(outcome.stderr, /^Error from server \(Forbidden\):[^]*admission webhook "[a-z.]+" denied the request: /m);
  for (const part of parts) t.ok(outcome.stderr.includes(part), `${part} in: ${outcome.stderr}`);
}
