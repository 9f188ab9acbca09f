import { Type } from '../../../algebra/schema.ts';
import type { Tenancy } from '../../../tenancy/tenancy.ts';
import { display, quotedList } from '../../display.ts';
import { podKinds } from '../../objects/kinds.ts';
import { joinField, podViewOf, type PodView } from '../../objects/pod-view.ts';
import { defineCheckRule, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';

export const noForeignServiceAccountToken = defineCheckRule({
  id: 'pods/no-foreign-service-account-token',
  title: 'Pods of tenants hold no tokens of the platform, nor for systems that nobody approved',
  severity: 'critical',
  rationale:
    'A pod gets the token of its service account, and whoever gets into the pod acts as that account. Accounts that the platform put into a tenant’s namespace, such as the one Flux applies with, may do more than the tenant. A token for another audience logs in elsewhere, in a cloud or a vault, as whatever that system takes the account for.',
  remediation:
    'Run the pod as a service account of the tenant. Where tokens for another system are wanted, the platform names its audience in the params.',
  kinds: podKinds,
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object(
    {
      platformServiceAccounts: Type.Array(Type.String({ minLength: 1 }), {
        default: [],
        description:
          'Names of service accounts in tenants’ namespaces that are the platform’s, beside those that are the platform’s users in the Tenancy document.',
      }),
      audiences: Type.Array(Type.String({ minLength: 1 }), {
        default: ['https://kubernetes.default.svc', 'https://kubernetes.default.svc.cluster.local'],
        description:
          'Audiences that a projected token may name: those of the API server, and of other systems that tenants log in to. A token without one is for the API server.',
      }),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://kubernetes.io/docs/concepts/security/service-accounts/',
    'https://kubernetes.io/docs/concepts/storage/projected-volumes/#serviceaccounttoken',
    'https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation',
  ],
  since: '0.1.0',
  judges: 'state',
  check(subject, { params, tenancy }) {
    const pod = podViewOf(subject.kind, subject.object);
    if (pod === undefined) return [];
    const audiences = judgeAudiences(pod, params.audiences);
    const { name, field } = serviceAccountOf(pod);
    const namespace = namespaceOf(subject);
    if (!params.platformServiceAccounts.includes(name) && !isPlatforms(tenancy, namespace, name)) return audiences;
    const account: Violation = {
      field: joinField(pod.field, field),
      message: `${display(name)} is an account of the platform in namespace ${JSON.stringify(namespace)}: whoever gets into the pod acts as the platform`,
      fix: 'Name a service account of the tenant.',
    };
    return [account, ...audiences];
  },
});

/** A pod that names no account runs as `default`. The deprecated field means the same. */
function serviceAccountOf({ spec }: PodView): { readonly name: string; readonly field: string } {
  const { serviceAccountName, serviceAccount } = spec;
  const deprecated = serviceAccount ?? '';
  if ((serviceAccountName ?? '') === '' && deprecated !== '') return { name: deprecated, field: 'spec.serviceAccount' };
  const name = serviceAccountName ?? '';
  return { name: name === '' ? 'default' : name, field: 'spec.serviceAccountName' };
}

/** Whether the Tenancy document lists the account among the platform's users. */
function isPlatforms({ platformUsers }: Tenancy, namespace: string, name: string): boolean {
  return platformUsers.size > 0 && platformUsers.has(`system:serviceaccount:${namespace}:${name}`);
}

function judgeAudiences(pod: PodView, audiences: readonly string[]): readonly Violation[] {
  const found: Violation[] = [];
  pod.spec.volumes?.forEach((volume, index) => {
    volume.projected?.sources?.forEach((source, position) => {
      const audience = source.serviceAccountToken?.audience ?? '';
      if (audience === '' || audiences.includes(audience)) return;
      found.push({
        field: joinField(
          pod.field,
          `spec.volumes[${index}].projected.sources[${position}].serviceAccountToken.audience`,
        ),
        message: `${display(audience)} is not an audience that tokens of tenants are for; these are: ${quotedList(audiences)}`,
        fix: 'Remove the audience: the token is for the API server then.',
      });
    });
  });
  return found;
}
