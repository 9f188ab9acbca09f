import { quote } from '../../../algebra/fault.ts';
import { Type } from '../../../algebra/schema.ts';
import { tenantLabelOf } from '../../../tenancy/owner.ts';
import { quotedList } from '../../display.ts';
import { isStored } from '../../objects/namespace.ts';
import { levels, type Level } from '../../pod-security/control.ts';
import { isLevel, levelLabel, versionLabel } from '../../pod-security/enforced-standard.ts';
import { isVersion, orderOfVersion, versionPattern } from '../../pod-security/version.ts';
import { defineCheckRule, type Violation } from '../../rule.ts';
import { actsForPlatform, labelsOf } from '../../subject.ts';

type Labels = Readonly<Record<string, string>>;

interface Params {
  readonly level: Level;
  readonly minimumVersion: string;
}

export const podSecurityLevel = defineCheckRule({
  id: 'namespaces/pod-security-level',
  title: 'Tenant namespaces keep their Pod Security level',
  severity: 'high',
  rationale:
    'The API server enforces the Pod Security Standards as the labels of the namespace say, and lets everybody who may update the Namespace change them, on `namespaces/status` and `namespaces/finalize` without a look at their values. What it cannot read it takes for something else: an enforced level for `restricted`, a level of `warn` or `audit` for `privileged`, a version for the latest. A tenant may raise the level of its namespace. It may not lower it, nor enforce an older version, nor take away a label of either. The platform may do all of it.',
  remediation: 'Leave the labels as the platform set them, or raise the level. Ask the platform for a lower one.',
  kinds: ['Namespace'],
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object(
    {
      level: Type.Enum([...levels], {
        default: 'baseline',
        description: 'The lowest level that `pod-security.kubernetes.io/enforce` may name.',
      }),
      minimumVersion: Type.String({
        pattern: versionPattern,
        default: 'v1.0',
        description:
          'The oldest version that `pod-security.kubernetes.io/enforce-version` may name; `v1.0` allows every one. Without the label it is the latest.',
      }),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://kubernetes.io/docs/concepts/security/pod-security-admission/#pod-security-admission-labels-for-namespaces',
    'https://github.com/kubernetes/enhancements/tree/master/keps/sig-auth/2579-psp-replacement',
    'https://github.com/advisories/GHSA-2ww6-hf35-mfjm',
  ],
  since: '0.1.0',
  judges: 'state',
  *check({ object, old, principal }, { params, owner, tenancy }) {
    const now = labelsOf(object);
    // That a namespace ceases to be a tenant's is told by the rule on the tenant label.
    const isTenants = owner?.kind === 'tenant' && tenantLabelOf(tenancy, now) !== undefined;
    if (actsForPlatform(principal) || !isTenants) return;
    // A manifest has not been through the API server: a default may still add what it lacks.
    const mayComeYet = principal.kind === 'unknown' && !isStored(object);
    yield* judgeState(now, params, mayComeYet);
    // The state before an UPDATE is judged without an old object, so what is found here is never excused as old.
    if (principal.kind === 'tenant' && old !== undefined) yield* judgeChange(labelsOf(old), now, params);
  },
});

function* judgeState(now: Labels, params: Params, mayComeYet: boolean): Iterable<Violation> {
  const level = mayComeYet && valueOf(now, levelLabel) === undefined ? undefined : wrongLevel(now, params);
  if (level !== undefined) yield level;
  const version = wrongVersion(now, params);
  if (version !== undefined) yield version;
  yield* otherWrongValues(now);
}

/** What is wrong as it is needs no second word. */
function* judgeChange(before: Labels, now: Labels, params: Params): Iterable<Violation> {
  const level = wrongLevel(now, params) === undefined ? lowered(before, now) : undefined;
  if (level !== undefined) yield level;
  const version = wrongVersion(now, params) === undefined ? pinnedBack(before, now) : undefined;
  if (version !== undefined) yield version;
}

function valueOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

function wrongLevel(labels: Labels, { level }: Params): Violation | undefined {
  const value = valueOf(labels, levelLabel);
  if (value === undefined) return level === 'privileged' ? undefined : missing(level);
  if (!isLevel(value)) return noLevel(levelLabel, value);
  if (levels.indexOf(value) >= levels.indexOf(level)) return undefined;
  return {
    field: fieldOf(levelLabel),
    message: `${JSON.stringify(value)} is below ${JSON.stringify(level)}, the lowest level of a tenant’s namespace`,
    fix: labelFix(levelLabel, level),
  };
}

function missing(level: Level): Violation {
  return {
    field: fieldOf(levelLabel),
    message: `is missing, so the API server enforces no level; the lowest of a tenant’s namespace is ${JSON.stringify(level)}`,
    fix: labelFix(levelLabel, level),
  };
}

function wrongVersion(labels: Labels, { minimumVersion }: Params): Violation | undefined {
  const value = valueOf(labels, versionLabel);
  if (value === undefined) return undefined;
  if (!isVersion(value)) return noVersion(versionLabel, value);
  if (orderOfVersion(value) >= orderOfVersion(minimumVersion)) return undefined;
  return {
    field: fieldOf(versionLabel),
    message: `${JSON.stringify(value)} is older than ${JSON.stringify(minimumVersion)}, the oldest version that a tenant’s namespace may enforce`,
    fix: labelFix(versionLabel, minimumVersion),
  };
}

/** What is in force counts, as the API server reads it: no level is `privileged`, and one that is none is `restricted`. */
function lowered(before: Labels, now: Labels): Violation | undefined {
  const [was, is] = [valueOf(before, levelLabel), valueOf(now, levelLabel)];
  return rankOf(is) < rankOf(was) ? loss(levelLabel, was, is, 'lowered') : undefined;
}

function rankOf(level: string | undefined): number {
  if (level === undefined) return levels.indexOf('privileged');
  return levels.indexOf(isLevel(level) ? level : 'restricted');
}

/**
 * A version that the platform has pinned is its choice, since of two versions neither is the stricter: a tenant may follow
 * the standard to a newer one, but not unpin it.
 */
function pinnedBack(before: Labels, now: Labels): Violation | undefined {
  const [was, is] = [valueOf(before, versionLabel), valueOf(now, versionLabel)];
  const isUnpinned = is === undefined && was !== undefined && orderOfVersion(was) !== Infinity;
  const isOlder = orderOfVersion(is ?? 'latest') < orderOfVersion(was ?? 'latest');
  return isUnpinned || isOlder ? loss(versionLabel, was, is, 'set back') : undefined;
}

function loss(key: string, was: string | undefined, is: string | undefined, verb: string): Violation {
  const from = was === undefined ? 'the latest' : quote(was);
  const change = is === undefined ? `is removed (it was ${from})` : `is ${verb} from ${from} to ${JSON.stringify(is)}`;
  return {
    field: fieldOf(key),
    message: `${change} by a tenant; only the platform may do that`,
    fix: was === undefined ? 'Remove the label.' : `Keep the label at ${quote(was)}.`,
  };
}

/** The labels that enforce nothing: the API server refuses wrong values too, but not through subresources. */
function* otherWrongValues(labels: Labels): Iterable<Violation> {
  for (const mode of ['audit', 'warn']) {
    const key = `pod-security.kubernetes.io/${mode}`;
    const [level, version] = [valueOf(labels, key), valueOf(labels, `${key}-version`)];
    if (level !== undefined && !isLevel(level)) yield noLevel(key, level);
    if (version !== undefined && !isVersion(version)) yield noVersion(`${key}-version`, version);
  }
}

function noLevel(key: string, value: string): Violation {
  const fix = `Name one of these levels: ${quotedList(levels)}.`;
  return { field: fieldOf(key), message: `${quote(value)} is no level of the Pod Security Standards`, fix };
}

function noVersion(key: string, value: string): Violation {
  const fix = 'Name `latest`, or a version such as `v1.36`.';
  return { field: fieldOf(key), message: `${quote(value)} is no version of the Pod Security Standards`, fix };
}

function fieldOf(key: string): string {
  return `metadata.labels[${JSON.stringify(key)}]`;
}

function labelFix(key: string, value: string): string {
  return `Set the label:\n  metadata:\n    labels:\n      ${key}: ${value}`;
}
