import {
  hasUserNamespace,
  podUnless,
  titleOf,
  unless,
  type Control,
  type JudgeContainer,
  type JudgePod,
} from '../control.ts';

const field = 'securityContext.runAsUser';
const fix = 'Remove the field, or name another user than 0.';

const podNotUserZero: JudgePod = ({ spec }, breaches) => {
  if (spec.securityContext?.runAsUser !== 0) return;
  breaches.add({ field: `spec.${field}`, words: 'pod must not set runAsUser=0', fix });
};

const containerNotUserZero: JudgeContainer = (container, context, _pod, breaches) => {
  if (context.runAsUser !== 0) return;
  breaches.add({ field, words: `${titleOf(container)} must not set runAsUser=0`, fix });
};

export const runAsUser: Control = {
  id: 'runAsUser',
  level: 'restricted',
  versions: [
    { since: 23, judgePod: podNotUserZero, judgeContainer: containerNotUserZero },
    {
      since: 35,
      judgePod: podUnless(hasUserNamespace, podNotUserZero),
      judgeContainer: unless(hasUserNamespace, containerNotUserZero),
    },
  ],
};
