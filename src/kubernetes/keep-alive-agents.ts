import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';

/** Connections to one API server at a time: more would only queue there. */
export const maxSockets = 8;

/** Agents like those that the client library makes, but for connections, which are kept. */
export class KeepAliveAgents {
  readonly #made = new WeakMap<HttpAgent, HttpAgent>();

  /** The agent in place of another. One that goes through a proxy knows how by itself, and stays. */
  of(agent: RequestOptions['agent']): RequestOptions['agent'] {
    if (typeof agent !== 'object') return agent;
    const known = this.#made.get(agent);
    if (known !== undefined) return known;
    const kept = keepAliveOf(agent);
    this.#made.set(agent, kept);
    return kept;
  }
}

function keepAliveOf(agent: HttpAgent): HttpAgent {
  if (agent instanceof HttpsAgent && agent.constructor === HttpsAgent)
    return new HttpsAgent({ ...agent.options, keepAlive: true, maxSockets });
  return agent.constructor === HttpAgent ? new HttpAgent({ keepAlive: true, maxSockets }) : agent;
}
