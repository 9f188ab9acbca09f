import type { FluxObjectByKind } from './flux-kinds.ts';
import { fieldsAt, textAt } from './object-fields.ts';
import { isLocalPath, readHostAndPath, readImage, readSourceUrl, type ReadUrl } from './source-url.ts';

/** How a field says where a controller connects. */
type Form = 'url' | 'image' | 'host' | 'component';

/** Fields by which an object says where a controller connects. */
export const locationFields = {
  Kustomization: [['spec.components[]', 'component']],
  GitRepository: [['spec.url', 'url']],
  OCIRepository: [['spec.url', 'url']],
  Bucket: [
    ['spec.endpoint', 'host'],
    ['spec.sts.endpoint', 'url'],
  ],
  HelmRepository: [['spec.url', 'url']],
  ImageRepository: [['spec.image', 'image']],
  Provider: [
    ['spec.address', 'host'],
    ['spec.proxy', 'url'],
  ],
  Receiver: [['spec.oidcProviders[].issuerURL', 'url']],
  ResourceSetInputProvider: [['spec.url', 'url']],
} as const satisfies Partial<Record<keyof FluxObjectByKind, readonly (readonly [path: string, form: Form])[]>>;

export type LocatedKind = keyof typeof locationFields;

/** Where a controller would connect for the object, and the field that says so. */
export interface SourceLocation {
  readonly field: string;
  readonly text: string;
  readonly url: ReadUrl;
}

/** Everywhere that a controller would connect for the object. */
export function* locationsOf(kind: LocatedKind, object: object): Generator<SourceLocation, void, undefined> {
  // The address of Google's Pub/Sub is a project, to which nothing connects.
  if (kind === 'Provider' && textAt(object, 'spec.type') === 'googlepubsub') return;
  for (const [path, form] of locationFields[kind]) {
    for (const { field, value } of fieldsAt(object, path)) {
      if (typeof value !== 'string' || value === '' || (form === 'component' && isLocalPath(value))) continue;
      yield { field, text: value, url: readLocation(form, value) };
    }
  }
}

const remoteComponent: ReadUrl = {
  ok: false,
  problem: 'may name a remote base, which would be fetched past every source',
  fix: 'Name a path inside the source, beginning with ./',
};

/** What names no scheme is fetched over TLS. */
function readLocation(form: Form, text: string): ReadUrl {
  if (form === 'component') return remoteComponent;
  if (form === 'image') return readImage('https', text);
  return form === 'url' || text.includes('://') ? readSourceUrl(text) : readHostAndPath('https', text);
}
