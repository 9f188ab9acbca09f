import { test } from 'tap';

import type { JsonObject } from '../../../src/algebra/json-object.ts';
import type { PostureState } from '../../../src/audit/audit-report.ts';
import { postureOfCluster } from '../../../src/audit/posture/cluster-posture.ts';
import type { ClusterEvidence } from '../../../src/audit/posture/posture-evidence.ts';
import { clusterEvidence, messages, tenancy } from '../../support/posture.ts';

function layerOf(over: Partial<ClusterEvidence>) {
  return postureOfCluster(clusterEvidence(over), tenancy)[0]!;
}

function deployment(name: string, args: readonly string[] = [], over: JsonObject = {}): JsonObject {
  const { replicas = 1, ...container } = over;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'flux-system', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { replicas, template: { spec: { containers: [{ name: 'manager', args, ...container }] } } },
  };
}

const refs = '--no-cross-namespace-refs=true';
const bases = '--no-remote-bases=true';
const account = '--default-service-account=default';
const kustomize = (...args: readonly string[]) => deployment('kustomize-controller', args);
const operator = (over: JsonObject) => deployment('flux-operator', [], over);
const variable = { name: 'DEFAULT_SERVICE_ACCOUNT', value: 'flux' };

const untold = 'its Deployment does not tell whether kustomize-controller runs with';
const without = (flag: string, otherwise: string) => `kustomize-controller runs without ${flag}: ${otherwise}`;
const openRefs = without('--no-cross-namespace-refs', 'it follows references into namespaces of other tenants');
const openBases = without('--no-remote-bases', 'it fetches bases from wherever a kustomization.yaml says');
const openAccount = without(
  '--default-service-account',
  'it acts with its own identity for objects that name no service account',
);

const cases: readonly (readonly [string, Partial<ClusterEvidence>, PostureState, readonly string[]])[] = [
  ['no Flux', {}, 'in-place', ['no Flux controllers run here']],
  [
    'every flag',
    {
      servesFlux: true,
      fluxDeployments: [kustomize(refs, bases, account), deployment('source-controller'), deployment('web')],
    },
    'in-place',
    [
      'every Flux controller is locked down',
      'kustomize-controller runs with --no-cross-namespace-refs',
      'kustomize-controller runs with --no-remote-bases',
      'kustomize-controller runs with --default-service-account',
    ],
  ],
  ['no flag', { fluxDeployments: [kustomize()] }, 'missing', [openRefs, openBases, openAccount]],
  [
    'one flag',
    { fluxDeployments: [kustomize(account)] },
    'drifted',
    [openRefs, openBases, 'kustomize-controller runs with --default-service-account'],
  ],
  [
    'flags of one controller',
    {
      fluxDeployments: [
        deployment('helm-controller', [refs, account]),
        ...['notification', 'image-reflector', 'image-automation'].map((name) =>
          deployment(`${name}-controller`, [refs]),
        ),
        deployment('source-watcher'),
      ],
    },
    'drifted',
    [
      'source-watcher runs without --no-cross-namespace-refs: it follows references into namespaces of other tenants',
      'helm-controller runs with --no-cross-namespace-refs',
      'helm-controller runs with --default-service-account',
      'notification-controller runs with --no-cross-namespace-refs',
      'image-reflector-controller runs with --no-cross-namespace-refs',
      'image-automation-controller runs with --no-cross-namespace-refs',
    ],
  ],
  [
    'the flags in the command',
    { fluxDeployments: [deployment('helm-controller', [], { command: ['/helm-controller', refs, account] })] },
    'in-place',
    [
      'every Flux controller is locked down',
      'helm-controller runs with --no-cross-namespace-refs',
      'helm-controller runs with --default-service-account',
    ],
  ],
  [
    'the operator by its environment',
    { fluxDeployments: [operator({ env: [variable] })] },
    'in-place',
    ['every Flux controller is locked down', 'flux-operator runs with --default-service-account'],
  ],
  [
    'an environment that does not tell',
    { fluxDeployments: [operator({ env: [{ name: 'DEFAULT_SERVICE_ACCOUNT', valueFrom: {} }] })] },
    'unknown',
    ['its Deployment does not tell whether flux-operator runs with --default-service-account'],
  ],
  [
    'an operator without one',
    { fluxDeployments: [operator({})] },
    'missing',
    [
      'flux-operator runs without --default-service-account: it acts with its own identity for objects that name no service account',
    ],
  ],
  [
    'flags that come from elsewhere',
    { fluxDeployments: [kustomize('--no-cross-namespace-refs=$(REFS)', bases, account)] },
    'unknown',
    [
      `${untold} --no-cross-namespace-refs`,
      'kustomize-controller runs with --no-remote-bases',
      'kustomize-controller runs with --default-service-account',
    ],
  ],
  [
    'a kubeconfig may run programs',
    { fluxDeployments: [deployment('helm-controller', [refs, account, '--insecure-kubeconfig-exec'])] },
    'drifted',
    [
      'helm-controller runs with --insecure-kubeconfig-exec, so a kubeconfig of a tenant is not made harmless',
      'helm-controller runs with --no-cross-namespace-refs',
      'helm-controller runs with --default-service-account',
    ],
  ],
  [
    'whether a kubeconfig may run programs does not show',
    { fluxDeployments: [kustomize(refs, bases, account, '--insecure-kubeconfig-tls=$(TLS)')] },
    'unknown',
    [
      `${untold} --insecure-kubeconfig-tls`,
      'kustomize-controller runs with --no-cross-namespace-refs',
      'kustomize-controller runs with --no-remote-bases',
      'kustomize-controller runs with --default-service-account',
    ],
  ],
  [
    'a controller that is scaled to nothing',
    { fluxDeployments: [deployment('kustomize-controller', [], { replicas: 0 })] },
    'in-place',
    ['no Flux controllers run here'],
  ],
  [
    'Deployments that were not read',
    { fluxDeployments: undefined },
    'unknown',
    ['Deployments of the platform could not be read'],
  ],
  [
    'CRDs of Flux without a controller in sight',
    { servesFlux: true },
    'unknown',
    ['the API server serves kinds of Flux, but no controller runs in the platform’s namespaces: it may run elsewhere'],
  ],
  [
    'a discovery that failed',
    { servesFlux: undefined },
    'unknown',
    [
      'no Flux controller runs in the platform’s namespaces, and whether the API server serves kinds of Flux is not known',
    ],
  ],
];

