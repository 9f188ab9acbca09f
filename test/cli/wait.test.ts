import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import t from 'tap';

import { waitCommand } from '../../src/cli/commands/wait.ts';
import { runCommand } from './recording-terminal.ts';

/** A server that is ready from its nth answer on. */
async function serverReadyAt(answers: number): Promise<{ readonly url: string; readonly server: Server }> {
  let count = 0;
  const server = createServer((_request, response) => {
    count += 1;
    const isReady = count >= answers;
    response.writeHead(isReady ? 200 : 503).end(isReady ? '{"ready":true}' : '{"reason":"namespaces: not listed yet"}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/readyz`, server };
}

t.test('waits until the server is ready, and tells once why it is not', async (t) => {
  const { url, server } = await serverReadyAt(3);
  t.teardown(() => server.close());
  const { exitCode, output, errors } = await runCommand(waitCommand, ['--url', url]);
  t.equal(exitCode, undefined);
  t.equal(output, `${url} is ready\n`);
  t.equal(errors, 'not ready: 503 {"reason":"namespaces: not listed yet"}\n');
});

t.test('a server that never comes is exit code 1, with the last reason', async (t) => {
  const { url, server } = await serverReadyAt(Number.MAX_SAFE_INTEGER);
  t.teardown(() => server.close());
  const { exitCode, errors } = await runCommand(waitCommand, ['--url', url, '--timeout-seconds', '1']);
  t.equal(exitCode, 1);
  t.match(errors, `No server was ready at ${url} within 1 s. Its last answer: 503`);
  server.close();
  server.closeAllConnections();
  const gone = await runCommand(waitCommand, ['--url', url, '--timeout-seconds', '1']);
  t.equal(gone.exitCode, 1);
  t.match(gone.errors, 'ECONNREFUSED');
});

t.test('wrong options are exit code 2, all at once', async (t) => {
  const { exitCode, errors } = await runCommand(waitCommand, ['--url', 'nowhere', '--timeout-seconds', 'soon']);
  t.equal(exitCode, 2);
  t.match(errors, '--url: "nowhere" is no URL');
  t.match(errors, '--timeout-seconds: must be a whole number up to 86400, not "soon"');
});
