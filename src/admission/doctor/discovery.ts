import type { StoredObjectReader } from '../object-ports.ts';
import type { ApiRequest } from '../registration/configuration-request.ts';
import { ask, memberOf, objectsOf, textOf, unansweredRemark } from './cluster-question.ts';
import type { DoctorRemark } from './doctor-check.ts';

/** What one version of a group serves: whether each resource is namespaced, by name, subresources among them. */
export type ServedResources = ReadonlyMap<string, boolean>;

/** What an API server serves of one group. */
export interface ServedGroup {
  /** Versions that told what they serve. */
  readonly versions: readonly ServedResources[];
  /** Versions that could not tell. */
  readonly gaps: readonly DoctorRemark[];
}

/**
 * Asks what the groups serve, each version for itself. The group of a broken aggregated API is not asked unless a rule names
 * it, so it stops nothing. Undefined for a group that is not served at all.
 */
export async function discover(
  reader: StoredObjectReader,
  groups: readonly string[],
): Promise<ReadonlyMap<string, ServedGroup | undefined> | DoctorRemark> {
  const request = discoveryRequest('/apis');
  const reading = await ask(reader, request);
  if (reading.state !== 'read') return unansweredRemark('The list of API groups', reading, request);
  const served = new Map(
    objectsOf(reading.object, 'groups').map((group) => [
      textOf(group, 'name'),
      objectsOf(group, 'versions').map((version) => `/apis/${textOf(version, 'groupVersion')}`),
    ]),
  );
  // The core group stands beside the others and has had one version since Kubernetes 1.0.
  served.set('', ['/api/v1']);
  const found = groups.map(async (group) => {
    const paths = served.get(group);
    return [group, paths === undefined ? undefined : await readVersions(reader, paths)] as const;
  });
  return new Map(await Promise.all(found));
}

async function readVersions(reader: StoredObjectReader, paths: readonly string[]): Promise<ServedGroup> {
  const versions: ServedResources[] = [];
  const gaps: DoctorRemark[] = [];
  for (const path of paths) {
    const request = discoveryRequest(path);
    const reading = await ask(reader, request);
    if (reading.state === 'read') {
      const resources = objectsOf(reading.object, 'resources');
      versions.push(new Map(resources.map((one) => [textOf(one, 'name'), memberOf(one, 'namespaced') === true])));
    } else gaps.push(unansweredRemark(`What ${path} serves`, reading, request));
  }
  return { versions, gaps };
}

function discoveryRequest(path: string): ApiRequest {
  return { path, rule: { nonResourceURLs: [path], verbs: ['get'] } };
}
