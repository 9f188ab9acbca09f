import type { Kind } from '../../../src/policy/objects/kinds.ts';
import type { Operation } from '../../../src/policy/subject.ts';
import type { ContainerList } from './transplant.ts';

/** Why a rule cannot be broken in some cells. What `cells` leaves out is any. */
export interface Explanation {
  readonly cells: {
    readonly rule: string;
    readonly kinds?: readonly Kind[];
    readonly lists?: readonly ContainerList[];
    readonly operations?: readonly Operation[];
    /** Empty: the object itself. */
    readonly subresources?: readonly string[];
  };
  readonly reason: string;
}

export const explanations: readonly Explanation[] = [
  {
    cells: { rule: 'pods/isolated-before-start', kinds: ['Pod'], operations: ['UPDATE'] },
    reason: 'A Pod that is updated has started. That it stays isolated is the business of `network/isolation-kept`.',
  },
];
