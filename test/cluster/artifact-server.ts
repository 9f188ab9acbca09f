import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type KubernetesObject } from './cluster.ts';

/** An archive as source-controller would keep it. */
export interface Artifact {
  readonly url: string;
  readonly path: string;
  readonly digest: string;
}

/** Serves archives of manifests on loopback, in place of source-controller. */
export interface ArtifactServer {
  publish(objects: readonly KubernetesObject[]): Promise<Artifact>;
  close(): Promise<void>;
}

export async function startArtifactServer(): Promise<ArtifactServer> {
  const archives = new Map<string, Buffer>();
  const server = createServer(({ url }, response) => {
    const archive = archives.get(url ?? '');
    if (archive === undefined) response.writeHead(404).end();
    else response.end(archive);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    publish: async (objects) => {
      const archive = await archiveOf(objects);
      const digest = createHash('sha256').update(archive).digest('hex');
      const path = `${digest}.tar.gz`;
      archives.set(`/${path}`, archive);
      return { url: `http://127.0.0.1:${port}/${path}`, path, digest: `sha256:${digest}` };
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Flux makes a kustomization.yaml itself where the archive has none. */
async function archiveOf(objects: readonly KubernetesObject[]): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantgate-artifact-'));
  try {
    for (const [index, object] of objects.entries()) {
      await writeFile(join(folder, `${String(index).padStart(3, '0')}.yaml`), JSON.stringify(object));
    }
    const args = ['--create', '--gzip', '--file=-', `--directory=${folder}`, '.'];
    const { stdout } = await promisify(execFile)('tar', args, { encoding: 'buffer', timeout: 10_000 });
    return stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
