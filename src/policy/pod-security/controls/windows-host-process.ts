import type { SharedSecurityContext } from '../../objects/pod-security-context.ts';
import { titleOf, type Control } from '../control.ts';

const field = 'securityContext.windowsOptions.hostProcess';
const fix = 'Remove the field or set it to false.';

function isHostProcess(context: SharedSecurityContext | null | undefined): boolean {
  return context?.windowsOptions?.hostProcess === true;
}

function wordsOf(setter: string): string {
  return `${setter} must not set ${field}=true`;
}

export const windowsHostProcess: Control = {
  id: 'windowsHostProcess',
  level: 'baseline',
  versions: [
    {
      since: 0,
      judgePod: ({ spec }, breaches) => {
        if (isHostProcess(spec.securityContext)) breaches.add({ field: `spec.${field}`, words: wordsOf('pod'), fix });
      },
      judgeContainer: (container, context, _pod, breaches) => {
        if (!isHostProcess(context)) return;
        breaches.add({ field, words: wordsOf(titleOf(container)), fix });
      },
    },
  ],
};
