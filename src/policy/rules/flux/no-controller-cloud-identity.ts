import { Type } from '../../../algebra/schema.ts';
import type { FluxKind } from '../../objects/flux-kinds.ts';
import { doesNoMore } from '../../objects/flux.ts';
import { isPresent, textAt } from '../../objects/object-fields.ts';
import { defineCheckRule } from '../../rule.ts';

interface CloudAccess {
  /** The field that chooses a cloud. */
  readonly field: 'spec.provider' | 'spec.type';
  readonly clouds: readonly string[];
  /** Whether credentials in a Secret take the place of a cloud identity. */
  readonly takesSecret: boolean;
}

/** When each kind has its controller authenticate to a cloud. */
const access = {
  GitRepository: { field: 'spec.provider', clouds: ['aws', 'azure'], takesSecret: false },
  OCIRepository: { field: 'spec.provider', clouds: ['aws', 'azure', 'gcp'], takesSecret: true },
  Bucket: { field: 'spec.provider', clouds: ['aws', 'azure', 'gcp'], takesSecret: true },
  HelmRepository: { field: 'spec.provider', clouds: ['aws', 'azure', 'gcp'], takesSecret: true },
  ImageRepository: { field: 'spec.provider', clouds: ['aws', 'azure', 'gcp'], takesSecret: true },
  Provider: { field: 'spec.type', clouds: ['azuredevops', 'azureeventhub', 'googlepubsub'], takesSecret: true },
  ResourceSetInputProvider: {
    field: 'spec.type',
    clouds: [
      'ACRArtifactTag',
      'AWSCodeCommitBranch',
      'AWSCodeCommitPullRequest',
      'AWSCodeCommitTag',
      'AzureDevOpsBranch',
      'AzureDevOpsPullRequest',
      'AzureDevOpsTag',
      'ECRArtifactTag',
      'GARArtifactTag',
    ],
    takesSecret: true,
  },
} as const satisfies Partial<Record<FluxKind, CloudAccess>>;

export const noControllerCloudIdentity = defineCheckRule({
  id: 'flux/no-controller-cloud-identity',
  title: 'Flux does not use its own cloud identity for a tenant',
  severity: 'high',
  rationale:
    'An object that names a cloud, but neither a Secret nor a service account, has Flux’s controller authenticate as itself, with whatever its pod or node may do in the cloud: a tenant can fetch the registries, buckets and repositories of every other tenant that Flux serves.',
  remediation: 'Name a Secret or a service account with a cloud identity of the tenant.',
  kinds: Object.keys(access) as (keyof typeof access)[],
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://fluxcd.io/flux/integrations/',
    'https://fluxcd.io/flux/installation/configuration/multitenancy/',
  ],
  since: '0.1.0',
  judges: 'state',
  doesNoMore,
  *check({ kind, object }) {
    const { field, clouds, takesSecret }: CloudAccess = access[kind];
    const cloud = textAt(object, field);
    if (cloud === undefined || !clouds.includes(cloud)) return;
    if (textAt(object, 'spec.serviceAccountName') !== undefined) return;
    if (takesSecret && isPresent(object, 'spec.secretRef')) return;
    const message = `${JSON.stringify(cloud)} without credentials of the tenant’s has Flux use the cloud identity of its controller`;
    yield { field, message, fix: fixFor(kind) };
  },
});

function fixFor(kind: FluxKind): string {
  return kind === 'HelmRepository'
    ? 'Name a Secret of the namespace:\n  spec:\n    secretRef:\n      name: <name>'
    : 'Name a service account of the namespace:\n  spec:\n    serviceAccountName: <name>';
}
