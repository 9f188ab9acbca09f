import { newestMinor } from './controls.ts';
import { levels, type Level } from './control.ts';
import { minorOf } from './version.ts';

/** A level and version as somebody asked for it. */
export interface AskedStandard {
  readonly level: Level;
  /** As written, for messages. */
  readonly version: string;
  readonly minor: number;
}

/** Reads a level and version as they are written. A version that is none is the latest. */
export function askedStandard(level: Level, version: string): AskedStandard {
  const minor = minorOf(version);
  return minor === undefined ? { level, version: 'latest', minor: newestMinor } : { level, version, minor };
}

/** Labels of a Namespace by which the API server enforces a level, and a version of it. */
export const levelLabel = 'pod-security.kubernetes.io/enforce';
export const versionLabel = 'pod-security.kubernetes.io/enforce-version';

const levelNames: ReadonlySet<string> = new Set(levels);

/**
 * What a namespace's own labels ask for, read as the API server reads them: without a level nothing is enforced, and a
 * level that is none is restricted.
 */
export function enforcedStandard(labels: Readonly<Record<string, string>>): AskedStandard {
  const level = Object.hasOwn(labels, levelLabel) ? labels[levelLabel] : 'privileged';
  const version = Object.hasOwn(labels, versionLabel) ? labels[versionLabel] : undefined;
  return askedStandard(isLevel(level) ? level : 'restricted', version ?? 'latest');
}

/** Whether the text is the name of a level. */
export function isLevel(level: string | undefined): level is Level {
  return level !== undefined && levelNames.has(level);
}
