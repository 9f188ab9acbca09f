import { test } from 'tap';

import { controls } from '../../../src/policy/pod-security/controls.ts';
import { linesOf } from '../../support/judge.ts';
import { minimalPod, tweak, type Manifest } from '../../support/minimal-objects.ts';
import { judgeAt, setAt } from '../../support/pod-security.ts';

/** A pod that the restricted level takes at every version. */
const compliant = {
  ...minimalPod(),
  spec: {
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      { name: 'web', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } },
    ],
  },
};

const pod = (field: string, value: unknown): Manifest => tweak(compliant, field, value);
const inContainer = (field: string, value: unknown): Manifest => pod(`spec.containers.0.${field}`, value);
const withVolume = (source: Manifest): Manifest => pod('spec.volumes', [{ name: 'v', ...source }]);
const withSysctl = (name: string): Manifest => pod('spec.securityContext.sysctls', [{ name, value: '1' }]);
const annotated = (key: string, value: string): Manifest => tweak(compliant, 'metadata.annotations', { [key]: value });
const appArmor = 'container.apparmor.security.beta.kubernetes.io/web';
const seccompOfPod = 'seccomp.security.alpha.kubernetes.io/pod';
const seccompOfContainer = 'container.seccomp.security.alpha.kubernetes.io/web';

interface Case {
  readonly control: string;
  readonly level: 'baseline' | 'restricted';
  readonly version?: string;
  /** Each with the one line that is said of it, without what all lines have in common. */
  readonly refused: readonly (readonly [Manifest, string])[];
  readonly admitted: readonly Manifest[];
}

const at = 'spec.containers[0].';
const mustNotAdd = (name: string): string =>
  `${at}securityContext.capabilities.add[0]: container "web" must not include "${name}" in securityContext.capabilities.add`;
const allowedSources = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
const restrictedSources = [
  'awsElasticBlockStore',
  'azureDisk',
  'azureFile',
  'cephfs',
  'cinder',
  'fc',
  'flexVolume',
  'flocker',
  'gcePersistentDisk',
  'gitRepo',
  'glusterfs',
  'hostPath',
  'iscsi',
  'nfs',
  'photonPersistentDisk',
  'portworxVolume',
  'quobyte',
  'rbd',
  'scaleIO',
  'storageos',
  'vsphereVolume',
];

