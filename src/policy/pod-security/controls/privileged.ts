import { titleOf, type Control } from '../control.ts';

export const privileged: Control = {
  id: 'privileged',
  level: 'baseline',
  versions: [
    {
      since: 0,
      judgeContainer: (container, context, _pod, breaches) => {
        if (context.privileged !== true) return;
        breaches.add({
          field: 'securityContext.privileged',
          words: `${titleOf(container)} must not set securityContext.privileged=true`,
          fix: 'Remove the field or set it to false.',
        });
      },
    },
  ],
};
