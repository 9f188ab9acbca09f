import type { LabelSpace } from '../algebra/label-space.ts';

/** Pieces that a proof may cut the pods into. */
const mostWork = 4096;

/**
 * Whether selectors together leave something out takes time that grows with the product of their keys, and they are the
 * tenant's own. The simplest are kept, as many as can be compared.
 */
export function provableSpaces(spaces: readonly LabelSpace[]): readonly LabelSpace[] {
  let work = 1;
  return [...spaces]
    .sort((a, b) => a.constraints.size - b.constraints.size)
    .filter((space) => {
      work *= Math.max(1, space.constraints.size);
      return work <= mostWork;
    });
}
