import { isWindowsPod, titleOf, unless, type Control, type JudgeContainer } from '../control.ts';

const mustBeFalse: JudgeContainer = (container, context, _pod, breaches) => {
  if (context.allowPrivilegeEscalation === false) return;
  breaches.add({
    field: 'securityContext.allowPrivilegeEscalation',
    words: `${titleOf(container)} must set securityContext.allowPrivilegeEscalation=false`,
    fix: 'Set it:\n  securityContext:\n    allowPrivilegeEscalation: false',
  });
};

export const allowPrivilegeEscalation: Control = {
  id: 'allowPrivilegeEscalation',
  level: 'restricted',
  versions: [
    { since: 8, judgeContainer: mustBeFalse },
    { since: 25, judgeContainer: unless(isWindowsPod, mustBeFalse) },
  ],
};
