import { Type } from '../../../algebra/schema.ts';
import { quotedList } from '../../display.ts';
import type { FluxController } from '../../flux-controllers.ts';
import { lockdownNote, type LockdownNote } from '../../flux-lockdown.ts';
import { doesNoMore } from '../../objects/flux.ts';
import { textAt } from '../../objects/object-fields.ts';
import { defineCheckRule } from '../../rule.ts';
import type { Subject } from '../../subject.ts';

/** Kinds for which a controller acts as the service account, and that controller. */
const controllers = {
  Kustomization: 'kustomize-controller',
  HelmRelease: 'helm-controller',
  ResourceSet: 'flux-operator',
  ResourceSetInputProvider: 'flux-operator',
} as const satisfies Readonly<Record<string, FluxController>>;

export const serviceAccountRequired = defineCheckRule({
  id: 'flux/service-account-required',
  title: 'Flux applies a tenant’s objects as a service account of the tenant',
  severity: 'critical',
  rationale:
    'Without spec.serviceAccountName Flux applies with its controller’s own identity, which is cluster-admin unless the controller was locked down: whoever may write the Kustomization, HelmRelease or ResourceSet may then write everything.',
  remediation: 'Name a service account of the same namespace, bound to what the tenant may do.',
  kinds: ['Kustomization', 'HelmRelease', 'ResourceSet', 'ResourceSetInputProvider'],
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
  references: [
    'https://fluxcd.io/flux/installation/configuration/multitenancy/',
    'https://fluxoperator.dev/docs/crd/resourceset/#role-based-access-control',
  ],
  since: '0.1.0',
  judges: 'state',
  doesNoMore,
  *check(subject, { params, facts }) {
    const field = 'spec.serviceAccountName';
    const name = subject.object.spec?.serviceAccountName ?? '';
    if (name === '' && needsAccount(subject)) {
      const note = lockdownNote(facts, controllers[subject.kind], 'defaultServiceAccount');
      yield {
        field,
        message: `is missing, so Flux would ${workOf(subject)} ${asWhom(note)}`,
        fix: 'Name a service account of the namespace:\n  spec:\n    serviceAccountName: <name>',
        severity: note.severity,
      };
    } else if (name !== '' && params.allowedNames.length > 0 && !params.allowedNames.includes(name)) {
      yield {
        field,
        message: `${JSON.stringify(name)} is not among the allowed service accounts: ${quotedList(params.allowedNames)}`,
        fix: 'Use one of the allowed service accounts.',
      };
    }
  },
});

/** An input provider acts in the cluster only where it looks for artifacts there; elsewhere it must not name an account. */
function needsAccount({ kind, object }: Subject<keyof typeof controllers>): boolean {
  return kind !== 'ResourceSetInputProvider' || textAt(object, 'spec.type') === 'ExternalArtifact';
}

function workOf({ kind }: Subject<keyof typeof controllers>): string {
  return kind === 'ResourceSetInputProvider' ? 'look for artifacts' : 'apply';
}

function asWhom({ severity, clause }: LockdownNote): string {
  return severity === undefined
    ? `with the identity of its controller instead of the tenant’s${clause}`
    : `as nobody that the object names${clause}`;
}
