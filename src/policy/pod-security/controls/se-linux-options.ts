import { quote } from '../../../algebra/fault.ts';
import type { SharedSecurityContext } from '../../objects/pod-security-context.ts';
import { titleOf, type BreachSink, type Control, type ControlVersion } from '../control.ts';

const types: ReadonlySet<string> = new Set(['', 'container_t', 'container_init_t', 'container_kvm_t']);

export const seLinuxOptions: Control = {
  id: 'seLinuxOptions',
  level: 'baseline',
  versions: [version(0, types), version(31, new Set([...types, 'container_engine_t']))],
};

function version(since: number, allowed: ReadonlySet<string>): ControlVersion {
  return {
    since,
    judgePod: ({ spec }, breaches) => {
      if (spec.securityContext?.seLinuxOptions) judge(spec.securityContext, 'pod', 'spec.', allowed, breaches);
    },
    judgeContainer: (container, context, _pod, breaches) => {
      if (context.seLinuxOptions) judge(context, titleOf(container), '', allowed, breaches);
    },
  };
}

function judge(
  { seLinuxOptions: options }: SharedSecurityContext,
  setter: string,
  prefix: string,
  allowed: ReadonlySet<string>,
  breaches: BreachSink,
): void {
  const add = (member: string, what: string): void => {
    breaches.add({
      field: `${prefix}securityContext.seLinuxOptions.${member}`,
      words: `${setter} set forbidden securityContext.seLinuxOptions: ${what}`,
      fix: 'Remove the field.',
    });
  };
  const type = options?.type ?? '';
  const user = options?.user ?? '';
  const role = options?.role ?? '';
  if (!allowed.has(type)) add('type', `type ${quote(type)}`);
  if (user !== '') add('user', `user may not be set, and is ${quote(user)}`);
  if (role !== '') add('role', `role may not be set, and is ${quote(role)}`);
}
