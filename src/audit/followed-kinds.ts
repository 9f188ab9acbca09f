import { kinds, type Kind } from '../policy/objects/kinds.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import { isKindJudged, stateRulesOf } from './state-rules.ts';

/** What controllers make and remake by the thousand. Audits of everything look at it; what it is made from is followed. */
const madeByControllers: ReadonlySet<Kind> = new Set(['Pod', 'ReplicaSet', 'Job', 'Endpoints', 'EndpointSlice']);

/** Kinds that posture looks at, whether a rule judges them or not. */
const ofPosture: readonly Kind[] = ['Namespace', 'NetworkPolicy', 'ResourceQuota', 'LimitRange'];

/** The kinds whose changes are followed between two audits of everything. */
export function followedKinds(set: PolicySet): readonly Kind[] {
  const state = stateRulesOf(set);
  return (Object.keys(kinds) as Kind[]).filter(
    (kind) => !madeByControllers.has(kind) && (ofPosture.includes(kind) || isKindJudged(state, kind)),
  );
}
