import type { Owner } from '../tenancy/owner.ts';
import type { Tenancy } from '../tenancy/tenancy.ts';
import type { Facts, PodTemplateFact } from './facts.ts';
import type { Subject } from './subject.ts';

/** A namespace of which the pods are asked for. */
export interface PodPlace {
  readonly namespace: string;
  readonly owner: Owner | undefined;
  readonly tenancy: Tenancy;
  readonly facts: Facts;
}

/**
 * Whether manifests are judged that nobody in particular applies: then pods, workloads and policies that are not among them
 * may be kept elsewhere, and that there is none of a sort proves nothing.
 */
export function mayBeKeptElsewhere({ principal }: Pick<Subject, 'principal'>): boolean {
  return principal.kind === 'unknown';
}

/**
 * The first pod of the namespace that is meant, or else the first pod template, as its pods will be. `none` where there are
 * others but not one of that sort, `empty` where there are no pods and no templates at all, undefined where that is not
 * known. Templates are asked for only where no pod gives the answer.
 */
export function findPod(
  place: PodPlace,
  isMeant: (pod: PodTemplateFact) => boolean,
): PodTemplateFact | 'none' | 'empty' | undefined {
  const { facts, namespace } = place;
  const pods = facts.podsOf(namespace);
  const pod = pods?.find(isMeant);
  if (pods === undefined || pod !== undefined) return pod;
  const templates = facts.podTemplatesOf(namespace)?.map((template) => atStart(template, place));
  if (templates === undefined) return undefined;
  return templates.find(isMeant) ?? (pods.length + templates.length === 0 ? 'empty' : 'none');
}

/** A template’s pods may get their namespace’s tenant label, which the template itself does not have. */
export function atStart<T extends PodTemplateFact>(
  template: T,
  { owner, tenancy }: Pick<PodPlace, 'owner' | 'tenancy'>,
): T {
  if (owner?.kind !== 'tenant') return template;
  return { ...template, labels: { [tenancy.tenantLabel]: owner.tenant, ...template.labels } };
}
