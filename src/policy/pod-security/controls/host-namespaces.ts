import type { Control } from '../control.ts';

const flags = ['hostNetwork', 'hostPID', 'hostIPC'] as const;

export const hostNamespaces: Control = {
  id: 'hostNamespaces',
  level: 'baseline',
  versions: [
    {
      since: 0,
      judgePod: ({ spec }, breaches) => {
        for (const flag of flags) {
          if (spec[flag] !== true) continue;
          breaches.add({
            field: `spec.${flag}`,
            words: `host namespaces (${flag}=true)`,
            fix: 'Remove the field or set it to false.',
          });
        }
      },
    },
  ],
};
