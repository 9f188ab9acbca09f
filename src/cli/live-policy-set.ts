import { realpathSync, statSync } from 'node:fs';

import type { LocatedFault, SourceDocument } from '../config/compile-documents.ts';
import { findManifestFiles } from '../manifests/find-manifest-files.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import { displayFault } from './display-fault.ts';
import { loadPolicySet, policyPaths, type PolicySources } from './load-policy-set.ts';

/** Short enough that a change is in force within two seconds; a ConfigMap takes a minute to arrive anyway. */
const defaultPollMs = 1_000;

/** Told of each reload that was tried. */
export type ReloadReport = (
  outcome: { readonly ok: true; readonly set: PolicySet } | { readonly ok: false; readonly problem: string },
) => void;

/** A policy set that follows its files. A bad change never replaces a good set. */
export interface LivePolicySet {
  current(): PolicySet;
  /** The documents that the current set was compiled from. */
  documents(): readonly SourceDocument[];
  /** Why the files are not what is in force, or undefined when they are. */
  problem(): string | undefined;
  stop(): void;
}

export type LivePolicySetOpening =
  | { readonly ok: true; readonly value: LivePolicySet }
  | { readonly ok: false; readonly faults: readonly LocatedFault[] };

/** Loads the set and looks for changes of its files from then on. `verify` tells why a new set must not be taken. */
export function openLivePolicySet(
  sources: PolicySources,
  verify: (set: PolicySet) => string | undefined,
  report: ReloadReport,
  pollMs = defaultPollMs,
): LivePolicySetOpening {
  let mark = markOf(sources);
  const first = loadPolicySet(sources);
  if (!first.ok) return first;
  let current = first;
  let problem: string | undefined;

  function poll(): void {
    const newMark = markOf(sources);
    if (newMark === mark) return;
    mark = newMark;
    const loaded = loadPolicySet(sources);
    problem = loaded.ok ? verify(loaded.value) : loaded.faults.map(displayFault).join('; ');
    if (loaded.ok && problem === undefined) {
      current = loaded;
      report({ ok: true, set: loaded.value });
    } else report({ ok: false, problem: problem ?? 'unknown' });
  }

  const timer = setInterval(poll, pollMs);
  timer.unref();
  return {
    ok: true,
    value: {
      current: () => current.value,
      documents: () => current.documents,
      problem: () => problem,
      stop: () => {
        clearInterval(timer);
      },
    },
  };
}

/** What the files look like from outside. Links are followed: the kubelet swaps `..data` when a ConfigMap changes. */
function markOf(sources: PolicySources): string {
  const files = policyPaths(sources).flatMap((path) => findManifestFiles(path).files);
  return files.map(fileMark).join('\n');
}

function fileMark(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file);
    return `${realpathSync(file)} ${mtimeMs} ${size} ${ino}`;
  } catch {
    // Between two versions of the file: the next look finds it.
    return `${file} is away`;
  }
}