const cases: readonly Case[] = [
  {
    control: 'hostNamespaces',
    level: 'baseline',
    refused: ['hostNetwork', 'hostPID', 'hostIPC'].map((flag) => [
      pod(`spec.${flag}`, true),
      `spec.${flag}: host namespaces (${flag}=true)`,
    ]),
    admitted: [pod('spec.hostNetwork', false), pod('spec.hostPID', null)],
  },
  {
    control: 'privileged',
    level: 'baseline',
    refused: [
      [
        inContainer('securityContext.privileged', true),
        `${at}securityContext.privileged: container "web" must not set securityContext.privileged=true`,
      ],
    ],
    admitted: [inContainer('securityContext.privileged', false), inContainer('securityContext', null)],
  },
  {
    control: 'capabilities_baseline',
    level: 'baseline',
    refused: ['SYS_ADMIN', 'NET_RAW', 'CAP_CHOWN', 'chown', 'ALL', ''].map((name) => [
      inContainer('securityContext.capabilities.add', [name]),
      mustNotAdd(name),
    ]),
    admitted: [
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
    ].map((name) => inContainer('securityContext.capabilities.add', [name])),
  },
  {
    control: 'hostPathVolumes',
    level: 'baseline',
    refused: [
      [withVolume({ hostPath: { path: '/' } }), 'spec.volumes[0].hostPath: hostPath volumes (volume "v")'],
      [withVolume({ hostPath: {} }), 'spec.volumes[0].hostPath: hostPath volumes (volume "v")'],
    ],
    admitted: [withVolume({ hostPath: null, emptyDir: {} }), withVolume({ nfs: { server: 'a', path: '/' } })],
  },
  {
    control: 'hostPorts',
    level: 'baseline',
    refused: [
      [
        inContainer('ports', [{ containerPort: 80, hostPort: 8080 }]),
        `${at}ports[0].hostPort: container "web" uses hostPort 8080`,
      ],
      [
        inContainer('ports', [{ containerPort: 80, hostPort: 1 }]),
        `${at}ports[0].hostPort: container "web" uses hostPort 1`,
      ],
    ],
    admitted: [inContainer('ports', [{ containerPort: 80, hostPort: 0 }]), inContainer('ports', [{ hostPort: null }])],
  },
  {
    control: 'appArmorProfile',
    level: 'baseline',
    refused: [
      [
        pod('spec.securityContext.appArmorProfile', { type: 'Unconfined' }),
        'spec.securityContext.appArmorProfile.type: pod must not set AppArmor profile type to "Unconfined"',
      ],
      [
        inContainer('securityContext.appArmorProfile', { type: 'Unconfined' }),
        `${at}securityContext.appArmorProfile.type: container "web" must not set AppArmor profile type to "Unconfined"`,
      ],
      [
        inContainer('securityContext.appArmorProfile', {}),
        `${at}securityContext.appArmorProfile.type: container "web" must not set AppArmor profile type to ""`,
      ],
      [
        annotated(appArmor, 'unconfined'),
        `metadata.annotations["${appArmor}"]: annotation must not set AppArmor profile type to "unconfined"`,
      ],
    ],
    admitted: [
      pod('spec.securityContext.appArmorProfile', { type: 'RuntimeDefault' }),
      inContainer('securityContext.appArmorProfile', { type: 'Localhost' }),
      annotated(appArmor, ''),
      annotated(appArmor, 'runtime/default'),
      annotated(appArmor, 'localhost/mine'),
      annotated('example.com/apparmor', 'unconfined'),
    ],
  },
  {
    control: 'seLinuxOptions',
    level: 'baseline',
    refused: [
      [
        pod('spec.securityContext.seLinuxOptions', { type: 'spc_t' }),
        'spec.securityContext.seLinuxOptions.type: pod set forbidden securityContext.seLinuxOptions: type "spc_t"',
      ],
      [
        inContainer('securityContext.seLinuxOptions', { user: 'u' }),
        `${at}securityContext.seLinuxOptions.user: container "web" set forbidden securityContext.seLinuxOptions: user may not be set, and is "u"`,
      ],
      [
        inContainer('securityContext.seLinuxOptions', { role: 'r' }),
        `${at}securityContext.seLinuxOptions.role: container "web" set forbidden securityContext.seLinuxOptions: role may not be set, and is "r"`,
      ],
    ],
    admitted: ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t', null].map((type) =>
      inContainer('securityContext.seLinuxOptions', { type, user: '', role: null }),
    ),
  },
  {
    control: 'seLinuxOptions',
    level: 'baseline',
    version: 'v1.30',
    refused: [
      [
        inContainer('securityContext.seLinuxOptions', { type: 'container_engine_t' }),
        `${at}securityContext.seLinuxOptions.type: container "web" set forbidden securityContext.seLinuxOptions: type "container_engine_t"`,
      ],
    ],
    admitted: [inContainer('securityContext.seLinuxOptions', { type: 'container_kvm_t' })],
  },
  {
    control: 'procMount',
    level: 'baseline',
    refused: [
      [
        inContainer('securityContext.procMount', 'Unmasked'),
        `${at}securityContext.procMount: container "web" must not set securityContext.procMount to "Unmasked"`,
      ],
    ],
    admitted: [
      inContainer('securityContext.procMount', 'Default'),
      inContainer('securityContext.procMount', null),
      tweak(inContainer('securityContext.procMount', 'Unmasked'), 'spec.hostUsers', false),
    ],
  },
  {
    control: 'procMount',
    level: 'baseline',
    version: 'v1.34',
    refused: [
      [
        tweak(inContainer('securityContext.procMount', 'Unmasked'), 'spec.hostUsers', false),
        `${at}securityContext.procMount: container "web" must not set securityContext.procMount to "Unmasked"`,
      ],
    ],
    admitted: [],
  },
  {
    control: 'procMount_restricted',
    level: 'restricted',
    refused: [
      [
        tweak(inContainer('securityContext.procMount', 'Unmasked'), 'spec.hostUsers', false),
        `${at}securityContext.procMount: container "web" must not set securityContext.procMount to "Unmasked"`,
      ],
    ],
    admitted: [inContainer('securityContext.procMount', 'Default')],
  },
  {
    control: 'seccompProfile_baseline',
    level: 'baseline',
    refused: [
      [
        inContainer('securityContext.seccompProfile', {}),
        `${at}securityContext.seccompProfile.type: container "web" must not set securityContext.seccompProfile.type to ""`,
      ],
      [
        pod('spec.securityContext.seccompProfile', { type: 'Unconfined' }),
        'spec.securityContext.seccompProfile.type: pod must not set securityContext.seccompProfile.type to "Unconfined"',
      ],
      [
        inContainer('securityContext.seccompProfile', { type: 'Unconfined' }),
        `${at}securityContext.seccompProfile.type: container "web" must not set securityContext.seccompProfile.type to "Unconfined"`,
      ],
    ],
    admitted: [
      pod('spec.securityContext', null),
      inContainer('securityContext.seccompProfile', { type: 'Localhost' }),
      inContainer('securityContext.seccompProfile', null),
      annotated(seccompOfPod, 'unconfined'),
    ],
  },
  {
    control: 'seccompProfile_baseline',
    level: 'baseline',
    version: 'v1.18',
    refused: [
      [
        annotated(seccompOfPod, 'unconfined'),
        `metadata.annotations["${seccompOfPod}"]: seccompProfile (forbidden annotation "unconfined")`,
      ],
      [
        annotated(seccompOfContainer, ''),
        `metadata.annotations["${seccompOfContainer}"]: seccompProfile (forbidden annotation "")`,
      ],
    ],
    admitted: [
      annotated(seccompOfPod, 'runtime/default'),
      annotated(seccompOfPod, 'docker/default'),
      annotated(seccompOfContainer, 'localhost/mine'),
      annotated('container.seccomp.security.alpha.kubernetes.io/other', 'unconfined'),
      pod('spec.securityContext.seccompProfile', { type: 'Unconfined' }),
    ],
  },
  {
    control: 'sysctls',
    level: 'baseline',
    refused: ['kernel.msgmax', 'net.ipv6.conf.all.forwarding', ''].map((name) => [
      withSysctl(name),
      `spec.securityContext.sysctls[0].name: forbidden sysctls ("${name}")`,
    ]),
    admitted: [
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
    ].map((name) => withSysctl(name)),
  },
  {
    control: 'windowsHostProcess',
    level: 'baseline',
    refused: [
      [
        pod('spec.securityContext.windowsOptions', { hostProcess: true }),
        'spec.securityContext.windowsOptions.hostProcess: pod must not set securityContext.windowsOptions.hostProcess=true',
      ],
      [
        inContainer('securityContext.windowsOptions', { hostProcess: true }),
        `${at}securityContext.windowsOptions.hostProcess: container "web" must not set securityContext.windowsOptions.hostProcess=true`,
      ],
    ],
    admitted: [
      inContainer('securityContext.windowsOptions', { hostProcess: false }),
      pod('spec.securityContext.windowsOptions', null),
    ],
  },
  {
    control: 'hostProbesAndHostLifecycle',
    level: 'baseline',
    refused: ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle.postStart', 'lifecycle.preStop'].flatMap(
      (path) =>
        ['httpGet', 'tcpSocket'].map((connection): [Manifest, string] => [
          inContainer(`${path}.${connection}`, { port: 80, host: '127.0.0.1' }),
          `${at}${path}.${connection}.host: container "web" uses probe or lifecycle host "127.0.0.1"`,
        ]),
    ),
    admitted: [
      inContainer('livenessProbe.httpGet', { port: 80, host: '' }),
      inContainer('lifecycle', { preStop: null }),
      inContainer('lifecycle', null),
    ],
  },
  {
    control: 'restrictedVolumes',
    level: 'restricted',
    refused: restrictedSources.map((source) => [
      withVolume({ [source]: {} }),
      `spec.volumes[0].${source}: volume "v" uses restricted volume type "${source}"`,
    ]),
    admitted: [
      ...allowedSources.map((source) => withVolume({ [source]: {} })),
      withVolume({}),
      withVolume({ emptyDir: null }),
    ],
  },
  {
    control: 'allowPrivilegeEscalation',
    level: 'restricted',
    refused: [true, null, undefined].map((value) => [
      inContainer('securityContext.allowPrivilegeEscalation', value),
      `${at}securityContext.allowPrivilegeEscalation: container "web" must set securityContext.allowPrivilegeEscalation=false`,
    ]),
    admitted: [tweak(inContainer('securityContext.allowPrivilegeEscalation', true), 'spec.os', { name: 'windows' })],
  },
  {
    control: 'allowPrivilegeEscalation',
    level: 'restricted',
    version: 'v1.24',
    refused: [
      [
        tweak(inContainer('securityContext.allowPrivilegeEscalation', true), 'spec.os', { name: 'windows' }),
        `${at}securityContext.allowPrivilegeEscalation: container "web" must set securityContext.allowPrivilegeEscalation=false`,
      ],
    ],
    admitted: [],
  },
  {
    control: 'runAsNonRoot',
    level: 'restricted',
    refused: [
      [
        pod('spec.securityContext.runAsNonRoot', undefined),
        `${at}securityContext.runAsNonRoot: pod or container "web" must set securityContext.runAsNonRoot=true`,
      ],
      [
        inContainer('securityContext.runAsNonRoot', false),
        `${at}securityContext.runAsNonRoot: container "web" must not set securityContext.runAsNonRoot=false`,
      ],
      [
        tweak(pod('spec.securityContext.runAsNonRoot', false), 'spec.containers.0.securityContext.runAsNonRoot', true),
        'spec.securityContext.runAsNonRoot: pod must not set securityContext.runAsNonRoot=false',
      ],
    ],
    admitted: [
      tweak(
        pod('spec.securityContext.runAsNonRoot', undefined),
        'spec.containers.0.securityContext.runAsNonRoot',
        true,
      ),
      tweak(pod('spec.securityContext.runAsNonRoot', false), 'spec.hostUsers', false),
    ],
  },
  {
    control: 'runAsUser',
    level: 'restricted',
    refused: [
      [pod('spec.securityContext.runAsUser', 0), 'spec.securityContext.runAsUser: pod must not set runAsUser=0'],
      [
        inContainer('securityContext.runAsUser', 0),
        `${at}securityContext.runAsUser: container "web" must not set runAsUser=0`,
      ],
    ],
    admitted: [
      inContainer('securityContext.runAsUser', 1),
      pod('spec.securityContext.runAsUser', null),
      tweak(pod('spec.securityContext.runAsUser', 0), 'spec.hostUsers', false),
    ],
  },
  {
    control: 'runAsUser',
    level: 'restricted',
    version: 'v1.34',
    refused: [
      [
        tweak(pod('spec.securityContext.runAsUser', 0), 'spec.hostUsers', false),
        'spec.securityContext.runAsUser: pod must not set runAsUser=0',
      ],
    ],
    admitted: [],
  },
  {
    control: 'capabilities_restricted',
    level: 'restricted',
    refused: [
      ...[undefined, null, [], ['all'], ['NET_RAW']].map((drop): [Manifest, string] => [
        inContainer('securityContext.capabilities', { drop }),
        `${at}securityContext.capabilities.drop: container "web" must set securityContext.capabilities.drop=["ALL"]`,
      ]),
      [inContainer('securityContext.capabilities', { drop: ['ALL'], add: ['CHOWN'] }), mustNotAdd('CHOWN')],
    ],
    admitted: [
      inContainer('securityContext.capabilities', { drop: ['NET_RAW', 'ALL'], add: ['NET_BIND_SERVICE'] }),
      tweak(inContainer('securityContext.capabilities', undefined), 'spec.os', { name: 'windows' }),
    ],
  },
  {
    control: 'seccompProfile_restricted',
    level: 'restricted',
    refused: [
      [
        pod('spec.securityContext.seccompProfile', undefined),
        `${at}securityContext.seccompProfile.type: pod or container "web" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
      ],
      [
        inContainer('securityContext.seccompProfile', { type: 'Unconfined' }),
        `${at}securityContext.seccompProfile.type: container "web" must not set securityContext.seccompProfile.type to "Unconfined"`,
      ],
    ],
    admitted: [
      tweak(pod('spec.securityContext.seccompProfile', undefined), 'spec.containers.0.securityContext.seccompProfile', {
        type: 'Localhost',
      }),
      tweak(pod('spec.securityContext.seccompProfile', undefined), 'spec.os', { name: 'windows' }),
    ],
  },
];

for (const { control, level, version = 'latest', refused, admitted } of cases) {
  test(`${control} at ${level}:${version}`, (t) => {
    const set = setAt(level, version);
    for (const [manifest, line] of refused) {
      t.same(
        linesOf(judgeAt(set, manifest)).map((text) =>
          text.replace(`violates PodSecurity "${level}:${version}": ${control}: `, ''),
        ),
        [line],
      );
    }
    for (const manifest of admitted) t.same(linesOf(judgeAt(set, manifest)), []);
    t.end();
  });
}

test('the tables above have every control', (t) => {
  t.same(new Set(cases.map(({ control }) => control)), new Set(controls.map(({ id }) => id)));
  t.end();
});

for (const list of ['initContainers', 'ephemeralContainers']) {
  test(`${list} count like any other containers, for every control that judges containers`, (t) => {
    const moved = (manifest: Manifest): Manifest => {
      const { containers, ...spec } = manifest['spec'] as { readonly containers: unknown };
      return { ...manifest, spec: { ...spec, [list]: containers } };
    };
    for (const { level, version = 'latest', refused, admitted } of cases) {
      const set = setAt(level, version);
      for (const [manifest, line] of refused) {
        t.match(
          linesOf(judgeAt(set, moved(manifest)))[0],
          line.replace(/^.*?: /, '').replace('containers[0]', `${list}[0]`),
        );
      }
      for (const manifest of admitted) t.same(linesOf(judgeAt(set, moved(manifest))), []);
    }
    t.end();
  });
}
