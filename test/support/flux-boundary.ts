import type { FluxKind } from '../../src/policy/objects/flux-kinds.ts';
import { minimalObject, tweak, type Manifest } from './minimal-objects.ts';

/** What one change to an admitted object does. */
export interface Crossing {
  /** The object before either change, where the least of its kind is too little. */
  readonly base?: Manifest;
  readonly crossing: Manifest;
  readonly staying: Manifest;
  /** `rule field` of the violation. */
  readonly denied: string;
  /** Written through this subresource, as an UPDATE of the base. */
  readonly subresource?: string;
}

/** A crossing, or why the field cannot be one. */
type Row = Crossing | string;

const local = 'the controller looks for it in the namespace of the object, and there is no field to name another';
const namesOnly = 'a name or kind crosses nothing without a foreign namespace, which has a row of its own';
const judgedLater = 'it changes what is applied, and that is judged when it is applied';
const account = 'flux/service-account-required spec.serviceAccountName';
const privileged = 'flux/no-privileged-service-account spec.serviceAccountName';
const cloud = 'flux/no-controller-cloud-identity';
const urls = 'flux/allowed-source-urls';
const references = 'flux/own-tenant-references';
const targets = 'flux/own-tenant-targets';

/** One change at a path of the spec, with a value that crosses and one that stays. */
function change(
  kind: FluxKind,
  path: string,
  crossing: unknown,
  staying: unknown,
  denied: string,
  base?: Manifest,
): Crossing {
  const from = base ?? minimalObject(kind);
  const withValue = (value: unknown): Manifest => tweak(from, `spec.${path}`, value);
  return { base: from, crossing: withValue(crossing), staying: withValue(staying), denied };
}

/** A reference that names a foreign namespace, and one of the tenant. */
function reference(kind: FluxKind, path: string, place: string, item: (namespace: string) => unknown): Crossing {
  return change(kind, path, item('globex-dev'), item('acme-prod'), `${references} spec.${place}`);
}

const inNamespace = (namespace: string): Manifest => ({ kind: 'GitRepository', name: 'web', namespace });
const inList = (namespace: string): readonly Manifest[] => [inNamespace(namespace)];
const named = (namespace: string): Manifest => ({ name: 'web', namespace });
const namedInList = (namespace: string): readonly Manifest[] => [named(namespace)];
const accessOf = (kind: FluxKind): Crossing =>
  change(
    kind,
    'accessFrom',
    { namespaceSelectors: [{ matchLabels: { env: 'prod' } }] },
    { namespaceSelectors: [{ matchLabels: { 'tenantgate.dev/tenant': 'acme' } }] },
    `${references} spec.accessFrom.namespaceSelectors[0].matchLabels`,
  );
const withProvider = (kind: FluxKind, provider: string): Manifest =>
  tweak(minimalObject(kind), 'spec.provider', provider);
const privilegedIn = (kind: FluxKind, base?: Manifest): Crossing =>
  change(kind, 'serviceAccountName', 'kustomize-controller', 'web', privileged, base);
const providerOf = (kind: FluxKind, provider: string): Crossing => ({
  crossing: withProvider(kind, provider),
  staying: withProvider(kind, 'generic'),
  denied: `${cloud} spec.provider`,
});
/** A Secret that takes the place of the controller's identity: gone, and there. */
const secretOf = (kind: FluxKind, provider: string): Crossing => ({
  crossing: withProvider(kind, provider),
  staying: tweak(withProvider(kind, provider), 'spec.secretRef', { name: 'cloud' }),
  denied: `${cloud} spec.provider`,
});
const insecureIn = (kind: FluxKind): Crossing => change(kind, 'insecure', true, false, `${urls} spec.insecure`);
const decryption = (value: Manifest): Manifest => ({ provider: 'sops', ...value });
const resource = (metadata: Manifest): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'web', namespace: 'acme-dev', ...metadata },
});
const annotated = (name: string, value: string): readonly Manifest[] => [
  resource({ annotations: { [`fluxcd.controlplane.io/${name}`]: value } }),
];
const copied = (name: string, valueIn: (namespace: string) => string): Crossing =>
  change(
    'ResourceSet',
    'resources',
    annotated(name, valueIn('globex-dev')),
    annotated(name, valueIn('acme-prod')),
    `${references} spec.resources[0].metadata.annotations["fluxcd.controlplane.io/${name}"]`,
  );
