/**
 * The sets of Policy documents that ship, by the names that stand for them wherever documents are named. A file or folder of
 * such a name is written with `./` before it.
 */
export const policySetNames = ['baseline', 'restricted', 'audit-first'] as const;

export type PolicySetName = (typeof policySetNames)[number];

/** Whether a name stands for a set that ships. */
export function isPolicySetName(name: string): name is PolicySetName {
  return (policySetNames as readonly string[]).includes(name);
}
