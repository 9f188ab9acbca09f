import { ownMember } from '../../../algebra/json-object.ts';
import { Type } from '../../../algebra/schema.ts';
import { defineCheckRule } from '../../rule.ts';

export const noFluxInstance = defineCheckRule({
  id: 'flux/no-flux-instance',
  title: 'Tenants do not install Flux',
  severity: 'critical',
  rationale:
    'A FluxInstance installs and configures Flux for the whole cluster: its operator, which is cluster-admin, applies the patches in it as they are, lifts the lockdown of multi-tenancy, and syncs the cluster from any repository.',
  remediation: 'Leave Flux to the platform.',
  kinds: ['FluxInstance'],
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object({}, { additionalProperties: false }),
  references: ['https://fluxoperator.dev/docs/crd/fluxinstance/'],
  since: '0.1.0',
  judges: 'state',
  *check({ object }) {
    const message = '"FluxInstance" is a kind for the platform only, since it configures Flux for the whole cluster';
    yield { field: 'kind', message, fix: 'Have the platform make the change.', basis: ownMember(object, 'spec') };
  },
});
