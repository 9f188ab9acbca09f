import type { ServerResponse } from 'node:http';

import type { Manifest } from '../support/minimal-objects.ts';
import { statusOf, writeJson, type Answerer } from './fake-api-server.ts';

/** What an API serves, by group and version, such as `apps/v1`; each resource with what is stored. */
export type ServedObjects = Readonly<Record<string, Readonly<Record<string, readonly Manifest[]>>>>;

/** Answers in place of the API: true where it has. */
export type Interception = (response: ServerResponse, url: URL) => boolean;

/** An API that is discovered and listed page by page. Its tokens are numbers of objects. */
export function pagedApi(served: ServedObjects, intercept: Interception = () => false): Answerer {
  return (_request, response, url) => {
    if (intercept(response, url)) return;
    const { pathname } = url;
    if (pathname === '/apis') {
      writeJson(response, 200, groupsOf(Object.keys(served).filter((version) => version.includes('/'))));
      return;
    }
    const version = Object.keys(served).find(
      (one) => pathname === rootOf(one) || pathname.startsWith(`${rootOf(one)}/`),
    );
    if (version === undefined) writeJson(response, 404, statusOf(404));
    else if (pathname === rootOf(version)) writeJson(response, 200, resourcesOf(Object.keys(served[version]!)));
    else answerList(response, url, pathname.slice(rootOf(version).length), served[version]!);
  };
}

/** The Status of a list that is out of date, with a token to go on by where there is one. */
export function expired(token?: string): object {
  return { ...statusOf(410), reason: 'Expired', metadata: token === undefined ? {} : { continue: token } };
}

function answerList(response: ServerResponse, url: URL, path: string, stored: ServedObjects[string]): void {
  const [, namespace, resource] = /^(?:\/namespaces\/([^/]+))?\/([^/]+)$/.exec(path) ?? [];
  const all = stored[resource ?? ''];
  if (all === undefined) {
    writeJson(response, 404, statusOf(404));
    return;
  }
  const name = /^metadata\.name=(.*)$/.exec(url.searchParams.get('fieldSelector') ?? '')?.[1];
  const found = all.filter((object) => {
    const metadata = object['metadata'] as Manifest;
    return (
      (namespace ?? metadata['namespace']) === metadata['namespace'] && (name ?? metadata['name']) === metadata['name']
    );
  });
  const from = Number(url.searchParams.get('continue') ?? '0');
  const end = from + Number(url.searchParams.get('limit') ?? found.length);
  // Items of a list carry neither.
  const items = found.slice(from, end).map((object) => ({ ...object, apiVersion: undefined, kind: undefined }));
  writeJson(response, 200, { kind: 'List', metadata: end < found.length ? { continue: String(end) } : {}, items });
}

function groupsOf(versions: readonly string[]): object {
  const byGroup = Map.groupBy(versions, (version) => version.split('/')[0]!);
  const groups = [...byGroup].map(([name, ofGroup]) => ({
    name,
    versions: ofGroup.map((groupVersion) => ({ groupVersion })),
    preferredVersion: { groupVersion: ofGroup[0] },
  }));
  return { kind: 'APIGroupList', groups };
}

function resourcesOf(names: readonly string[]): object {
  const resources = names.flatMap((name) => [
    { name, namespaced: true, verbs: ['get', 'list'] },
    { name: `${name}/status`, namespaced: true, verbs: ['get'] },
  ]);
  return { kind: 'APIResourceList', resources };
}

function rootOf(version: string): string {
  return version.includes('/') ? `/apis/${version}` : `/api/${version}`;
}
