import { quote } from '../../../algebra/fault.ts';
import type { Control, ControlVersion } from '../control.ts';

/** Sysctls that are isolated from other pods and from the node, by the version in which they were found to be. */
const additions: readonly (readonly [since: number, names: readonly string[]])[] = [
  [
    0,
    [
      'kernel.shm_rmid_forced',
      'net.ipv4.ip_local_port_range',
      'net.ipv4.tcp_syncookies',
      'net.ipv4.ping_group_range',
      'net.ipv4.ip_unprivileged_port_start',
    ],
  ],
  [27, ['net.ipv4.ip_local_reserved_ports']],
  [
    29,
    [
      'net.ipv4.tcp_keepalive_time',
      'net.ipv4.tcp_fin_timeout',
      'net.ipv4.tcp_keepalive_intvl',
      'net.ipv4.tcp_keepalive_probes',
    ],
  ],
  [32, ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']],
  [37, ['net.ipv4.tcp_slow_start_after_idle', 'net.ipv4.tcp_notsent_lowat']],
];

export const sysctls: Control = {
  id: 'sysctls',
  level: 'baseline',
  versions: additions.map(([since]) =>
    version(since, new Set(additions.filter(([from]) => from <= since).flatMap(([, names]) => names))),
  ),
};

function version(since: number, allowed: ReadonlySet<string>): ControlVersion {
  return {
    since,
    judgePod: ({ spec }, breaches) => {
      spec.securityContext?.sysctls?.forEach(({ name }, index) => {
        if (allowed.has(name)) return;
        breaches.add({
          field: `spec.securityContext.sysctls[${index}].name`,
          words: `forbidden sysctls (${quote(name)})`,
          fix: 'Remove the sysctl.',
        });
      });
    },
  };
}
