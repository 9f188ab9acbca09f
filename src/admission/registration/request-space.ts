import { labelExists, valueIn, type LabelConstraint } from '../../algebra/label-constraint.ts';
import {
  constrainedSpace,
  intersectLabelSpaces,
  isEmptyLabelSpace,
  isLabelSubset,
  labelSpaceOf,
  labelsOutside,
  type Labels,
  type LabelSpace,
} from '../../algebra/label-space.ts';
import type { RegisteredRule } from './webhook-configuration.ts';

/**
 * Webhook rules as exact sets of requests. A rule is a conjunction over group, version, resource, subresource, operation
 * and scope, as a label selector is one over labels; so requests are written as labels, and the label algebra does the rest.
 */
export type RequestSpace = LabelSpace;

/** Who writes rules by the thousand does not fill a line with them. */
const maxNamed = 20;

const operations = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'] as const;
const scopes = ['Cluster', 'Namespaced'] as const;

/**
 * More than the rules could ever need many times over. Whoever may write a registration could make it so large that
 * comparing it would hold up everything else; one that is larger differs already in what is looked at.
 */
const maxPieces = 1_000;

/** The requests that the rules match: one space for each resource of each rule. */
export function requestSpaces(rules: readonly RegisteredRule[]): readonly RequestSpace[] {
  return firstPieces(eachSpace(rules));
}

function* eachSpace(rules: readonly RegisteredRule[]): Generator<RequestSpace, void, undefined> {
  for (const rule of rules) {
    for (const resource of rule.resources) yield spaceOf({ ...rule, resource });
  }
}

/** One resource in one operation, as a rule lists it. */
export interface RequestPattern {
  /** `pods/resize`, `deployments.apps`, `*.*`. */
  readonly resource: string;
  readonly operation: string;
  readonly space: RequestSpace;
}

/** The rules taken apart, so that what is missing from another set can be named piece by piece. */
export function requestPatterns(rules: readonly RegisteredRule[]): readonly RequestPattern[] {
  return firstPieces(eachPattern(rules));
}

function* eachPattern(rules: readonly RegisteredRule[]): Generator<RequestPattern, void, undefined> {
  for (const rule of rules) {
    for (const group of rule.apiGroups) for (const resource of rule.resources) yield* patternsOf(rule, group, resource);
  }
}

function patternsOf(rule: RegisteredRule, group: string, resource: string): readonly RequestPattern[] {
  return operationsOf(rule.operations).map((operation) => ({
    resource: group === '' ? resource : `${resource}.${group}`,
    operation,
    space: spaceOf({ ...rule, apiGroups: [group], operations: [operation], resource }),
  }));
}

/**
 * Names every pattern that the spaces do not hold completely, sorted: `UPDATE of pods/resize; CREATE, UPDATE of pods of
 * version "other"`. Undefined when they hold all.
 */
export function describeOutside(
  patterns: readonly RequestPattern[],
  spaces: readonly RequestSpace[],
): string | undefined {
  const operationsByWhat = new Map<string, Set<string>>();
  for (const { resource, operation, space } of patterns) {
    const witness = labelsOutside(space, spaces);
    if (witness === undefined) continue;
    const what = `${resource}${limitOf(space, witness, spaces)}`;
    operationsByWhat.set(what, (operationsByWhat.get(what) ?? new Set()).add(operation));
  }
  const texts = [...operationsByWhat].map(([what, some]) => {
    const sorted = operations.filter((operation) => some.has(operation));
    return `${sorted.join(', ')} of ${what}`;
  });
  if (texts.length === 0) return undefined;
  const rest = texts.length - maxNamed;
  return [...texts.sort().slice(0, maxNamed), ...(rest > 0 ? [`${rest} more`] : [])].join('; ');
}

/** Whether the spaces hold a request that has these of the six labels, and anything for the others. */
export function overlapsRequests(spaces: readonly RequestSpace[], some: Labels): boolean {
  const wanted = labelSpaceOf(some);
  return spaces.some((space) => !isEmptyLabelSpace(intersectLabelSpaces(space, wanted)));
}

function firstPieces<T>(pieces: Iterable<T>): readonly T[] {
  const first: T[] = [];
  for (const piece of pieces) {
    if (first.length === maxPieces) break;
    first.push(piece);
  }
  return first;
}

/** Says which part is outside, where another version or scope of the same is inside. */
function limitOf(space: RequestSpace, { version = '', scope = '' }: Labels, spaces: readonly RequestSpace[]): string {
  const isPart = spaces.some((other) => isLabelSubset(withoutLimits(space), withoutLimits(other)));
  return isPart ? ` in version "${version}" and scope ${scope}` : '';
}

function withoutLimits({ constraints }: RequestSpace): LabelSpace {
  return constrainedSpace([...constraints].filter(([key]) => key !== 'version' && key !== 'scope'));
}

interface ResourceRule extends RegisteredRule {
  readonly resource: string;
}

/** As the API server matches: a subresource `*` holds the resource itself, a resource `*` holds no subresource. */
function spaceOf({ apiGroups, apiVersions, operations: some, scope, resource }: ResourceRule): RequestSpace {
  const [whole = '', subresource = ''] = resource.split('/', 2);
  return constrainedSpace([
    ['group', oneOf(apiGroups)],
    ['version', oneOf(apiVersions)],
    ['resource', oneOf([whole])],
    ['subresource', oneOf([subresource])],
    ['operation', valueIn(operationsOf(some))],
    ['scope', valueIn(scope === '*' ? scopes : [scope])],
  ]);
}

function oneOf(values: readonly string[]): LabelConstraint {
  return values.includes('*') ? labelExists : valueIn(values);
}

function operationsOf(some: readonly string[]): readonly string[] {
  return some.includes('*') ? operations : some;
}
