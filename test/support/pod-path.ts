import type { PodKind } from '../../src/policy/objects/kinds.ts';

/** Path of the pod inside a kind, with its dot: `spec.template.` for a Deployment, empty for a Pod. */
export function podPath(kind: PodKind): string {
  const others: Readonly<Partial<Record<PodKind, string>>> = {
    Pod: '',
    PodTemplate: 'template.',
    CronJob: 'spec.jobTemplate.spec.template.',
  };
  return others[kind] ?? 'spec.template.';
}
