import { quote } from '../../../algebra/fault.ts';
import { titleOf, type Control } from '../control.ts';

/** What container runtimes give by default. */
const allowed: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

export const capabilitiesBaseline: Control = {
  id: 'capabilities_baseline',
  level: 'baseline',
  versions: [
    {
      since: 0,
      judgeContainer: (container, context, _pod, breaches) => {
        context.capabilities?.add?.forEach((capability, index) => {
          if (allowed.has(capability)) return;
          breaches.add({
            field: `securityContext.capabilities.add[${index}]`,
            words: `${titleOf(container)} must not include ${quote(capability)} in securityContext.capabilities.add`,
            fix: 'Remove the capability.',
          });
        });
      },
    },
  ],
};
