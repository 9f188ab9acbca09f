import type { AgentOptions, RequestOptions } from 'node:https';

/** How an API server is reached without a proxy, and as whom; all of it can be copied to another thread. */
export interface ApiServerAccess {
  /** URL. */
  readonly server: string;
  readonly tls: Pick<AgentOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'servername'>;
  /** User and password of basic authentication, with a colon between them. */
  readonly auth: string | undefined;
  readonly headers: RequestOptions['headers'];
}
