/**
 * A `tenantgate serve` whose certificate is handed over within seconds: node test/cluster/self-managed-server.ts FLAGS TIMING
 * Both are JSON. The times that ship cannot be configured, and no test could wait for them.
 */
import { once } from 'node:events';

import { startServer } from '../../src/cli/start-server.ts';
import type { FlagValues } from '../../src/config/option-reader.ts';
import type { CertificateTiming } from '../../src/server/self-managed-certificate.ts';

const [flags = '{}', timing = '{}'] = process.argv.slice(2);
const ending = new AbortController();
process.once('SIGTERM', () => {
  ending.abort();
});
const surroundings = {
  environment: {},
  now: () => new Date(),
  certificateTiming: JSON.parse(timing) as Partial<CertificateTiming>,
};

async function serve(): Promise<void> {
  const started = await startServer(JSON.parse(flags) as FlagValues, surroundings, ending.signal);
  if (!started.ok) {
    process.stderr.write(started.message);
    process.exitCode = 2;
    return;
  }
  if (!ending.signal.aborted) await once(ending.signal, 'abort');
  await started.server.stop();
}

await serve().catch((error: unknown) => {
  if (!ending.signal.aborted) throw error;
});
