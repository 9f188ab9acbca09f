import { Type } from '../../../algebra/schema.ts';
import { doesNoMore } from '../../objects/flux.ts';
import { defineCheckRule } from '../../rule.ts';

export const noRemoteDecryption = defineCheckRule({
  id: 'flux/no-remote-decryption',
  title: 'Tenants decrypt with keys of their own',
  severity: 'high',
  rationale:
    'Where spec.decryption names neither a Secret nor a service account, kustomize-controller decrypts with what it has itself: the cluster’s global age key, a token for Vault, or its cloud identity. A tenant that gets hold of another’s encrypted file can then have it decrypted.',
  remediation: 'Name a Secret with the tenant’s keys, or a service account with a cloud identity of the tenant.',
  kinds: ['Kustomization'],
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object(
    {
      requireServiceAccount: Type.Boolean({
        default: false,
        description:
          'Demand decryption.serviceAccountName beside a secretRef too: files encrypted with a cloud’s keys are otherwise decrypted as the controller.',
      }),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://fluxcd.io/flux/components/kustomize/kustomizations/#decryption',
    'https://fluxcd.io/flux/components/kustomize/kustomizations/#controller-global-decryption',
  ],
  since: '0.1.0',
  judges: 'state',
  doesNoMore,
  *check(subject, { params }) {
    const decryption = subject.object.spec?.decryption;
    if (decryption === undefined || decryption === null || (decryption.serviceAccountName ?? '') !== '') return;
    const hasSecret = (decryption.secretRef?.name ?? '') !== '';
    if (!hasSecret) {
      yield {
        field: 'spec.decryption',
        message:
          'names neither secretRef nor serviceAccountName, so Flux would decrypt with the keys of its controller',
        fix: 'Name a Secret of the namespace:\n  spec:\n    decryption:\n      provider: sops\n      secretRef:\n        name: <name>',
      };
    } else if (params.requireServiceAccount) {
      yield {
        field: 'spec.decryption.serviceAccountName',
        message: 'is missing, so Flux would use its controller’s cloud identity for files that a cloud’s keys encrypt',
        fix: 'Name a service account of the namespace:\n  spec:\n    decryption:\n      serviceAccountName: <name>',
      };
    }
  },
});
