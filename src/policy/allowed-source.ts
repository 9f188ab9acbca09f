import type { Static } from 'typebox';

import { Type } from '../algebra/schema.ts';
import type { SourceUrl } from './objects/source-url.ts';

const hostPattern = '^(\\*\\.)?[a-z0-9_:]([a-z0-9._:-]*[a-z0-9_:])?$';

/** A place that sources may come from, as params name it. */
export const allowedSource = Type.Object(
  {
    host: Type.String({ pattern: hostPattern }),
    schemes: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
    path: Type.Optional(Type.String({ pattern: '^/' })),
  },
  { additionalProperties: false },
);

export type AllowedSource = Static<typeof allowedSource>;

const defaultPorts: Readonly<Record<string, number>> = { https: 443, http: 80, oci: 443, ssh: 22 };

/** Whether the URL is at the place: scheme, whole host, port, and path segment by segment. No text is a prefix of another. */
export function isAt(url: SourceUrl, place: AllowedSource, schemes: readonly string[]): boolean {
  return (
    isHost(url.host, place.host) &&
    (place.schemes ?? schemes).includes(url.scheme) &&
    (url.port ?? portOf(url.scheme)) === (place.port ?? portOf(url.scheme)) &&
    isBelow(url.path, place.path ?? '/')
  );
}

/** The place in words, such as `github.com/acme`. */
export function placeText({ host, port, path }: AllowedSource): string {
  return `${host}${port === undefined ? '' : `:${port}`}${path ?? ''}`;
}

/** `*.example.com` means every name below the domain, and not the domain itself. */
function isHost(host: string, wanted: string): boolean {
  return wanted.startsWith('*.') ? host.endsWith(wanted.slice(1)) : host === wanted;
}

function portOf(scheme: string): number | undefined {
  return Object.hasOwn(defaultPorts, scheme) ? defaultPorts[scheme] : undefined;
}

function isBelow(path: readonly string[], wanted: string): boolean {
  const segments = wanted.split('/').filter((segment) => segment !== '');
  return segments.every((segment, index) => path[index] === segment);
}
