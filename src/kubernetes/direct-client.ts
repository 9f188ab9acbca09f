import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isDeepStrictEqual } from 'node:util';

import type { ApiServerAccess } from './api-server-access.ts';
import { maxSockets } from './keep-alive-agents.ts';
import type { RawAnswer, RawBounds, RawClient } from './raw-client.ts';
import { readRawAnswer } from './response-body.ts';
import { sendRequest } from './send-request.ts';

/** Asks an API server over connections of its own, which are kept. */
export class DirectClient implements RawClient {
  readonly #access: () => ApiServerAccess;
  /** The last is for how the API server is reached now; what was asked through others may go on. */
  readonly #agents: { readonly for: Pick<ApiServerAccess, 'server' | 'tls'>; readonly agent: HttpAgent }[] = [];

  /** `access` is asked before each request: tokens are renewed. */
  constructor(access: () => ApiServerAccess) {
    this.#access = access;
  }

  async getRaw(path: string, { signal, largestBytes }: RawBounds): Promise<RawAnswer> {
    const { server, tls, auth, headers } = this.#access();
    const url = new URL(`${server}${path}`);
    const options = { agent: this.#agentFor({ server, tls }), auth, headers, signal };
    return readRawAnswer(path, await sendRequest(url, options), largestBytes);
  }

  /** Ends the connections. */
  close(): void {
    for (const { agent } of this.#agents) agent.destroy();
  }

  #agentFor(wanted: Pick<ApiServerAccess, 'server' | 'tls'>): HttpAgent {
    const last = this.#agents.at(-1);
    if (last !== undefined && isDeepStrictEqual(last.for, wanted)) return last.agent;
    const agent = wanted.server.startsWith('http:')
      ? new HttpAgent({ keepAlive: true, maxSockets })
      : new HttpsAgent({ ...wanted.tls, keepAlive: true, maxSockets });
    this.#agents.push({ for: wanted, agent });
    return agent;
  }
}
