import type { Decision } from '../../src/policy/decision.ts';
import type { PolicySet } from '../../src/policy/policy-set.ts';
import { judge, setOf } from './judge.ts';
import { tweak, type Manifest } from './minimal-objects.ts';

const sets = new Map<string, PolicySet>();

/** The rule at a level and version, and nothing of the namespace's own. */
export function setAt(level: string, version: string): PolicySet {
  const key = `${level}:${version}`;
  const set = sets.get(key) ?? setOf('pods/pod-security', { level, version, namespaceLabels: false });
  sets.set(key, set);
  return set;
}

/** Judges an object in namespace acme-dev by a set of {@link setAt}. */
export function judgeAt(set: PolicySet, manifest: Manifest): Decision {
  return judge('pods/pod-security', tweak(manifest, 'metadata.namespace', 'acme-dev'), { set });
}

/** Names of the controls that the violations speak of, each once, sorted. */
export function controlsOf({ violations }: Decision): readonly string[] {
  return [...new Set(violations.map(({ message }) => controlOf(message)))].sort();
}

function controlOf(message: string): string {
  const control = /^violates PodSecurity "[a-z]+:[a-z0-9.]+"(?:, which the namespace’s label enforces)?: (\w+): /.exec(
    message,
  );
  if (control === null) throw new Error(`no control in: ${message}`);
  return control[1]!;
}
