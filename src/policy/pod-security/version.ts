import { newestMinor } from './controls.ts';

/** How versions of the standard are written: `latest`, or the version of Kubernetes whose controls hold. */
export const versionPattern = '^(latest|v1\\.(0|[1-9][0-9]{0,8}))$';

const known: ReadonlyMap<string, number> = new Map([
  ['latest', newestMinor],
  ...Array.from({ length: newestMinor + 1 }, (_, minor) => [`v1.${minor}`, minor] as const),
]);

const pattern = new RegExp(versionPattern);

/** The minor version that the text names; undefined where it names none. What is newer than all known is the newest. */
export function minorOf(version: string): number | undefined {
  return known.get(version) ?? (pattern.test(version) ? newestMinor : undefined);
}

/** Whether the text is a version as the API server takes it. */
export function isVersion(version: string): boolean {
  return pattern.test(version);
}

/** Sorts versions; `latest`, and what the API server reads as that, comes after every number. */
export function orderOfVersion(version: string): number {
  return version !== 'latest' && isVersion(version) ? Number(version.slice('v1.'.length)) : Infinity;
}
