import type { Manifest } from './minimal-objects.ts';
import type { Random } from './random.ts';

/**
 * Pods that the API server itself accepts, with allowed, forbidden and boundary values in every field that the Pod Security
 * Standards judge. Most fields are absent or harmless, so that a pod breaks few controls and each shows.
 */
export function randomPod(random: Random, name: string): Manifest {
  const os = random.oneIn(12) ? 'windows' : random.oneIn(12) ? 'linux' : undefined;
  const isWindows = os === 'windows';
  // The API server refuses host namespaces in a pod of its own users.
  const hostUsers = isWindows ? undefined : random.pick([undefined, undefined, undefined, true, null, false]);
  const isHostProcess = isWindows && random.oneIn(4);
  const isCompliant = random.oneIn(2);
  const rarity = isCompliant ? 4 : 1;
  const context: Context = { random, isWindows, ownUsers: hostUsers === false, rarity, names: [] };
  const initContainers = Array.from({ length: random.pick([0, 0, 1, 2]) }, () =>
    containerOf(context, 'init', isCompliant),
  );
  const containers = Array.from({ length: random.pick([1, 1, 2, 3]) }, () => containerOf(context, 'main', isCompliant));
  const spec = {
    ...hostNamespaces(context, isHostProcess),
    hostUsers,
    os: os === undefined ? random.pick([undefined, null]) : { name: os },
    securityContext: podSecurityContext(context, isCompliant, isHostProcess),
    volumes: volumesOf(context),
    ...(initContainers.length > 0 || random.oneIn(2) ? { initContainers } : {}),
    containers,
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, annotations: annotationsOf(context) },
    spec: withoutUndefined(spec),
  };
}

interface Context {
  readonly random: Random;
  readonly isWindows: boolean;
  readonly ownUsers: boolean;
  /** How much rarer than in other pods fields are that may break something. */
  readonly rarity: number;
  /** Names given so far. */
  readonly names: string[];
}

function withoutUndefined(object: Manifest): Manifest {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/** A value now and then, absent else. */
function rarely<T>({ random, rarity }: Context, times: number, values: readonly T[]): T | undefined {
  return random.oneIn(times * rarity) ? random.pick(values) : undefined;
}

function hostNamespaces(context: Context, isHostProcess: boolean): Manifest {
  const { isWindows, ownUsers } = context;
  // Windows pods with host processes are on the host's network, all others of Windows share nothing.
  if (isHostProcess) return { hostNetwork: true };
  if (isWindows) return {};
  const flag = () => (ownUsers ? rarely(context, 6, [false, null]) : rarely(context, 6, [true, false, null]));
  return { hostNetwork: flag(), hostPID: flag(), hostIPC: flag() };
}

const seccompProfiles = [
  { type: 'RuntimeDefault' },
  { type: 'RuntimeDefault' },
  { type: 'Localhost', localhostProfile: 'profiles/web.json' },
  { type: 'Unconfined' },
  null,
];
const appArmorProfiles = [
  { type: 'RuntimeDefault' },
  { type: 'Localhost', localhostProfile: 'k8s-web' },
  { type: 'Unconfined' },
  null,
];
const seLinuxOptions = [
  {},
  null,
  { type: '' },
  { type: 'container_t' },
  { type: 'container_init_t' },
  { type: 'container_kvm_t', level: 's0:c123,c456' },
  { type: 'container_engine_t' },
  { type: 'spc_t' },
  { user: '' },
  { user: 'system_u' },
  { role: 'system_r' },
  { type: 'container_t', user: 'u', role: 'r' },
];

/** What pods and containers alike may set. */
function sharedContext(context: Context, isCompliant: boolean): Manifest {
  const { random, isWindows } = context;
  const runAsNonRoot = isCompliant ? random.pick([undefined, true, null]) : random.pick([undefined, true, false, null]);
  if (isWindows) return { runAsNonRoot };
  return {
    runAsNonRoot,
    runAsUser: rarely(context, 4, [0, 1, 1000, 2_147_483_647, null]),
    seLinuxOptions: rarely(context, 6, seLinuxOptions),
    seccompProfile: rarely(context, 4, seccompProfiles),
    appArmorProfile: rarely(context, 6, appArmorProfiles),
  };
}

const sysctls = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
  'net.ipv4.tcp_slow_start_after_idle',
  'net.ipv4.tcp_notsent_lowat',
  'net.ipv4.tcp_max_syn_backlog',
  'net.ipv6.conf.all.forwarding',
];

