import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** `npm run demo`: `tenantgate demo`, or with `--cluster` the same on a real API server with a real kubectl. */
const args = process.argv.slice(2);

if (args.includes('--cluster')) {
  // The control plane of the tests is loaded only when it is asked for.
  const { runClusterDemo } = await import('../test/cluster/demo.ts');
  process.exitCode = await runClusterDemo();
} else {
  const main = join(import.meta.dirname, '../src/cli/main.ts');
  const child = spawn(process.execPath, [main, 'demo', ...args], { stdio: 'inherit' });
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}
