import { hostNetworkPod, reviewFor } from '../e2e/review.ts';
import { minimalPod, tweak, type Manifest } from '../support/minimal-objects.ts';
import type { Sample } from './load-client.ts';

const uid = '{{uid}}';

/** A good object, a bad one and one that gets a label, each filled up to about this size. */
export function samplesOf(sizeBytes = 0): readonly Sample[] {
  const filler = 'x'.repeat(50);
  const env = Array.from({ length: Math.ceil(sizeBytes / 75) }, (_, index) => ({
    name: `SETTING_${index}`,
    value: filler,
  }));
  const filled = (object: Manifest) => tweak(object, 'spec.containers[0].env', env);
  return [
    { path: '/validate', body: reviewFor(filled(minimalPod()), { uid }), allowed: true },
    { path: '/validate', body: reviewFor(filled(hostNetworkPod), { uid }), allowed: false },
    { path: '/mutate', body: reviewFor(filled(tweak(minimalPod(), 'metadata.labels', {})), { uid }), allowed: true },
  ];
}
