import { Type } from '../../../algebra/schema.ts';
import { defineCheckRule } from '../../rule.ts';
import type { Operation } from '../../subject.ts';

const verbs: Readonly<Record<Operation, string>> = { CREATE: 'creates', UPDATE: 'changes', DELETE: 'deletes' };

export const platformNamespacesGuarded = defineCheckRule({
  id: 'namespaces/platform-namespaces-guarded',
  title: 'Tenants do not write the platform’s namespaces',
  severity: 'critical',
  rationale:
    'What the platform’s Namespace objects carry holds for the whole cluster: the Pod Security level of kube-system, the labels by which webhooks and flows select, or leave out. Roles that reach too far give a tenant what no tenant needs: engines that label or claim namespaces for it have done it with system namespaces. So a tenant neither creates, changes nor deletes one, whatever its roles say, on its own or through Flux, and on subresources as well. Nodes and the control plane’s own accounts are never asked, nor are the platform’s principals.',
  remediation:
    'Take the right from the role. Who acts for the platform belongs to its principals in the Tenancy document.',
  kinds: ['Namespace'],
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  facts: [],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://kubernetes.io/docs/concepts/security/multi-tenancy/#namespaces',
    'https://nvd.nist.gov/vuln/detail/CVE-2025-55205',
  ],
  since: '0.1.0',
  guardsPlatform: true,
  judges: 'change',
  *check({ operation, name, principal }, { tenancy }) {
    if (principal.kind !== 'tenant' || !tenancy.platformNamespaces.has(name)) return;
    yield {
      field: 'metadata.name',
      message: `${JSON.stringify(name)} is a namespace of the platform, and a tenant ${verbs[operation]} it`,
      fix: 'Leave it to the platform.',
    };
  },
});