const dependency = (value: Manifest): readonly Manifest[] => [
  { apiVersion: 'v1', kind: 'ConfigMap', name: 'web', namespace: 'acme-prod', ready: true, ...value },
];
const artifact = (value: Manifest): Manifest => ({
  ...minimalObject('ExternalArtifact'),
  status: { artifact: { url: 'http://source-watcher.flux-system.svc/web.tar.gz', digest: 'sha256:b0', ...value } },
});
const artifactChange = (value: Manifest): Crossing => ({
  base: artifact({}),
  crossing: artifact(value),
  staying: tweak(artifact({}), 'metadata.annotations', { seen: 'yes' }),
  denied: 'flux/flux-status-guarded status.artifact',
  subresource: 'status',
});
const externalProvider = tweak(minimalObject('ResourceSetInputProvider'), 'spec', {
  type: 'ExternalArtifact',
  serviceAccountName: 'flux',
  selectors: [{ name: 'web' }],
});
const targetOf = (kind: FluxKind, path: string, place: string, item: (namespace: string) => unknown): Crossing =>
  change(kind, path, item('globex-dev'), item('acme-prod'), `${targets} spec.${place}`);
const itself = (namespace: string): string => namespace;
const chartOf = (namespace: string, metadata?: Manifest): Manifest => ({
  spec: { chart: 'web', sourceRef: { kind: 'HelmRepository', name: 'web', namespace } },
  ...(metadata === undefined ? {} : { metadata }),
});
const chartMetadata = (metadata: Manifest): Crossing => ({
  crossing: tweak(minimalObject('HelmRelease'), 'spec.chart', chartOf('globex-dev', metadata)),
  staying: tweak(minimalObject('HelmRelease'), 'spec.chart', chartOf('acme-prod', metadata)),
  denied: `${targets} spec.chart.metadata`,
});

