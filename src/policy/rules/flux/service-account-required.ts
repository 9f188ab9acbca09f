import { Type } from '../../../algebra/schema.ts';
import { quotedList } from '../../display.ts';
import { doesNoMore } from '../../objects/flux.ts';
import { defineCheckRule } from '../../rule.ts';

export const serviceAccountRequired = defineCheckRule({
  id: 'flux/service-account-required',
  title: 'Flux applies a tenant’s objects as a service account of the tenant',
  severity: 'critical',
  rationale:
    'Without spec.serviceAccountName Flux applies with its controller’s own identity, which is cluster-admin unless the controller was locked down: whoever may write the Kustomization or HelmRelease may then write everything.',
  remediation: 'Name a service account of the same namespace, bound to what the tenant may do.',
  kinds: ['Kustomization', 'HelmRelease'],
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object(
    {
      allowedNames: Type.Array(Type.String({ minLength: 1 }), {
        default: [],
        description: 'Service account names that may be used; empty: any.',
      }),
    },
    { additionalProperties: false },
  ),
  references: ['https://fluxcd.io/flux/installation/configuration/multitenancy/'],
  since: '0.1.0',
  judges: 'state',
  doesNoMore,
  *check(subject, { params }) {
    const field = 'spec.serviceAccountName';
    const name = subject.object.spec?.serviceAccountName ?? '';
    if (name === '') {
      yield {
        field,
        message: 'is missing, so Flux would apply with the identity of its controller instead of the tenant’s',
        fix: 'Name a service account of the namespace:\n  spec:\n    serviceAccountName: <name>',
      };
    } else if (params.allowedNames.length > 0 && !params.allowedNames.includes(name)) {
      yield {
        field,
        message: `${JSON.stringify(name)} is not among the allowed service accounts: ${quotedList(params.allowedNames)}`,
        fix: 'Use one of the allowed service accounts.',
      };
    }
  },
});