for (const [title, over, state, told] of cases) {
  test(title, (t) => {
    const posture = layerOf(over);
    t.equal(posture.layer, 'flux-controllers');
    t.equal(posture.state, state);
    t.strictSame(messages(posture), told);
    t.equal('fix' in posture, state !== 'in-place');
    t.end();
  });
}

test('evidence names the Deployment, the container, and when it was written', (t) => {
  const containers = [{ name: 'sidecar' }, { name: 'manager', args: [refs, bases] }];
  const posture = layerOf({
    fluxDeployments: [{ ...kustomize(), spec: { template: { spec: { containers } } } }],
  });
  t.strictSame(posture.evidence[0], {
    object: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: 'flux-system',
      name: 'kustomize-controller',
      uid: 'u',
      writtenAt: '2026-01-01T00:00:00Z',
    },
    field: 'spec.template.spec.containers[1].args',
    message: openAccount,
  });
  t.equal(
    posture.fix,
    `Patch the controller in the kustomization.yaml of Flux:
  patches:
    - target: {kind: Deployment, name: kustomize-controller}
      patch: |
        - op: add
          path: /spec/template/spec/containers/1/args/-
          value: --default-service-account=default`,
  );
  t.notOk(posture.evidence[1]?.object?.writtenAt, 'times are told of what is wrong alone');
  t.end();
});

test('where the Flux Operator owns the controllers, its FluxInstance is to be changed, and the operator by its chart', (t) => {
  const fluxInstances = [{ metadata: { name: 'flux', namespace: 'flux-system' } }];
  t.equal(
    layerOf({ fluxInstances, fluxDeployments: [kustomize(bases, account)] }).fix,
    `The Flux Operator sets the flags where the FluxInstance says so:
  apiVersion: fluxcd.controlplane.io/v1
  kind: FluxInstance
  metadata:
    name: flux
    namespace: flux-system
  spec:
    cluster:
      multitenant: true
      tenantDefaultServiceAccount: default`,
  );
  t.match(layerOf({ fluxInstances, fluxDeployments: [operator({})] }).fix, /multitenancy:\n {4}enabled: true/);
  t.match(
    layerOf({ fluxInstances: undefined, fluxDeployments: [kustomize(account)] }).fix,
    /value: --no-cross-namespace-refs=true/,
  );
  t.end();
});
