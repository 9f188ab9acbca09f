import type { TSchema } from 'typebox';

import {
  imagePolicySchema,
  imageRepositorySchema,
  imageUpdateAutomationSchema,
  type ImagePolicy,
  type ImageRepository,
  type ImageUpdateAutomation,
} from './flux-image.ts';
import {
  alertSchema,
  providerSchema,
  receiverSchema,
  type Alert,
  type Provider,
  type Receiver,
} from './flux-notification.ts';
import {
  fluxInstanceSchema,
  resourceSetInputProviderSchema,
  resourceSetSchema,
  type FluxInstance,
  type ResourceSet,
  type ResourceSetInputProvider,
} from './flux-operator.ts';
import {
  artifactGeneratorSchema,
  bucketSchema,
  externalArtifactSchema,
  gitRepositorySchema,
  helmChartSchema,
  helmRepositorySchema,
  ociRepositorySchema,
  type ArtifactGenerator,
  type Bucket,
  type ExternalArtifact,
  type GitRepository,
  type HelmChart,
  type HelmRepository,
  type OciRepository,
} from './flux-source.ts';
import { helmReleaseSchema, kustomizationSchema, type HelmRelease, type Kustomization } from './flux.ts';

/** The objects of Flux and of its operator, by kind. */
export interface FluxObjectByKind {
  Kustomization: Kustomization;
  HelmRelease: HelmRelease;
  GitRepository: GitRepository;
  OCIRepository: OciRepository;
  Bucket: Bucket;
  HelmRepository: HelmRepository;
  HelmChart: HelmChart;
  ExternalArtifact: ExternalArtifact;
  ArtifactGenerator: ArtifactGenerator;
  ImageRepository: ImageRepository;
  ImagePolicy: ImagePolicy;
  ImageUpdateAutomation: ImageUpdateAutomation;
  Alert: Alert;
  Provider: Provider;
  Receiver: Receiver;
  ResourceSet: ResourceSet;
  ResourceSetInputProvider: ResourceSetInputProvider;
  FluxInstance: FluxInstance;
}

export type FluxKind = keyof FluxObjectByKind;

const source = 'source.toolkit.fluxcd.io';
const image = 'image.toolkit.fluxcd.io';
const notification = 'notification.toolkit.fluxcd.io';
const operator = 'fluxcd.controlplane.io';

function fluxKind(group: string, resource: string, schema: TSchema) {
  return { group, resource, namespaced: true, subresources: [], schema } as const;
}

/** What `kinds` says of each kind. All are namespaced; what their `status` is worth, one rule says. */
export const fluxKinds = {
  Kustomization: fluxKind('kustomize.toolkit.fluxcd.io', 'kustomizations', kustomizationSchema),
  HelmRelease: fluxKind('helm.toolkit.fluxcd.io', 'helmreleases', helmReleaseSchema),
  GitRepository: fluxKind(source, 'gitrepositories', gitRepositorySchema),
  OCIRepository: fluxKind(source, 'ocirepositories', ociRepositorySchema),
  Bucket: fluxKind(source, 'buckets', bucketSchema),
  HelmRepository: fluxKind(source, 'helmrepositories', helmRepositorySchema),
  HelmChart: fluxKind(source, 'helmcharts', helmChartSchema),
  ExternalArtifact: fluxKind(source, 'externalartifacts', externalArtifactSchema),
  ArtifactGenerator: fluxKind('source.extensions.fluxcd.io', 'artifactgenerators', artifactGeneratorSchema),
  ImageRepository: fluxKind(image, 'imagerepositories', imageRepositorySchema),
  ImagePolicy: fluxKind(image, 'imagepolicies', imagePolicySchema),
  ImageUpdateAutomation: fluxKind(image, 'imageupdateautomations', imageUpdateAutomationSchema),
  Alert: fluxKind(notification, 'alerts', alertSchema),
  Provider: fluxKind(notification, 'providers', providerSchema),
  Receiver: fluxKind(notification, 'receivers', receiverSchema),
  ResourceSet: fluxKind(operator, 'resourcesets', resourceSetSchema),
  ResourceSetInputProvider: fluxKind(operator, 'resourcesetinputproviders', resourceSetInputProviderSchema),
  FluxInstance: fluxKind(operator, 'fluxinstances', fluxInstanceSchema),
} as const satisfies Readonly<Record<FluxKind, unknown>>;
