import type { ApiAnswer } from './api-client.ts';

/** What the API server's own Pod Security admission says of a Pod. */
export interface PodSecurityVerdict {
  readonly isAllowed: boolean;
  /** Names of the controls that are violated, sorted. */
  readonly controls: readonly string[];
}

/** The reason that each control gives; where two share one, the level and version say which it is. */
const controlsByReason: Readonly<Record<string, readonly string[]>> = {
  'forbidden AppArmor profile': ['appArmorProfile'],
  'forbidden AppArmor profiles': ['appArmorProfile'],
  'non-default capabilities': ['capabilities_baseline'],
  'host namespaces': ['hostNamespaces'],
  'hostPath volumes': ['hostPathVolumes'],
  hostPort: ['hostPorts'],
  'probe or lifecycle host': ['hostProbesAndHostLifecycle'],
  privileged: ['privileged'],
  procMount: ['procMount', 'procMount_restricted'],
  seLinuxOptions: ['seLinuxOptions'],
  seccompProfile: ['seccompProfile_baseline', 'seccompProfile_restricted'],
  'forbidden sysctls': ['sysctls'],
  hostProcess: ['windowsHostProcess'],
  'allowPrivilegeEscalation != false': ['allowPrivilegeEscalation'],
  'unrestricted capabilities': ['capabilities_restricted'],
  'restricted volume types': ['restrictedVolumes'],
  'runAsNonRoot != true': ['runAsNonRoot'],
  'runAsUser=0': ['runAsUser'],
};

/** Reads an answer to a dry run. Throws for anything but an admission or a denial by Pod Security. */
export function verdictOf({ status, body }: ApiAnswer, inForce: ReadonlySet<string>): PodSecurityVerdict {
  if (status === 200 || status === 201) return { isAllowed: true, controls: [] };
  const { message } = body as { readonly message: string };
  const found = /^pods "[^"]+" is forbidden: violates PodSecurity "[^"]+": (.*)$/s.exec(message);
  if (status !== 403 || found === null) throw new Error(`${status}: ${message}`);
  const controls = reasonsIn(found[1]!).map((reason) => controlOf(reason, inForce));
  return { isAllowed: false, controls: controls.sort() };
}

function controlOf(reason: string, inForce: ReadonlySet<string>): string {
  const [control, ...others] = (controlsByReason[reason] ?? []).filter((id) => inForce.has(id));
  if (control === undefined || others.length > 0) throw new Error(`which control is ${JSON.stringify(reason)}?`);
  return control;
}

/** The reasons of `reason (detail), reason (detail)`. Details hold commas, parentheses, and texts of the Pod in quotes. */
function reasonsIn(text: string): readonly string[] {
  let reasons = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '');
  while (reasons.includes('(')) {
    const shorter = reasons.replaceAll(/\([^()]*\)/g, '');
    if (shorter === reasons) throw new Error(`parentheses do not match in ${text}`);
    reasons = shorter;
  }
  return reasons.split(',').map((reason) => reason.trim());
}
