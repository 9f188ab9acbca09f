import type { Kind } from '../../../src/policy/objects/kinds.ts';
import type { Operation } from '../../../src/policy/subject.ts';
import type { ContainerList } from './transplant.ts';

/** One way by which something could reach the cluster that a rule should see. */
export interface Cell {
  readonly rule: string;
  readonly kind: Kind;
  /** Undefined where containers do not matter to the rule. */
  readonly list: ContainerList | undefined;
  readonly operation: Operation;
  /** Undefined: the object itself is written. */
  readonly subresource: string | undefined;
}
