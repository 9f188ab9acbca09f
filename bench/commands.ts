import { fileURLToPath } from 'node:url';

import type { Fixture } from './fixture.ts';
import { type PodOptions, prepareRequest } from './reviews.ts';
import type { ServerCommand } from './server-process.ts';

/** `tenantgateMany` has a hundred policies more, which hold for others. */
export type ServerName = 'tenantgate' | 'tenantgateMany' | 'fastify' | 'https';

/** How Tenantgate is run. */
export interface TenantgateProgram {
  /** The file that `node` runs as Tenantgate: compiled as it ships, or its source. */
  readonly program: string;
  /** Flags of Node for Tenantgate alone. */
  readonly nodeFlags: readonly string[];
}

/** A Pod of a usual size. */
export const small: PodOptions = { sizeBytes: 5_000 };

/** The servers that are compared, all with the same certificate. */
export function commandsOf(
  { program: tenantgateProgram, nodeFlags }: TenantgateProgram,
  { certificate, key, policies, manyPolicies, namespaces, compileCache }: Fixture,
): Readonly<Record<ServerName | 'withoutCache', ServerCommand>> {
  const baseline = (name: string, program: URL): ServerCommand => ({
    name,
    arguments: (port) => [fileURLToPath(program), String(port), certificate, key],
    first: [prepareRequest(0, '/validate', small, 'allowed')],
  });
  const tenantgateWith = (name: string, documents: string): ServerCommand => ({
    name,
    arguments: (port) => [
      ...[
        ...nodeFlags,
        tenantgateProgram,
        'serve',
        '--port',
        String(port),
        '--metrics-port',
        '0',
        '--drain-seconds',
        '0',
      ],
      ...['--tls-cert-file', certificate, '--tls-key-file', key, '--policies', documents, '--namespaces', namespaces],
    ],
    environment: { NODE_COMPILE_CACHE: compileCache },
    first: [
      prepareRequest(0, '/validate', { ...small, usesHostNetwork: true }, 'denied'),
      prepareRequest(1, '/validate', small, 'allowed'),
      prepareRequest(2, '/mutate', { ...small, isLabelled: false }, 'patched'),
    ],
  });
  const tenantgate = tenantgateWith('tenantgate', policies);
  const withoutCache = { ...tenantgate, environment: { NODE_DISABLE_COMPILE_CACHE: '1' } };
  return {
    tenantgate,
    tenantgateMany: tenantgateWith('tenantgate with many policies', manyPolicies),
    withoutCache,
    fastify: baseline('fastify', new URL('./baselines/fastify.ts', import.meta.url)),
    https: baseline('https', new URL('./baselines/https.ts', import.meta.url)),
  };
}
