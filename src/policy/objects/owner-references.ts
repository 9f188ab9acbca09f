import type { JudgedObject } from './kinds.ts';

/** The owners that `object` names and `other` does not, each as it is written; their order does not matter. */
export function ownersBeyond(object: JudgedObject, other: JudgedObject | undefined): readonly unknown[] {
  // Text, since a hostile list is long. Both lists come from one encoder, so what is equal is written alike.
  const known = new Set(ownersOf(other).map((owner) => JSON.stringify(owner)));
  return ownersOf(object).filter((owner) => !known.has(JSON.stringify(owner)));
}

function ownersOf(object: JudgedObject | undefined): readonly unknown[] {
  return object?.metadata?.ownerReferences ?? [];
}
