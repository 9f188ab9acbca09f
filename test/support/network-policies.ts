import type { NetworkPolicy } from '../../src/policy/objects/network-policy.ts';
import { tweak, minimalNetworkPolicy, type Manifest } from './minimal-objects.ts';

/** A policy of namespace acme-dev with this spec; without `podSelector` it is for every pod. */
export function policyWith(spec: Manifest, name = 'web'): Manifest {
  return tweak(tweak(minimalNetworkPolicy(), 'metadata.name', name), 'spec', { podSelector: {}, ...spec });
}

/** The same as it is stored. */
export function storedPolicy(spec: Manifest, name: string): NetworkPolicy {
  return policyWith(spec, name) as unknown as NetworkPolicy;
}
