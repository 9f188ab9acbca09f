import { test } from 'tap';

import { evaluate } from '../../src/policy/evaluate.ts';
import { fluxKinds, type FluxKind } from '../../src/policy/objects/flux-kinds.ts';
import { factsOf } from '../support/facts.ts';
import { boundaryRows, type Crossing } from '../support/flux-boundary.ts';
import { subjectOf } from '../support/judge.ts';
import type { Manifest } from '../support/minimal-objects.ts';
import { shippedPolicySet } from '../support/shipped-policies.ts';

/**
 * Every field of Flux's kinds that has to do with a tenant's boundary, by kind. Each has a row in
 * {@link boundaryRows}.
 */
const boundaryFields: Readonly<Record<FluxKind, readonly string[]>> = {
  Kustomization: [
    'serviceAccountName',
    'sourceRef.kind',
    'sourceRef.name',
    'sourceRef.namespace',
    'dependsOn[].name',
    'dependsOn[].namespace',
    'dependsOn[].readyExpr',
    'targetNamespace',
    'healthChecks[].namespace',
    'kubeConfig.secretRef',
    'kubeConfig.configMapRef',
    'decryption.provider',
    'decryption.secretRef',
    'decryption.serviceAccountName',
    'postBuild.substituteFrom[]',
    'components[]',
    'patches[]',
    'images[]',
    'commonMetadata',
    'namePrefix',
    'nameSuffix',
    'force',
    'prune',
    'deletionPolicy',
    'ignore[]',
  ],
  HelmRelease: [
    'serviceAccountName',
    'chart.spec.sourceRef.kind',
    'chart.spec.sourceRef.name',
    'chart.spec.sourceRef.namespace',
    'chartRef.kind',
    'chartRef.name',
    'chartRef.namespace',
    'chart.metadata.labels',
    'chart.metadata.annotations',
    'dependsOn[].name',
    'dependsOn[].namespace',
    'dependsOn[].readyExpr',
    'targetNamespace',
    'storageNamespace',
    'kubeConfig.secretRef',
    'kubeConfig.configMapRef',
    'valuesFrom[]',
    'install.createNamespace',
    'install.crds',
    'install.disableTakeOwnership',
    'install.serverSideApply',
    'upgrade',
    'postRenderers[].kustomize.patches[].target.namespace',
    'driftDetection.ignore[].target.namespace',
  ],
  GitRepository: [
    'url',
    'provider',
    'serviceAccountName',
    'secretRef',
    'proxySecretRef',
    'verify.secretRef',
    'include[].repository.name',
    'include[].repository.namespace',
    'accessFrom',
  ],
  OCIRepository: [
    'url',
    'provider',
    'serviceAccountName',
    'insecure',
    'secretRef',
    'certSecretRef',
    'proxySecretRef',
    'verify',
  ],
  Bucket: [
    'endpoint',
    'bucketName',
    'insecure',
    'provider',
    'serviceAccountName',
    'sts.endpoint',
    'sts.provider',
    'sts.secretRef',
    'sts.certSecretRef',
    'secretRef',
    'accessFrom',
  ],
  HelmRepository: ['url', 'provider', 'insecure', 'passCredentials', 'accessFrom', 'secretRef'],
  HelmChart: ['sourceRef.kind', 'sourceRef.name', 'sourceRef.namespace', 'valuesFiles', 'verify', 'accessFrom'],
  ExternalArtifact: ['sourceRef.namespace', 'status.artifact.url', 'status.artifact.digest'],
  ArtifactGenerator: ['sources[].kind', 'sources[].name', 'sources[].namespace'],
  ImageRepository: ['image', 'provider', 'insecure', 'serviceAccountName', 'secretRef', 'accessFrom'],
  ImagePolicy: ['imageRepositoryRef.name', 'imageRepositoryRef.namespace'],
  ImageUpdateAutomation: [
    'sourceRef.name',
    'sourceRef.namespace',
    'git.checkout',
    'git.push',
    'git.commit.signingKey.secretRef',
    'policySelector',
  ],
  Alert: [
    'eventSources[].kind',
    'eventSources[].name',
    'eventSources[].namespace',
    'eventSources[].matchLabels',
    'providerRef.name',
  ],
  Provider: ['address', 'proxy', 'type', 'secretRef', 'certSecretRef', 'proxySecretRef', 'serviceAccountName'],
  Receiver: [
    'resources[].kind',
    'resources[].name',
    'resources[].namespace',
    'resources[].matchLabels',
    'secretRef',
    'oidcProviders[].issuerURL',
  ],
  ResourceSet: [
    'serviceAccountName',
    'dependsOn[].kind',
    'dependsOn[].name',
    'dependsOn[].namespace',
    'dependsOn[].readyExpr',
    'inputsFrom[]',
    'resources[]',
    'resourcesTemplate',
    'steps[]',
    'copyFrom',
    'convertKubeConfigFrom',
    'checksumFrom',
    'commonMetadata.annotations',
  ],
  ResourceSetInputProvider: [
    'serviceAccountName',
    'type',
    'url',
    'secretRef',
    'certSecretRef',
    'insecure',
    'selectors[].namespace',
  ],
  FluxInstance: ['cluster.multitenant'],
};

const set = shippedPolicySet();

/** `rule field` of what denies a write by a tenant. */
function denials(object: Manifest, { base, subresource }: Crossing): readonly string[] {
  const through = subresource === undefined ? {} : { subresource, ...(base && { old: base }) };
  const decision = evaluate(subjectOf(object, through), set, factsOf());
  return decision.violations.filter(({ mode }) => mode === 'enforce').map(({ rule, field }) => `${rule} ${field}`);
}

test('the table holds every field, and no other', (t) => {
  t.same(Object.keys(boundaryFields).sort(), Object.keys(fluxKinds).sort());
  for (const [kind, paths] of Object.entries(boundaryFields)) {
    t.same(Object.keys(boundaryRows[kind as FluxKind]).sort(), paths.toSorted(), kind);
  }
  t.end();
});

for (const [kind, ofKind] of Object.entries(boundaryRows)) {
  test(`a ${kind} is denied where one of its fields leaves the tenant, and admitted where it stays`, (t) => {
    for (const [path, row] of Object.entries(ofKind)) {
      if (typeof row === 'string') continue;
      if (row.base !== undefined) t.same(denials(row.base, row), [], `${path}: the object before is admitted`);
      t.same(denials(row.staying, row), [], `${path}: what stays is admitted`);
      const denied = denials(row.crossing, row);
      t.ok(denied.includes(row.denied), `${path}: ${row.denied} among ${denied.join(', ')}`);
    }
    t.end();
  });
}

test('every change that crosses is told by one rule, unless two boundaries are crossed', (t) => {
  const several = Object.entries(boundaryRows).flatMap(([kind, ofKind]) =>
    Object.entries(ofKind).flatMap(([path, row]) =>
      typeof row === 'string' || denials(row.crossing, row).length === 1 ? [] : [`${kind} ${path}`],
    ),
  );
  t.same(several, [
    'HelmRelease chart.metadata.labels',
    'HelmRelease chart.metadata.annotations',
    'HelmRelease install.createNamespace',
  ]);
  t.end();
});
