import { type Answerer, type FakeApiServer, statusOf, writeJson } from './fake-api-server.ts';

/** A way in which an API server is away. */
export interface Outage {
  readonly name: string;
  begin(server: FakeApiServer): Promise<void> | void;
  end(server: FakeApiServer): Promise<void> | void;
}

/** Takes what was sent so far away with it, so that nothing of before the outage goes on. */
function answering(name: string, answererOf: (server: FakeApiServer) => Answerer): Outage {
  return {
    name,
    begin: (server) => {
      server.answer = answererOf(server);
      server.cut();
    },
    end: (server) => {
      server.answer = undefined;
    },
  };
}

/** Every way that the tests know. */
export const outages: readonly Outage[] = [
  { name: 'connections are refused', begin: (server) => server.leave(), end: (server) => server.comeBack() },
  answering('requests hang for ever', () => () => undefined),
  answering('connections are reset', (server) => () => {
    server.cut();
  }),
  answering('the history is gone, and lists fail', () => (_request, response, url) => {
    const code = url.searchParams.get('watch') === 'true' ? 410 : 500;
    writeJson(response, code, statusOf(code));
  }),
  answering('answers are garbage', () => (_request, response) => {
    response.writeHead(200).end('<html>504 Gateway Time-out</html>');
  }),
];
