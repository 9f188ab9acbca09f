import { rbacGroup, type PolicyRule } from './rbac.ts';

/** What a rule of a role must not grant, and what it would be good for. */
interface Power {
  readonly group: string;
  /** With its subresource, such as `serviceaccounts/token`. */
  readonly resource: string;
  readonly verbs: readonly string[];
  /** Of a kind without a namespace: a Role grants nothing on it. */
  readonly isClusterScoped: boolean;
  /** Only where a `*` grants it: by its name the power is an ordinary one. */
  readonly byWildcardOnly: boolean;
  readonly why: string;
}

const writes = ['create', 'update', 'patch', 'delete', 'deletecollection'];
const changes = ['update', 'patch'];

const why = {
  grant: 'grant what it does not have itself',
  impersonate: 'act as somebody else',
  token: 'make itself tokens of other service accounts',
  namespace: 'change a Namespace, whose labels say whose it is and how it is guarded',
  kubelet: 'run commands in every pod of a node, past the API server’s admission and audit',
  certificate: 'have a certificate for any user',
  volume: 'reach files of the nodes through a volume',
  admission: 'change how every write to the cluster is judged',
  policy: 'change the policies, quotas and roles that bound it',
  cluster: 'change what all tenants share',
} as const;

function power(group: string, resources: string, verbs: readonly string[], reason: keyof typeof why): Power[] {
  return listed(group, resources, { verbs, isClusterScoped: false, byWildcardOnly: false, why: why[reason] });
}

function clusterPower(group: string, resources: string, verbs: readonly string[], reason: keyof typeof why): Power[] {
  return listed(group, resources, { verbs, isClusterScoped: true, byWildcardOnly: false, why: why[reason] });
}

function wildcardPower(group: string, resources: string, isClusterScoped: boolean): Power[] {
  const reason = isClusterScoped ? why.cluster : why.policy;
  return listed(group, resources, { verbs: writes, isClusterScoped, byWildcardOnly: true, why: reason });
}

function listed(group: string, resources: string, rest: Omit<Power, 'group' | 'resource'>): Power[] {
  return resources.split(' ').map((resource) => ({ group, resource, ...rest }));
}

/**
 * After https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks, and the kinds by which
 * tenants are kept apart.
 */
const powers: readonly Power[] = [
  ...power(rbacGroup, 'roles clusterroles', ['escalate', 'bind'], 'grant'),
  ...power('', 'serviceaccounts users groups', ['impersonate'], 'impersonate'),
  ...power('authentication.k8s.io', 'uids userextras userextras/scopes', ['impersonate'], 'impersonate'),
  ...power('', 'serviceaccounts/token', ['create'], 'token'),
  ...power('', 'namespaces', writes, 'namespace'),
  ...power('', 'namespaces/status namespaces/finalize', changes, 'namespace'),
  ...clusterPower('', 'nodes/proxy', ['get', ...writes], 'kubelet'),
  ...clusterPower('', 'persistentvolumes', ['create', ...changes], 'volume'),
  ...clusterPower('certificates.k8s.io', 'certificatesigningrequests', ['create'], 'certificate'),
  ...clusterPower('certificates.k8s.io', 'certificatesigningrequests/approval', changes, 'certificate'),
  ...clusterPower('certificates.k8s.io', 'certificatesigningrequests/status', changes, 'certificate'),
  ...clusterPower('certificates.k8s.io', 'signers', ['approve', 'sign'], 'certificate'),
  ...clusterPower(
    'admissionregistration.k8s.io',
    'validatingwebhookconfigurations mutatingwebhookconfigurations validatingadmissionpolicies validatingadmissionpolicybindings mutatingadmissionpolicies mutatingadmissionpolicybindings',
    writes,
    'admission',
  ),
  ...wildcardPower('', 'resourcequotas limitranges', false),
  ...wildcardPower('networking.k8s.io', 'networkpolicies', false),
  ...wildcardPower(rbacGroup, 'roles rolebindings', false),
  ...wildcardPower('cilium.io', 'ciliumnetworkpolicies', false),
  ...wildcardPower('crd.projectcalico.org', 'networkpolicies', false),
  ...wildcardPower('projectcalico.org', 'networkpolicies', false),
  ...wildcardPower('crd.antrea.io', 'networkpolicies', false),
  ...wildcardPower('', 'nodes persistentvolumes', true),
  ...wildcardPower(rbacGroup, 'clusterroles clusterrolebindings', true),
  ...wildcardPower('apiextensions.k8s.io', 'customresourcedefinitions', true),
  ...wildcardPower('apiregistration.k8s.io', 'apiservices', true),
  ...wildcardPower('certificates.k8s.io', 'certificatesigningrequests clustertrustbundles', true),
  ...wildcardPower('networking.k8s.io', 'ingressclasses', true),
  ...wildcardPower('gateway.networking.k8s.io', 'gatewayclasses', true),
  ...wildcardPower('storage.k8s.io', 'storageclasses csidrivers csinodes volumeattachments', true),
  ...wildcardPower('scheduling.k8s.io', 'priorityclasses', true),
  ...wildcardPower('node.k8s.io', 'runtimeclasses', true),
  ...wildcardPower('flowcontrol.apiserver.k8s.io', 'flowschemas prioritylevelconfigurations', true),
  ...wildcardPower(
    'policy.networking.k8s.io',
    'adminnetworkpolicies baselineadminnetworkpolicies clusternetworkpolicies',
    true,
  ),
  ...wildcardPower('cilium.io', 'ciliumclusterwidenetworkpolicies', true),
  ...wildcardPower('crd.projectcalico.org', 'globalnetworkpolicies tiers', true),
  ...wildcardPower('projectcalico.org', 'globalnetworkpolicies tiers', true),
  ...wildcardPower('crd.antrea.io', 'clusternetworkpolicies tiers', true),
];

