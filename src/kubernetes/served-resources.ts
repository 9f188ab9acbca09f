import { ListProblem } from '../audit/ports.ts';
import { kinds, type Kind } from '../policy/objects/kinds.ts';
import { property } from './namespace-fact.ts';

/** Reads a path of the API server; undefined where there is none. Rejects with {@link ListProblem}. */
export type PathReader = (path: string, signal: AbortSignal) => Promise<unknown>;

/** What an API server serves, group by group. A group that cannot tell, as one of a broken aggregated API, fails alone. */
export class ServedResources {
  readonly #read: PathReader;
  #groups: Promise<ReadonlyMap<string, readonly string[]>> | undefined;
  readonly #resources = new Map<string, Promise<ReadonlySet<string>>>();

  constructor(read: PathReader) {
    this.#read = read;
  }

  /**
   * The group and version by which a kind is listed, such as `apps/v1`: the one that the API server prefers among those
   * that serve it. Undefined where none does. Rejects with {@link ListProblem} where that cannot be told.
   */
  async versionOf(kind: Kind, signal: AbortSignal): Promise<string | undefined> {
    const { group, resource } = kinds[kind];
    let problem: ListProblem | undefined;
    for (const version of await this.#versionsOf(group, signal)) {
      const served = await this.#resourcesOf(version, signal).catch(asListProblem);
      if (served instanceof ListProblem) problem = served;
      else if (served.has(resource)) return version;
    }
    if (problem !== undefined) throw problem;
    return undefined;
  }

  async #versionsOf(group: string, signal: AbortSignal): Promise<readonly string[]> {
    // The core group stands beside the others and has had one version since Kubernetes 1.0.
    if (group === '') return ['v1'];
    this.#groups ??= this.#readGroups(signal);
    return (await this.#groups).get(group) ?? [];
  }

  async #readGroups(signal: AbortSignal): Promise<ReadonlyMap<string, readonly string[]>> {
    const groups = listOf(await this.#read('/apis', signal), 'groups');
    if (groups === undefined)
      throw new ListProblem('failed', 'the API server’s answer to GET /apis is no list of groups');
    return new Map(groups.map((group) => [textOf(group, 'name'), versionsIn(group)]));
  }

  #resourcesOf(version: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const known = this.#resources.get(version);
    if (known !== undefined) return known;
    const reading = this.#readResources(version, signal);
    this.#resources.set(version, reading);
    return reading;
  }

  /** Resources that can be listed. */
  async #readResources(version: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
    const path = rootOf(version);
    const answer = await this.#read(path, signal);
    if (answer === undefined) return new Set();
    const resources = listOf(answer, 'resources');
    if (resources === undefined)
      throw new ListProblem('failed', `the API server’s answer to GET ${path} is no list of resources`);
    const listable = resources.filter((one) => listOf(one, 'verbs')?.includes('list') === true);
    return new Set(listable.map((one) => textOf(one, 'name')));
  }
}

function asListProblem(error: unknown): ListProblem {
  if (error instanceof ListProblem) return error;
  throw error;
}

/** Where a group and version is served. */
export function rootOf(version: string): string {
  return version.includes('/') ? `/apis/${version}` : `/api/${version}`;
}

/** Versions of a group, the preferred one first. */
function versionsIn(group: unknown): readonly string[] {
  const versions = (listOf(group, 'versions') ?? []).map((version) => textOf(version, 'groupVersion'));
  const preferred = textOf(property(group, 'preferredVersion'), 'groupVersion');
  return [...new Set([preferred, ...versions])].filter((version) => version !== '');
}

function listOf(value: unknown, key: string): readonly unknown[] | undefined {
  const list = property(value, key);
  return Array.isArray(list) ? (list as readonly unknown[]) : undefined;
}

function textOf(value: unknown, key: string): string {
  const text = property(value, key);
  return typeof text === 'string' ? text : '';
}
