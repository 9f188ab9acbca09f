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

const levelLabel = 'pod-security.kubernetes.io/enforce';
const versionLabel = 'pod-security.kubernetes.io/enforce-version';

const levelNames: ReadonlySet<string> = new Set(levels);

/**
 * What a namespace's own labels ask for, read as the API server reads them: without a level nothing is enforced, a level
 * that is none is restricted, and a version that is none is the latest.
 */
export function enforcedStandard(labels: Readonly<Record<string, string>>): AskedStandard {
  const level = Object.hasOwn(labels, levelLabel) ? labels[levelLabel] : 'privileged';
  const version = (Object.hasOwn(labels, versionLabel) ? labels[versionLabel] : undefined) ?? 'latest';
  const minor = minorOf(version);
  return {
    level: isLevel(level) ? level : 'restricted',
    version: minor === undefined ? 'latest' : version,
    minor: minor ?? newestMinor,
  };
}

function isLevel(level: string | undefined): level is Level {
  return level !== undefined && levelNames.has(level);
}