/** What a rule of a role grants beyond a tenant's boundary, and why that is too much. */
export interface GrantedPower {
  /** As the rule writes them, sorted. */
  readonly verbs: readonly string[];
  readonly resources: readonly string[];
  readonly reasons: readonly string[];
}

/** What the rule grants beyond a tenant's boundary, one item for the same verbs on the same resources. */
export function powersIn(rule: PolicyRule, role: 'Role' | 'ClusterRole'): readonly GrantedPower[] {
  const found = new Map<string, Grant>();
  for (const one of powers) {
    const granted = one.isClusterScoped && role === 'Role' ? undefined : grantedBy(rule, one);
    if (granted !== undefined) found.set(one.why, unite(found.get(one.why), granted));
  }
  const merged = new Map<string, GrantedPower>();
  for (const [reason, grant] of found) {
    const key = JSON.stringify(grant);
    merged.set(key, { ...grant, reasons: [...(merged.get(key)?.reasons ?? []), reason] });
  }
  return [...merged.values()];
}

type Grant = Pick<GrantedPower, 'verbs' | 'resources'>;

function unite(a: Grant | undefined, b: Grant): Grant {
  return {
    verbs: [...new Set([...(a?.verbs ?? []), ...b.verbs])].sort(),
    resources: [...new Set([...(a?.resources ?? []), ...b.resources])].sort(),
  };
}

/** Verbs and resources of the rule, as it writes them, that grant the power. */
function grantedBy(rule: PolicyRule, wanted: Power): Grant | undefined {
  if (!(rule.apiGroups ?? []).some((group) => group === '*' || group === wanted.group)) return undefined;
  const resources = (rule.resources ?? []).filter((resource) => matchesResource(resource, wanted.resource));
  const verbs = (rule.verbs ?? []).filter((verb) => wanted.verbs.some((one) => matchesVerb(verb, one)));
  if (resources.length === 0 || verbs.length === 0) return undefined;
  const isWildcard = [...resources, ...verbs].some((text) => text.startsWith('*'));
  return isWildcard || !wanted.byWildcardOnly ? { verbs, resources } : undefined;
}

/** As the authorizer of RBAC matches: `*` is every resource with all its subresources, `*\/status` that one of each. */
function matchesResource(granted: string, wanted: string): boolean {
  const slash = wanted.indexOf('/');
  return granted === '*' || granted === wanted || (slash >= 0 && granted === `*${wanted.slice(slash)}`);
}

/** Constrained impersonation has verbs of its own, such as `impersonate:user-info` (KEP-5284). */
function matchesVerb(granted: string, wanted: string): boolean {
  return granted === '*' || granted === wanted || (wanted === 'impersonate' && granted.startsWith('impersonate:'));
}
