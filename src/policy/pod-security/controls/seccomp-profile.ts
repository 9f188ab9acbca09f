import { quote } from '../../../algebra/fault.ts';
import type { SharedSecurityContext } from '../../objects/pod-security-context.ts';
import type { PodView } from '../../objects/pod-view.ts';
import {
  isWindowsPod,
  podUnless,
  titleOf,
  unless,
  type BreachSink,
  type Control,
  type JudgeContainer,
  type JudgePod,
} from '../control.ts';

/** How profiles were chosen before the field was there (v1.19). */
const podAnnotation = 'seccomp.security.alpha.kubernetes.io/pod';
const containerAnnotationPrefix = 'container.seccomp.security.alpha.kubernetes.io/';

const field = 'securityContext.seccompProfile.type';
const fix =
  'Set it for the whole pod:\n  spec:\n    securityContext:\n      seccompProfile:\n        type: RuntimeDefault';

type Context = SharedSecurityContext | null | undefined;

function profileOf(context: Context): string | undefined {
  const profile = context?.seccompProfile ?? undefined;
  return profile === undefined ? undefined : (profile.type ?? '');
}

function isAllowed(profile: string): boolean {
  return profile === 'RuntimeDefault' || profile === 'Localhost';
}

function wordsOf(setter: string, profile: string): string {
  return `${setter} must not set securityContext.seccompProfile.type to ${quote(profile)}`;
}

const podNotUnconfined: JudgePod = ({ spec }, breaches) => {
  const profile = profileOf(spec.securityContext);
  if (profile === undefined || isAllowed(profile)) return;
  breaches.add({ field: `spec.${field}`, words: wordsOf('pod', profile), fix });
};

const containerNotUnconfined: JudgeContainer = (container, context, _pod, breaches) => {
  const profile = profileOf(context);
  if (profile === undefined || isAllowed(profile)) return;
  breaches.add({ field, words: wordsOf(titleOf(container), profile), fix });
};

const containerConfined: JudgeContainer = (container, context, pod, breaches) => {
  if (profileOf(context) !== undefined) {
    containerNotUnconfined(container, context, pod, breaches);
    return;
  }
  const inherited = profileOf(pod.spec.securityContext);
  if (inherited !== undefined && isAllowed(inherited)) return;
  breaches.add({
    field,
    words: `pod or ${titleOf(container)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
    fix,
  });
};

function judgeAnnotation({ annotations }: PodView, key: string, breaches: BreachSink): void {
  const value = Object.hasOwn(annotations, key) ? annotations[key] : undefined;
  if (value === undefined || isAllowedAnnotation(value)) return;
  breaches.add({
    field: `metadata.annotations[${JSON.stringify(key)}]`,
    words: `seccompProfile (forbidden annotation ${quote(value)})`,
    fix: 'Remove the annotation, or use runtime/default or localhost/<profile>.',
  });
}

function isAllowedAnnotation(value: string): boolean {
  return value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/');
}

export const seccompProfileBaseline: Control = {
  id: 'seccompProfile_baseline',
  level: 'baseline',
  versions: [
    {
      since: 0,
      judgePod: (pod, breaches) => {
        judgeAnnotation(pod, podAnnotation, breaches);
        for (const { container } of pod.containers()) {
          judgeAnnotation(pod, `${containerAnnotationPrefix}${container.name}`, breaches);
        }
      },
    },
    { since: 19, judgePod: podNotUnconfined, judgeContainer: containerNotUnconfined },
  ],
};

export const seccompProfileRestricted: Control = {
  id: 'seccompProfile_restricted',
  level: 'restricted',
  versions: [
    {
      since: 19,
      replaces: ['seccompProfile_baseline'],
      judgePod: podNotUnconfined,
      judgeContainer: containerConfined,
    },
    {
      since: 25,
      replaces: ['seccompProfile_baseline'],
      judgePod: podUnless(isWindowsPod, podNotUnconfined),
      judgeContainer: unless(isWindowsPod, containerConfined),
    },
  ],
};
