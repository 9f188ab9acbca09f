import type { Facts } from './facts.ts';
import type { FluxController, FluxLockdown } from './flux-controllers.ts';
import type { Severity } from './rule.ts';

/** What is known of a controller's own lockdown: how much the violation then weighs, and what the message says of it. */
export interface LockdownNote {
  readonly severity: Severity | undefined;
  /** Stands at the end of a message; empty where nothing is known. */
  readonly clause: string;
}

const unknownLockdown: LockdownNote = { severity: undefined, clause: '' };

const words: Readonly<Record<keyof FluxLockdown, { readonly on: string; readonly off: string }>> = {
  noCrossNamespaceRefs: {
    on: 'refuses it too (--no-cross-namespace-refs)',
    off: 'would follow it, since it runs without --no-cross-namespace-refs',
  },
  defaultServiceAccount: {
    on: 'would fall back to its --default-service-account',
    off: 'has no --default-service-account to fall back to',
  },
};

/** Notes whether Flux would stop by itself what a rule refuses: with the flag it weighs less. */
export function lockdownNote(
  facts: Pick<Facts, 'fluxControllers'>,
  controller: FluxController | undefined,
  flag: keyof FluxLockdown,
): LockdownNote {
  const isOn = controller === undefined ? undefined : facts.fluxControllers?.get(controller)?.[flag];
  if (controller === undefined || isOn === undefined) return unknownLockdown;
  return isOn
    ? { severity: 'medium', clause: `; ${controller} ${words[flag].on}` }
    : { severity: undefined, clause: `; ${controller} ${words[flag].off}` };
}
