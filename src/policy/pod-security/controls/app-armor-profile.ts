import { quote } from '../../../algebra/fault.ts';
import type { SharedSecurityContext } from '../../objects/pod-security-context.ts';
import type { PodView } from '../../objects/pod-view.ts';
import { titleOf, type BreachSink, type Control } from '../control.ts';

/** How profiles were chosen before v1.30; the API server still reads it. */
const annotationPrefix = 'container.apparmor.security.beta.kubernetes.io/';

const field = 'securityContext.appArmorProfile.type';
const fix = 'Remove it, or use RuntimeDefault or Localhost.';

export const appArmorProfile: Control = {
  id: 'appArmorProfile',
  level: 'baseline',
  versions: [
    {
      since: 0,
      judgePod: (pod, breaches) => {
        const type = forbiddenType(pod.spec.securityContext);
        if (type !== undefined) breaches.add({ field: `spec.${field}`, words: wordsOf('pod', quote(type)), fix });
        judgeAnnotations(pod, breaches);
      },
      judgeContainer: (container, context, _pod, breaches) => {
        const type = forbiddenType(context);
        if (type !== undefined) breaches.add({ field, words: wordsOf(titleOf(container), quote(type)), fix });
      },
    },
  ],
};

function forbiddenType(context: SharedSecurityContext | null | undefined): string | undefined {
  const profile = context?.appArmorProfile ?? undefined;
  if (profile === undefined || profile.type === 'RuntimeDefault' || profile.type === 'Localhost') return undefined;
  return profile.type ?? '';
}

function wordsOf(setter: string, value: string): string {
  return `${setter} must not set AppArmor profile type to ${value}`;
}

function judgeAnnotations({ annotations }: PodView, breaches: BreachSink): void {
  for (const [key, value] of Object.entries(annotations)) {
    if (!key.startsWith(annotationPrefix) || isAllowedAnnotation(value)) continue;
    breaches.add({
      field: `metadata.annotations[${JSON.stringify(key)}]`,
      words: wordsOf('annotation', quote(value)),
      fix: 'Remove the annotation, or use runtime/default or localhost/<profile>.',
    });
  }
}

function isAllowedAnnotation(value: string): boolean {
  return value === '' || value === 'runtime/default' || value.startsWith('localhost/');
}
