import {
  hasUserNamespace,
  podUnless,
  titleOf,
  unless,
  type Control,
  type JudgeContainer,
  type JudgePod,
} from '../control.ts';

const field = 'securityContext.runAsNonRoot';
const fix = 'Set it for the whole pod:\n  spec:\n    securityContext:\n      runAsNonRoot: true';

const podNotRoot: JudgePod = ({ spec }, breaches) => {
  if (spec.securityContext?.runAsNonRoot !== false) return;
  breaches.add({ field: `spec.${field}`, words: `pod must not set ${field}=false`, fix });
};

const containerNotRoot: JudgeContainer = (container, context, pod, breaches) => {
  const own = context.runAsNonRoot ?? undefined;
  if (own === true || (own === undefined && pod.spec.securityContext?.runAsNonRoot === true)) return;
  const words =
    own === undefined
      ? `pod or ${titleOf(container)} must set ${field}=true`
      : `${titleOf(container)} must not set ${field}=false`;
  breaches.add({ field, words, fix });
};

export const runAsNonRoot: Control = {
  id: 'runAsNonRoot',
  level: 'restricted',
  versions: [
    { since: 0, judgePod: podNotRoot, judgeContainer: containerNotRoot },
    {
      since: 35,
      judgePod: podUnless(hasUserNamespace, podNotRoot),
      judgeContainer: unless(hasUserNamespace, containerNotRoot),
    },
  ],
};
