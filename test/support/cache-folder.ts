import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where tests keep what takes long to get, outside the tree: a folder of the user's cache. */
export function cacheFolder(name: string, env: NodeJS.ProcessEnv = process.env): string {
  const base = env['XDG_CACHE_HOME'] ?? '';
  return join(base === '' ? join(homedir(), '.cache') : base, 'tenantgate', name);
}
