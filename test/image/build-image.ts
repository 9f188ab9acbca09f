import { join } from 'node:path';

import { type BaseArchives } from './base-images.ts';
import { images, type Buildah } from './buildah.ts';
import { type NpmSecrets } from './npm-secrets.ts';

/** What the build was told, and the image must tell. */
export const buildArguments = {
  VERSION: '1.2.3-test',
  REVISION: '0123456789abcdef0123456789abcdef01234567',
  SOURCE: 'https://git.example/tenantgate',
} as const;

/** Brings the stand-ins for the Dockerfile's images into the store. */
export async function importBases(buildah: Buildah, archives: BaseArchives): Promise<void> {
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  await importBase(buildah, archives.build, images.build, ['--env', path]);
  // All of this is what our image has to replace, or to live with.
  const entry = ['--entrypoint', '["/nodejs/bin/node"]', '--user', '65532', '--workingdir', '/home/nonroot'];
  const certificates = ['--env', 'SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt'];
  await importBase(buildah, archives.runtime, images.runtime, ['--env', path, ...certificates, ...entry]);
}

async function importBase(
  buildah: Buildah,
  archive: string,
  image: string,
  settings: readonly string[],
): Promise<void> {
  const container = (await buildah(['from', 'scratch'])).trim();
  await buildah(['add', '--quiet', container, archive, '/']);
  await buildah(['config', ...settings, container]);
  await buildah(['commit', '--quiet', '--rm', container, image]);
}

/** Builds the Dockerfile of a checkout; gives the id of the image, which is a digest of all that is in it. */
export async function buildImage(
  buildah: Buildah,
  { context, tag, secrets }: { readonly context: string; readonly tag: string; readonly secrets: NpmSecrets },
): Promise<string> {
  const args = { ...buildArguments, BUILD_IMAGE: images.build, RUNTIME_IMAGE: images.runtime };
  await buildah([
    ...['build', '--pull-never', '--no-cache', '--timestamp', '0', '--tag', tag],
    ...Object.entries(args).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ...['--secret', `id=npmrc,src=${secrets.npmrc}`],
    ...(secrets.ca === undefined ? [] : ['--secret', `id=npm-ca,src=${secrets.ca}`]),
    ...['--file', join(context, 'Dockerfile'), context],
  ]);
  return (await inspect(buildah, tag)).FromImageID;
}

/** Makes a container of an image and gives the path of its root file system. */
export async function mountImage(buildah: Buildah, image: string): Promise<string> {
  const container = (await buildah(['from', '--pull-never', image])).trim();
  return (await buildah(['mount', container])).trim();
}

/** The image's own description, as the OCI image specification has it. */
export interface ImageDescription {
  readonly config: {
    readonly User: string;
    readonly Env: readonly string[];
    readonly Entrypoint: readonly string[];
    readonly Cmd: readonly string[];
    readonly WorkingDir: string;
    readonly ExposedPorts: Readonly<Record<string, object>>;
    readonly Labels: Readonly<Record<string, string>>;
  };
  readonly history: readonly { readonly created_by?: string }[];
}

export async function describeImage(buildah: Buildah, image: string): Promise<ImageDescription> {
  return (await inspect(buildah, image)).OCIv1;
}

async function inspect(
  buildah: Buildah,
  image: string,
): Promise<{ readonly FromImageID: string; readonly OCIv1: ImageDescription }> {
  return JSON.parse(await buildah(['inspect', '--type', 'image', image])) as Awaited<ReturnType<typeof inspect>>;
}
