import { titleOf, type Control } from '../control.ts';

export const hostPorts: Control = {
  id: 'hostPorts',
  level: 'baseline',
  versions: [
    {
      since: 0,
      judgeContainer: (container, _context, _pod, breaches) => {
        container.ports?.forEach((port, index) => {
          const hostPort = port.hostPort ?? 0;
          if (hostPort === 0) return;
          breaches.add({
            field: `ports[${index}].hostPort`,
            words: `${titleOf(container)} uses hostPort ${hostPort}`,
            fix: 'Remove the field, and reach the pod through a Service.',
          });
        });
      },
    },
  ],
};
