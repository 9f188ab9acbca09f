const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Runs the work of a test runner and gives its exit code. A signal aborts the work, which tidies up, and decides the code
 * as a shell would.
 */
export async function runInterruptibly(
  say: (text: string) => void,
  work: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const interruption = new AbortController();
  let interruptedWith = 0;
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      interruptedWith = code;
      interruption.abort(new Error(`ended by ${signal}`));
    });
  }
  try {
    const code = await work(interruption.signal);
    return interruptedWith === 0 ? code : interruptedWith;
  } catch (error) {
    if (interruptedWith !== 0) return interruptedWith;
    say(error instanceof Error ? error.message : String(error));
    return 1;
  }
}