/** Every field that has to do with a tenant's boundary, by kind and path in its spec. */
export const boundaryRows: Readonly<Record<FluxKind, Readonly<Record<string, Row>>>> = {
  Kustomization: {
    serviceAccountName: change('Kustomization', 'serviceAccountName', undefined, 'web', account),
    'sourceRef.kind': namesOnly,
    'sourceRef.name': namesOnly,
    'sourceRef.namespace': reference('Kustomization', 'sourceRef', 'sourceRef.namespace', inNamespace),
    'dependsOn[].name': namesOnly,
    'dependsOn[].namespace': reference('Kustomization', 'dependsOn', 'dependsOn[0].namespace', namedInList),
    'dependsOn[].readyExpr': reference('Kustomization', 'dependsOn', 'dependsOn[0].namespace', (namespace) => [
      { name: 'web', namespace, readyExpr: 'dep.spec.path == "./prod"' },
    ]),
    targetNamespace: targetOf('Kustomization', 'targetNamespace', 'targetNamespace', itself),
    'healthChecks[].namespace': targetOf('Kustomization', 'healthChecks', 'healthChecks[0].namespace', inList),
    'kubeConfig.secretRef': change(
      'Kustomization',
      'kubeConfig',
      { secretRef: { name: 'remote', key: 'value' } },
      null,
      'flux/no-kube-config spec.kubeConfig',
    ),
    'kubeConfig.configMapRef': change(
      'Kustomization',
      'kubeConfig',
      { configMapRef: { name: 'remote' } },
      null,
      'flux/no-kube-config spec.kubeConfig.configMapRef',
    ),
    'decryption.provider': change(
      'Kustomization',
      'decryption',
      decryption({}),
      null,
      'flux/no-remote-decryption spec.decryption',
    ),
    'decryption.secretRef': change(
      'Kustomization',
      'decryption',
      decryption({ secretRef: { name: '' } }),
      decryption({ secretRef: { name: 'keys' } }),
      'flux/no-remote-decryption spec.decryption',
    ),
    'decryption.serviceAccountName': change(
      'Kustomization',
      'decryption',
      decryption({ serviceAccountName: 'kustomize-controller' }),
      decryption({ serviceAccountName: 'decrypter' }),
      'flux/no-privileged-service-account spec.decryption.serviceAccountName',
    ),
    'postBuild.substituteFrom[]': local,
    'components[]': change(
      'Kustomization',
      'components',
      ['./base', 'https://git.evil.example/base'],
      ['./base', '../shared'],
      `${urls} spec.components[1]`,
    ),
    'patches[]': judgedLater,
    'images[]': judgedLater,
    commonMetadata: judgedLater,
    namePrefix: judgedLater,
    nameSuffix: judgedLater,
    force: judgedLater,
    prune: judgedLater,
    deletionPolicy: judgedLater,
    'ignore[]': judgedLater,
  },
  HelmRelease: {
    serviceAccountName: change('HelmRelease', 'serviceAccountName', undefined, 'web', account),
    'chart.spec.sourceRef.kind': namesOnly,
    'chart.spec.sourceRef.name': namesOnly,
    'chart.spec.sourceRef.namespace': reference('HelmRelease', 'chart', 'chart.spec.sourceRef.namespace', chartOf),
    'chartRef.kind': namesOnly,
    'chartRef.name': namesOnly,
    'chartRef.namespace': change(
      'HelmRelease',
      'chartRef',
      { kind: 'OCIRepository', ...named('globex-dev') },
      { kind: 'OCIRepository', ...named('acme-prod') },
      `${references} spec.chartRef.namespace`,
      tweak(minimalObject('HelmRelease'), 'spec.chart', undefined),
    ),
    'chart.metadata.labels': chartMetadata({ labels: { team: 'web' } }),
    'chart.metadata.annotations': chartMetadata({ annotations: { team: 'web' } }),
    'dependsOn[].name': namesOnly,
    'dependsOn[].namespace': reference('HelmRelease', 'dependsOn', 'dependsOn[0].namespace', namedInList),
    'dependsOn[].readyExpr': reference('HelmRelease', 'dependsOn', 'dependsOn[0].namespace', (namespace) => [
      { name: 'web', namespace, readyExpr: 'dep.spec.values.replicas > 1' },
    ]),
    targetNamespace: targetOf('HelmRelease', 'targetNamespace', 'targetNamespace', itself),
    storageNamespace: targetOf('HelmRelease', 'storageNamespace', 'storageNamespace', itself),
    'kubeConfig.secretRef': change(
      'HelmRelease',
      'kubeConfig',
      { secretRef: { name: 'remote' } },
      null,
      'flux/no-kube-config spec.kubeConfig',
    ),
    'kubeConfig.configMapRef': change(
      'HelmRelease',
      'kubeConfig',
      { configMapRef: { name: 'remote' } },
      null,
      'flux/no-kube-config spec.kubeConfig.configMapRef',
    ),
    'valuesFrom[]': local,
    'install.createNamespace': {
      crossing: tweak(tweak(minimalObject('HelmRelease'), 'spec.targetNamespace', 'acme-new'), 'spec.install', {
        createNamespace: true,
      }),
      staying: tweak(tweak(minimalObject('HelmRelease'), 'spec.targetNamespace', 'acme-prod'), 'spec.install', {
        createNamespace: true,
      }),
      denied: `${targets} spec.install.createNamespace`,
    },
    'install.crds': judgedLater,
    'install.disableTakeOwnership': judgedLater,
    'install.serverSideApply': judgedLater,
    upgrade: judgedLater,
    'postRenderers[].kustomize.patches[].target.namespace': judgedLater,
    'driftDetection.ignore[].target.namespace': judgedLater,
  },
  GitRepository: {
    url: change(
      'GitRepository',
      'url',
      'https://gitea.globex-dev.svc/a/b',
      'https://gitlab.com/a/b',
      `${urls} spec.url`,
    ),
    provider: providerOf('GitRepository', 'azure'),
    serviceAccountName: privilegedIn(
      'GitRepository',
      tweak(withProvider('GitRepository', 'aws'), 'spec.serviceAccountName', 'web'),
    ),
    secretRef: local,
    proxySecretRef: local,
    'verify.secretRef': local,
    'include[].repository.name': local,
    'include[].repository.namespace': reference(
      'GitRepository',
      'include',
      'include[0].repository.namespace',
      (namespace) => [{ repository: inNamespace(namespace) }],
    ),
    accessFrom: accessOf('GitRepository'),
  },
  OCIRepository: {
    url: change('OCIRepository', 'url', 'oci://10.0.0.7:5000/a/b', 'oci://quay.io/a/b', `${urls} spec.url`),
    provider: providerOf('OCIRepository', 'gcp'),
    serviceAccountName: privilegedIn('OCIRepository'),
    insecure: insecureIn('OCIRepository'),
    secretRef: secretOf('OCIRepository', 'aws'),
    certSecretRef: local,
    proxySecretRef: local,
    verify: local,
  },
  Bucket: {
    endpoint: change('Bucket', 'endpoint', 'minio.globex-dev:9000', 's3.example.com:9000', `${urls} spec.endpoint`),
    bucketName: 'it names a bucket of the endpoint, and the credentials decide',
    insecure: insecureIn('Bucket'),
    provider: providerOf('Bucket', 'aws'),
    serviceAccountName: privilegedIn('Bucket', tweak(withProvider('Bucket', 'aws'), 'spec.serviceAccountName', 'web')),
    'sts.endpoint': change(
      'Bucket',
      'sts',
      { provider: 'ldap', endpoint: 'https://169.254.169.254' },
      { provider: 'ldap', endpoint: 'https://sts.example.com' },
      `${urls} spec.sts.endpoint`,
    ),
    'sts.provider': 'it chooses a protocol; where it connects has a row of its own',
    'sts.secretRef': local,
    'sts.certSecretRef': local,
    secretRef: secretOf('Bucket', 'gcp'),
    accessFrom: accessOf('Bucket'),
  },
  HelmRepository: {
    url: change(
      'HelmRepository',
      'url',
      'http://charts.example.com',
      'https://charts.example.com/b',
      `${urls} spec.url`,
    ),
    provider: providerOf('HelmRepository', 'aws'),
    insecure: insecureIn('HelmRepository'),
    passCredentials: 'it passes on the tenant’s own credentials, and nobody else’s',
    accessFrom: accessOf('HelmRepository'),
    secretRef: secretOf('HelmRepository', 'azure'),
  },
  HelmChart: {
    'sourceRef.kind': local,
    'sourceRef.name': local,
    'sourceRef.namespace': reference('HelmChart', 'sourceRef', 'sourceRef.namespace', inNamespace),
    valuesFiles: 'they are paths inside the chart',
    verify: local,
    accessFrom: accessOf('HelmChart'),
  },
  ExternalArtifact: {
    'sourceRef.namespace': reference('ExternalArtifact', 'sourceRef', 'sourceRef.namespace', inNamespace),
    'status.artifact.url': artifactChange({ url: 'http://evil.acme-dev.svc/web.tar.gz' }),
    'status.artifact.digest': artifactChange({ digest: 'sha256:ff' }),
  },
  ArtifactGenerator: {
    'sources[].kind': namesOnly,
    'sources[].name': namesOnly,
    'sources[].namespace': reference('ArtifactGenerator', 'sources', 'sources[0].namespace', (namespace) => [
      { alias: 'web', ...inNamespace(namespace) },
    ]),
  },
  ImageRepository: {
    image: change(
      'ImageRepository',
      'image',
      'registry.globex-dev.svc:5000/web',
      'quay.io/acme/web',
      `${urls} spec.image`,
    ),
    provider: providerOf('ImageRepository', 'aws'),
    insecure: insecureIn('ImageRepository'),
    serviceAccountName: privilegedIn('ImageRepository'),
    secretRef: secretOf('ImageRepository', 'gcp'),
    accessFrom: accessOf('ImageRepository'),
  },
  ImagePolicy: {
    'imageRepositoryRef.name': namesOnly,
    'imageRepositoryRef.namespace': reference(
      'ImagePolicy',
      'imageRepositoryRef',
      'imageRepositoryRef.namespace',
      named,
    ),
  },
  ImageUpdateAutomation: {
    'sourceRef.name': namesOnly,
    'sourceRef.namespace': reference('ImageUpdateAutomation', 'sourceRef', 'sourceRef.namespace', inNamespace),
    'git.checkout': 'it names a branch of the repository, which has a row of its own',
    'git.push': 'it names a branch of the repository, which has a row of its own',
    'git.commit.signingKey.secretRef': local,
    policySelector: 'it selects policies of the namespace of the object',
  },
  Alert: {
    'eventSources[].kind': namesOnly,
    'eventSources[].name': reference('Alert', 'eventSources', 'eventSources[0].namespace', (namespace) => [
      { kind: 'Kustomization', name: '*', namespace },
    ]),
    'eventSources[].namespace': reference('Alert', 'eventSources', 'eventSources[0].namespace', inList),
    'eventSources[].matchLabels': reference('Alert', 'eventSources', 'eventSources[0].namespace', (namespace) => [
      { kind: 'Kustomization', name: '*', namespace, matchLabels: { team: 'acme' } },
    ]),
    'providerRef.name': local,
  },
  Provider: {
    address: change(
      'Provider',
      'address',
      'https://10.1.2.3/hook',
      'https://hooks.example.com/b',
      `${urls} spec.address`,
    ),
    proxy: change(
      'Provider',
      'proxy',
      'https://proxy.globex-dev.svc:8080',
      'https://proxy.example.com',
      `${urls} spec.proxy`,
    ),
    type: {
      crossing: tweak(minimalObject('Provider'), 'spec', { type: 'googlepubsub', address: 'acme-project' }),
      staying: tweak(minimalObject('Provider'), 'spec', {
        type: 'googlepubsub',
        address: 'acme-project',
        serviceAccountName: 'events',
      }),
      denied: `${cloud} spec.type`,
    },
    secretRef: {
      crossing: tweak(minimalObject('Provider'), 'spec', { type: 'azuredevops', address: 'https://dev.azure.com/a/b' }),
      staying: tweak(minimalObject('Provider'), 'spec', {
        type: 'azuredevops',
        address: 'https://dev.azure.com/a/b',
        secretRef: { name: 'token' },
      }),
      denied: `${cloud} spec.type`,
    },
    certSecretRef: local,
    proxySecretRef: local,
    serviceAccountName: privilegedIn('Provider'),
  },
  Receiver: {
    'resources[].kind': namesOnly,
    'resources[].name': reference('Receiver', 'resources', 'resources[0].namespace', (namespace) => [
      { kind: 'Kustomization', name: '*', namespace },
    ]),
    'resources[].namespace': reference('Receiver', 'resources', 'resources[0].namespace', inList),
    'resources[].matchLabels': reference('Receiver', 'resources', 'resources[0].namespace', (namespace) => [
      { kind: 'Kustomization', name: '*', namespace, matchLabels: { team: 'acme' } },
    ]),
    secretRef: local,
    'oidcProviders[].issuerURL': change(
      'Receiver',
      'oidcProviders',
      [
        {
          issuerURL: 'https://kubernetes.default.svc',
          audience: 'web',
          validations: [{ expression: 'true', message: 'x' }],
        },
      ],
      [
        {
          issuerURL: 'https://token.actions.githubusercontent.com',
          audience: 'web',
          validations: [{ expression: 'true', message: 'x' }],
        },
      ],
      `${urls} spec.oidcProviders[0].issuerURL`,
      tweak(tweak(minimalObject('Receiver'), 'spec.type', 'generic-oidc'), 'spec.secretRef', undefined),
    ),
  },
  ResourceSet: {
    serviceAccountName: change('ResourceSet', 'serviceAccountName', '', 'web', account),
    'dependsOn[].kind': change(
      'ResourceSet',
      'dependsOn',
      dependency({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole' }),
      dependency({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', namespace: '' }),
      `${references} spec.dependsOn[0]`,
    ),
    'dependsOn[].name': change(
      'ResourceSet',
      'dependsOn',
      dependency({ kind: 'Namespace', name: 'globex-dev' }),
      dependency({ kind: 'Namespace', name: 'acme-prod' }),
      `${references} spec.dependsOn[0].name`,
    ),
    'dependsOn[].namespace': reference('ResourceSet', 'dependsOn', 'dependsOn[0].namespace', (namespace) =>
      dependency({ namespace }),
    ),
    'dependsOn[].readyExpr': reference('ResourceSet', 'dependsOn', 'dependsOn[0].namespace', (namespace) =>
      dependency({ namespace, readyExpr: 'data.debug == "true"' }),
    ),
    'inputsFrom[]': local,
    'resources[]': targetOf('ResourceSet', 'resources', 'resources[0].metadata.namespace', (namespace) => [
      resource({ namespace }),
    ]),
    resourcesTemplate: judgedLater,
    'steps[]': change(
      'ResourceSet',
      'steps',
      [{ name: 'first', resources: [resource({ namespace: 'globex-dev' })] }],
      [{ name: 'first', resources: [resource({ namespace: 'acme-prod' })] }],
      `${targets} spec.steps[0].resources[0].metadata.namespace`,
      tweak(minimalObject('ResourceSet'), 'spec.resources', undefined),
    ),
    copyFrom: copied('copyFrom', (namespace) => `${namespace}/web`),
    convertKubeConfigFrom: copied('convertKubeConfigFrom', (namespace) => `${namespace}/web:value`),
    checksumFrom: copied('checksumFrom', (namespace) => `ConfigMap/acme-dev/web, Secret/${namespace}/web`),
    'commonMetadata.annotations': change(
      'ResourceSet',
      'commonMetadata',
      { annotations: { 'fluxcd.controlplane.io/copyFrom': 'globex-dev/web' } },
      { annotations: { 'fluxcd.controlplane.io/copyFrom': 'acme-prod/web' } },
      `${references} spec.commonMetadata.annotations["fluxcd.controlplane.io/copyFrom"]`,
    ),
  },
  ResourceSetInputProvider: {
    serviceAccountName: change(
      'ResourceSetInputProvider',
      'serviceAccountName',
      undefined,
      'web',
      account,
      externalProvider,
    ),
    type: {
      crossing: tweak(minimalObject('ResourceSetInputProvider'), 'spec', {
        type: 'ECRArtifactTag',
        url: 'oci://ecr.example.com/web',
      }),
      staying: tweak(minimalObject('ResourceSetInputProvider'), 'spec', {
        type: 'OCIArtifactTag',
        url: 'oci://ecr.example.com/web',
      }),
      denied: `${cloud} spec.type`,
    },
    url: change(
      'ResourceSetInputProvider',
      'url',
      'https://gitea.globex-dev.svc/a/b',
      'https://gitlab.com/a/b',
      `${urls} spec.url`,
    ),
    secretRef: local,
    certSecretRef: local,
    insecure: change(
      'ResourceSetInputProvider',
      'insecure',
      true,
      false,
      `${urls} spec.insecure`,
      tweak(minimalObject('ResourceSetInputProvider'), 'spec.type', 'ExternalService'),
    ),
    'selectors[].namespace': change(
      'ResourceSetInputProvider',
      'selectors',
      [{ name: 'web', namespace: '*' }],
      [{ name: 'web', namespace: 'acme-prod' }],
      `${references} spec.selectors[0].namespace`,
      externalProvider,
    ),
  },
  FluxInstance: {
    'cluster.multitenant': {
      base: minimalObject('GitRepository'),
      crossing: tweak(minimalObject('FluxInstance'), 'spec.cluster', { multitenant: false }),
      staying: tweak(
        tweak(minimalObject('FluxInstance'), 'spec.cluster', { multitenant: true }),
        'metadata.namespace',
        'flux-system',
      ),
      denied: 'flux/no-flux-instance kind',
    },
  },
};
