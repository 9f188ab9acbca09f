import type { Control } from './control.ts';
import { allowPrivilegeEscalation } from './controls/allow-privilege-escalation.ts';
import { appArmorProfile } from './controls/app-armor-profile.ts';
import { capabilitiesBaseline } from './controls/capabilities-baseline.ts';
import { capabilitiesRestricted } from './controls/capabilities-restricted.ts';
import { hostNamespaces } from './controls/host-namespaces.ts';
import { hostPathVolumes } from './controls/host-path-volumes.ts';
import { hostPorts } from './controls/host-ports.ts';
import { hostProbesAndHostLifecycle } from './controls/host-probes-and-host-lifecycle.ts';
import { privileged } from './controls/privileged.ts';
import { procMount, procMountRestricted } from './controls/proc-mount.ts';
import { restrictedVolumes } from './controls/restricted-volumes.ts';
import { runAsNonRoot } from './controls/run-as-non-root.ts';
import { runAsUser } from './controls/run-as-user.ts';
import { seLinuxOptions } from './controls/se-linux-options.ts';
import { seccompProfileBaseline, seccompProfileRestricted } from './controls/seccomp-profile.ts';
import { sysctls } from './controls/sysctls.ts';
import { windowsHostProcess } from './controls/windows-host-process.ts';

/** Every control of the Pod Security Standards, in the order in which the API server tells them. */
export const controls: readonly Control[] = [
  appArmorProfile,
  capabilitiesBaseline,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbesAndHostLifecycle,
  privileged,
  procMount,
  seLinuxOptions,
  seccompProfileBaseline,
  sysctls,
  windowsHostProcess,
  allowPrivilegeEscalation,
  capabilitiesRestricted,
  procMountRestricted,
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
  seccompProfileRestricted,
];

/** The newest minor version of Kubernetes that changed a control. Later ones mean the same, as far as is known here. */
export const newestMinor = Math.max(...controls.flatMap(({ versions }) => versions.map(({ since }) => since)));
