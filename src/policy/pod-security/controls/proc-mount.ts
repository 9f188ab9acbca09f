import { quote } from '../../../algebra/fault.ts';
import { hasUserNamespace, titleOf, unless, type Control, type JudgeContainer } from '../control.ts';

const onlyDefault: JudgeContainer = (container, context, _pod, breaches) => {
  const procMount = context.procMount ?? 'Default';
  if (procMount === 'Default') return;
  breaches.add({
    field: 'securityContext.procMount',
    words: `${titleOf(container)} must not set securityContext.procMount to ${quote(procMount)}`,
    fix: 'Remove the field or set it to Default.',
  });
};

export const procMount: Control = {
  id: 'procMount',
  level: 'baseline',
  versions: [
    { since: 0, judgeContainer: onlyDefault },
    { since: 35, judgeContainer: unless(hasUserNamespace, onlyDefault) },
  ],
};

/** The relaxation for user namespaces is baseline’s alone. */
export const procMountRestricted: Control = {
  id: 'procMount_restricted',
  level: 'restricted',
  versions: [{ since: 35, replaces: ['procMount'], judgeContainer: onlyDefault }],
};
