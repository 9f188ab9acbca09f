import { Type } from '../../../algebra/schema.ts';
import { doesNoMore } from '../../objects/flux.ts';
import { fieldsAt } from '../../objects/object-fields.ts';
import { defineCheckRule } from '../../rule.ts';

const places = ['spec.serviceAccountName', 'spec.decryption.serviceAccountName'];

/** Accounts of Flux and its operator: where they run, the name stands for the whole cluster. */
const controllerAccounts = [
  'flux-operator',
  'helm-controller',
  'image-automation-controller',
  'image-reflector-controller',
  'kustomize-controller',
  'notification-controller',
  'source-controller',
  'source-watcher',
];

export const noPrivilegedServiceAccount = defineCheckRule({
  id: 'flux/no-privileged-service-account',
  title: 'Flux does not work for a tenant as a privileged service account',
  severity: 'critical',
  rationale:
    'A service account in the tenant’s namespace may be bound to more than the tenant may do: those of Flux’s own controllers are, wherever they are installed, and a platform may have others of its own. Naming one is enough to act as it.',
  remediation: 'Name a service account that is bound to what the tenant may do.',
  kinds: [
    'Kustomization',
    'HelmRelease',
    'GitRepository',
    'OCIRepository',
    'Bucket',
    'ImageRepository',
    'Provider',
    'ResourceSet',
    'ResourceSetInputProvider',
  ],
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object(
    {
      names: Type.Array(Type.String({ minLength: 1 }), {
        default: controllerAccounts,
        description: 'Names of service accounts that no object of a tenant may use.',
      }),
    },
    { additionalProperties: false },
  ),
  references: ['https://fluxcd.io/flux/installation/configuration/multitenancy/'],
  since: '0.1.0',
  judges: 'state',
  doesNoMore,
  *check(subject, { params }) {
    for (const path of places) {
      for (const { field, value } of fieldsAt(subject.object, path)) {
        if (typeof value !== 'string' || !params.names.includes(value)) continue;
        const message = `${JSON.stringify(value)} is a privileged service account, which may do more than the tenant`;
        yield { field, message, fix: 'Use a service account of the tenant.' };
      }
    }
  },
});
