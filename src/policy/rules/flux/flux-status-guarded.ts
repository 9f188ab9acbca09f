import { ownMember, type JsonObject } from '../../../algebra/json-object.ts';
import { Type } from '../../../algebra/schema.ts';
import { fluxKinds, type FluxKind } from '../../objects/flux-kinds.ts';
import { defineCheckRule } from '../../rule.ts';
import { isSame } from '../../same-content.ts';

export const fluxStatusGuarded = defineCheckRule({
  id: 'flux/flux-status-guarded',
  title: 'The status of Flux objects is written by Flux only',
  severity: 'critical',
  rationale:
    'Flux’s controllers deploy what status.artifact of a source names, without asking where it came from, and wait for what status.conditions say. Flux’s own roles for tenants include the status of all its kinds: whoever writes it decides what is deployed.',
  remediation: 'Change the spec; Flux reports the status.',
  kinds: Object.keys(fluxKinds) as FluxKind[],
  operations: ['UPDATE'],
  facts: [],
  params: Type.Object(
    {
      allowedUsers: Type.Array(Type.String({ minLength: 1 }), {
        default: [],
        description:
          'Full user names beyond the platform’s that may write it, such as controllers that make ExternalArtifacts.',
      }),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://fluxcd.io/flux/components/source/externalartifacts/',
    'https://fluxcd.io/flux/installation/configuration/multitenancy/',
  ],
  since: '0.1.0',
  judges: 'change',
  subresources: ['status'],
  *check({ object, old, principal }, { params }) {
    if (old === undefined || principal.kind !== 'tenant' || params.allowedUsers.includes(principal.username)) return;
    const [now, before] = [statusOf(object), statusOf(old)];
    if (isSame(now, before)) return;
    const isArtifact = !isSame(ownMember(now, 'artifact'), ownMember(before, 'artifact'));
    const message = isArtifact
      ? 'is changed by a tenant, and whatever it names is what Flux deploys'
      : 'is changed by a tenant, but only Flux’s controllers report it';
    yield { field: isArtifact ? 'status.artifact' : 'status', message, fix: 'Leave the status to Flux.' };
  },
});

function statusOf(object: object): JsonObject {
  const status = ownMember(object as JsonObject, 'status');
  return typeof status === 'object' && status !== null ? (status as JsonObject) : {};
}
