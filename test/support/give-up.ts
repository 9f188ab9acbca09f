/** Why tests cannot run. `missing`: this machine has no means for them; `failed`: it has, and something is broken. */
export interface Obstacle {
  readonly reason: 'missing' | 'failed';
  readonly message: string;
}

/** The exit code. Missing means are forgiven on a developer's machine, loudly; in CI nothing may be skipped. */
export function giveUp(say: (text: string) => void, { reason, message }: Obstacle): number {
  const forgiven = reason === 'missing' && process.env['CI'] !== 'true';
  const line = '!'.repeat(100);
  say([line, message, ...(forgiven ? ['These tests were NOT run.'] : []), line].join('\n'));
  return forgiven ? 0 : 1;
}