function podSecurityContext(context: Context, isCompliant: boolean, isHostProcess: boolean): unknown {
  const { random, isWindows } = context;
  if (isHostProcess) return { windowsOptions: { hostProcess: true, runAsUserName: 'NT AUTHORITY\\SYSTEM' } };
  if (!isCompliant && random.oneIn(4)) return random.pick([undefined, null, {}]);
  const shared = sharedContext(context, isCompliant);
  const compliant = isWindows
    ? { runAsNonRoot: true }
    : { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
  return withoutUndefined({
    ...shared,
    ...(isCompliant ? compliant : {}),
    windowsOptions: isWindows
      ? random.pick([undefined, null, {}, { hostProcess: false }, { hostProcess: null }])
      : undefined,
    sysctls: sysctlsOf(context),
  });
}

/** Sysctls of the node's own namespaces are refused where the pod shares them, whatever the standard says. */
function sysctlsOf(context: Context): unknown {
  const { random, isWindows, ownUsers, rarity } = context;
  if (isWindows || ownUsers || !random.oneIn(4 * rarity)) return rarely(context, 8, [[], null]);
  return [...new Set([random.pick(sysctls), random.pick(sysctls)])].map((name) => ({ name, value: '1' }));
}

const capabilities = [
  'CHOWN',
  'NET_BIND_SERVICE',
  'SYS_ADMIN',
  'NET_RAW',
  'KILL',
  'CAP_CHOWN',
  'chown',
  'ALL',
  'MKNOD',
];

function containerOf(context: Context, prefix: string, isCompliant: boolean): Manifest {
  const { random, names } = context;
  const name = `${prefix}-${names.length}`;
  names.push(name);
  const isSidecar = prefix === 'init' && random.oneIn(3);
  const mayProbe = prefix === 'main' || isSidecar;
  return withoutUndefined({
    name,
    image: 'registry.example/app:1.0',
    restartPolicy: isSidecar ? 'Always' : undefined,
    securityContext: containerSecurityContext(context, isCompliant),
    ports: rarely(context, 5, [
      [],
      null,
      [{ containerPort: 8080 + names.length }],
      [{ containerPort: 8080 + names.length, hostPort: 0 }],
      [{ containerPort: 8080 + names.length, hostPort: 8080 + names.length }],
      [{ containerPort: 80 }, { containerPort: 9000 + names.length, hostPort: 9000 + names.length, name: 'metrics' }],
    ]),
    ...(mayProbe ? probesOf(context) : {}),
  });
}

function containerSecurityContext(context: Context, isCompliant: boolean): unknown {
  const { random, isWindows } = context;
  if (!isCompliant && random.oneIn(4)) return random.pick([undefined, null, {}]);
  const shared = sharedContext(context, isCompliant);
  return withoutUndefined({ ...shared, ...(isWindows ? windowsContext(context) : linuxContext(context, isCompliant)) });
}

function windowsContext(context: Context): Manifest {
  return { windowsOptions: rarely(context, 4, [null, {}, { hostProcess: null }]) };
}

function linuxContext(context: Context, isCompliant: boolean): Manifest {
  const { random, ownUsers } = context;
  const privileged = rarely(context, 6, [true, false, null]);
  const escalates = isCompliant ? false : random.pick([undefined, null, true, false]);
  const add = rarely(context, 3, [
    [],
    null,
    ['NET_BIND_SERVICE'],
    [random.pick(capabilities)],
    [random.pick(capabilities), random.pick(capabilities)],
  ]);
  const drop = isCompliant
    ? random.pick([['ALL'], ['ALL'], ['NET_RAW', 'ALL']])
    : random.pick([undefined, null, [], ['ALL'], ['all'], ['NET_RAW'], ['CAP_ALL']]);
  // What needs privileges cannot forbid their escalation: the API server refuses the two together.
  const needsEscalation = privileged === true || (add ?? []).includes('SYS_ADMIN');
  return {
    privileged,
    allowPrivilegeEscalation: needsEscalation && escalates === false ? undefined : escalates,
    capabilities:
      !isCompliant && random.oneIn(4) ? random.pick([undefined, null, {}]) : withoutUndefined({ add, drop }),
    // Unmasked needs users of the pod's own.
    procMount: rarely(context, 5, ownUsers ? ['Default', 'Unmasked', null] : ['Default', null]),
  };
}

const hosts = ['', '127.0.0.1', 'metadata.internal', null];

function probesOf({ random, rarity }: Context): Manifest {
  const connection = () => {
    const host = random.pick(hosts);
    return random.oneIn(2) ? { httpGet: { path: '/', port: 80, host } } : { tcpSocket: { port: 80, host } };
  };
  const http = () => ({ httpGet: { path: '/', port: 80, host: random.pick(hosts) } });
  return {
    livenessProbe: random.oneIn(8 * rarity) ? connection() : undefined,
    readinessProbe: random.oneIn(8 * rarity) ? connection() : undefined,
    startupProbe: random.oneIn(10 * rarity) ? connection() : undefined,
    lifecycle: random.oneIn(8 * rarity)
      ? random.pick([{ postStart: http() }, { preStop: http() }, { postStart: null, preStop: http() }])
      : undefined,
  };
}

const volumeSources: readonly Manifest[] = [
  {},
  { emptyDir: {} },
  { emptyDir: null },
  { secret: { secretName: 'a' } },
  { configMap: { name: 'a' } },
  { persistentVolumeClaim: { claimName: 'a' } },
  { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
  { projected: { sources: [] } },
  { csi: { driver: 'inline.storage.example' } },
  {
    ephemeral: {
      volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    },
  },
  { image: { reference: 'registry.example/files:1.0', pullPolicy: 'IfNotPresent' } },
  { hostPath: { path: '/var/log' } },
  { hostPath: { path: '/', type: 'Directory' } },
  { nfs: { server: 'files.example', path: '/' } },
  { iscsi: { targetPortal: '192.0.2.1', iqn: 'iqn.2001-04.com.example:storage', lun: 0 } },
  { gcePersistentDisk: { pdName: 'a' } },
  { awsElasticBlockStore: { volumeID: 'a' } },
  { azureDisk: { diskName: 'a', diskURI: 'https://blob/a.vhd' } },
  { azureFile: { secretName: 'a', shareName: 'b' } },
  { cephfs: { monitors: ['192.0.2.1'] } },
  { cinder: { volumeID: 'a' } },
  { fc: { targetWWNs: ['a'], lun: 0 } },
  { flexVolume: { driver: 'example/lvm' } },
  { flocker: { datasetName: 'a' } },
  { gitRepo: { repository: 'https://git.example/a.git' } },
  { glusterfs: { endpoints: 'a', path: 'b' } },
  { photonPersistentDisk: { pdID: 'a' } },
  { portworxVolume: { volumeID: 'a' } },
  { quobyte: { registry: '192.0.2.1:80', volume: 'a' } },
  { rbd: { monitors: ['192.0.2.1'], image: 'a' } },
  { scaleIO: { gateway: 'https://a', system: 'b', volumeName: 'c', secretRef: { name: 'd' } } },
  { storageos: { volumeName: 'a' } },
  { vsphereVolume: { volumePath: '[a] b' } },
];

function volumesOf({ random, rarity }: Context): unknown {
  if (!random.oneIn(2 * rarity)) return random.pick([undefined, null, []]);
  return Array.from({ length: 1 + random.below(3) }, (_, index) => ({
    name: `volume-${index}`,
    ...random.pick(volumeSources),
  }));
}

function annotationsOf(context: Context): Manifest {
  const { random, names } = context;
  const container = random.pick(names);
  return withoutUndefined({
    [`container.apparmor.security.beta.kubernetes.io/${container}`]: rarely(context, 12, [
      'runtime/default',
      'localhost/k8s-web',
      'unconfined',
    ]),
    'seccomp.security.alpha.kubernetes.io/pod': rarely(context, 16, ['runtime/default', 'unconfined', 'localhost/a']),
    [`container.seccomp.security.alpha.kubernetes.io/${container}`]: rarely(context, 16, [
      'docker/default',
      'unconfined',
      'localhost/a',
    ]),
    'example.com/note': rarely(context, 4, ['unconfined']),
  });
}
