/** A threat, an advisory or a class of bypasses, and what became of it here. */
export interface Threat {
  /** With it, and a colon, the name of each of its tests begins. */
  readonly id: string;
  readonly title: string;
  /** What meets it; or, where nothing does, why it does not apply. */
  readonly answer: string;
  /** Whether nothing here can meet it. */
  readonly isOutside?: true;
  /** A file with tests of the same id on a real API server. */
  readonly cluster?: string;
}

export interface ThreatGroup {
  readonly title: string;
  readonly source: string;
  readonly threats: readonly Threat[];
}

const capsuleTests = 'test/cluster/capsule-advisories.test.ts';

export const threatGroups: readonly ThreatGroup[] = [
  {
    title: 'Threat model of SIG Security',
    source:
      'https://github.com/kubernetes/sig-security/blob/main/sig-security-docs/papers/admission-control/kubernetes-admission-control-threat-model.md',
    threats: [
      {
        id: 'T1',
        title: 'A flood of calls',
        answer:
          'Calls that would wait for facts are shed at once with 503; connections and bytes in flight are bounded.',
      },
      {
        id: 'T2',
        title: 'Objects that are expensive to judge',
        answer: 'Violations, messages, causes and live reads of one object are bounded.',
      },
      {
        id: 'T3',
        title: 'A misconfiguration lets calls pass by',
        answer: 'The registration is made from the rules and compared with what is registered.',
      },
      {
        id: 'T4',
        title: 'The registration is changed or deleted',
        answer: 'The watch of the registration tells of it; RBAC has to prevent it.',
      },
      {
        id: 'T5',
        title: 'A stolen client certificate',
        answer: 'Who gets in learns decisions; an admitted object is answered without a word about the cluster.',
      },
      {
        id: 'T6',
        title: 'A cluster administrator',
        answer: 'Whoever may change the registration can switch every webhook off.',
        isOutside: true,
      },
      {
        id: 'T7',
        title: 'Somebody listens on the wire',
        answer: 'TLS 1.3, or 1.2 with AEAD where the operator asks for it.',
      },
      {
        id: 'T8',
        title: 'Somebody stands in between',
        answer: 'Client certificates of one CA, and of it only the names that are listed.',
      },
      { id: 'T9', title: 'Another Service takes the traffic', answer: '`services/no-external-ips`.' },
      {
        id: 'T10',
        title: 'A mutation gives privileges',
        answer: 'Defaults add labels that are absent, and what is denied stays denied with them.',
      },
      {
        id: 'T11',
        title: 'Work moves to an exempt namespace',
        answer: 'Exemptions and the platform’s namespaces go by name, in documents of the operator; no label exempts.',
      },
      {
        id: 'T12',
        title: 'A list or field is overlooked',
        answer: 'The [coverage of rules](reference/coverage.md) is computed for every list of containers.',
      },
      {
        id: 'T13',
        title: 'Strings are matched badly',
        answer: 'URLs, hosts and images are parsed, never matched by patterns.',
      },
      {
        id: 'T14',
        title: 'A new or old part of the API',
        answer: 'The kind of the body counts, in every version and through every subresource.',
      },
      {
        id: 'T15',
        title: 'A privileged pod on the node of the webhook',
        answer: '`pods/pod-security`, on by default.',
      },
      { id: 'T16', title: 'A hostPath to the webhook’s files', answer: '`pods/pod-security`, on by default.' },
      {
        id: 'T17',
        title: 'A login on the node',
        answer: 'Whoever is root on a node is past admission.',
        isOutside: true,
      },
      {
        id: 'T18',
        title: 'A policy sends data out',
        answer: 'Policies are data; nothing that judges can reach network, files or processes.',
      },
    ],
  },
  {
    title: 'CVEs and advisories of others',
    source: 'https://kubernetes.io/docs/reference/issues-security/official-cve-feed/',
    threats: [
      {
        id: 'CVE-2025-1974',
        title: 'ingress-nginx: what is sent becomes configuration that runs',
        answer: 'Input is never turned into code, a template or a command.',
      },
      {
        id: 'CVE-2021-25735',
        title: 'API server: the old state is not seen on UPDATE',
        answer: 'Changes are judged by `oldObject`.',
      },
      {
        id: 'CVE-2023-2727, CVE-2023-2728, CVE-2024-3177',
        title: 'API server: ephemeral containers are overlooked',
        answer: 'Containers of all lists are seen through one view, `pods/ephemeralcontainers` is registered.',
      },
      {
        id: 'CVE-2025-4563',
        title: 'NodeRestriction: checked on a status update, not on create',
        answer: 'The [coverage of rules](reference/coverage.md) has each operation and subresource.',
      },
      {
        id: 'CVE-2025-5187',
        title: 'NodeRestriction: an ownerReference has the collector delete a Node',
        answer:
          'For Namespaces `namespaces/owner-references-fixed`; for what isolates and bounds, `network/isolation-kept` and `quota/quota-kept`. Nodes are never sent to a webhook here: intercepting them can stop a cluster.',
      },
      {
        id: 'CVE-2020-8554',
        title: 'Kubernetes: externalIPs take traffic',
        answer: '`services/no-external-ips`, the status of load balancers included.',
      },
      {
        id: 'CVE-2024-7598',
        title: 'Kubernetes: policies go before pods when a namespace ends',
        answer:
          'A tenant cannot take the last isolation itself; the order of the namespace controller is the API server’s.',
      },
      {
        id: 'CVE-2023-34091',
        title: 'Kyverno: objects with a deletionTimestamp are skipped',
        answer: '`deletionTimestamp` and finalizers exempt nothing.',
      },
      {
        id: 'CVE-2025-46342',
        title: 'Kyverno: a failed look-up of a namespace skips policies',
        answer: 'What could not be looked up is undecided, and denied.',
      },
      {
        id: 'CVE-2024-48921',
        title: 'Kyverno: exceptions from any namespace',
        answer: 'Exemptions stand in documents of the operator only.',
      },
      {
        id: 'CVE-2023-33191',
        title: 'Kyverno: the seccomp control is circumvented',
        answer: '`pods/pod-security`, held to the fixtures of the standard in every list.',
      },
      {
        id: 'CVE-2025-47281',
        title: 'Kyverno: nothing where something was expected crashes it',
        answer: 'Null and absent members are read as the API reads them.',
      },
      {
        id: 'CVE-2026-23881',
        title: 'Kyverno: variables that grow exponentially',
        answer: 'Documents have no variables; aliases of YAML are bounded.',
      },
      {
        id: 'CVE-2026-22039, CVE-2026-41068',
        title: 'Kyverno: a tenant’s policy reads other namespaces',
        answer:
          'Tenants write no policies. What an object names is looked up as whose it is, a bounded number of times.',
      },
      {
        id: 'CVE-2026-4789, CVE-2023-47630',
        title: 'Kyverno: requests that a policy or an image causes',
        answer: 'Nothing that judges opens a connection.',
      },
      {
        id: 'CVE-2025-24376, CVE-2025-24784, CVE-2026-42541, GHSA-6r7f-3fwq-hq74',
        title: 'Kubewarden: namespaced policies act beyond their namespace',
        answer: 'There are no policies in namespaces: a Policy that is applied to the cluster is no document.',
      },
      {
        id: 'CVE-2022-46167',
        title: 'Capsule: a service account drops owner and labels',
        answer: '`namespaces/tenant-label-fixed`.',
        cluster: capsuleTests,
      },
      {
        id: 'CVE-2024-39690',
        title: 'Capsule: a namespace of nobody is claimed',
        answer: '`namespaces/tenant-label-fixed`: only the platform gives a namespace away.',
        cluster: capsuleTests,
      },
      {
        id: 'CVE-2025-55205',
        title: 'Capsule: labels are injected into system namespaces',
        answer: '`namespaces/tenant-label-fixed` and `namespaces/reserved-labels`, in the platform’s namespaces too.',
      },
      {
        id: 'CVE-2026-30963',
        title: 'Capsule: namespaces/status and namespaces/finalize change labels',
        answer: 'Both are registered, and the subresource changes nothing about the decision.',
      },
      {
        id: 'GHSA-gwxr-7h77-7777',
        title: 'Capsule: the fix registered a resource that does not exist',
        answer: 'The registration is made from one table, and resolved against a real API server.',
      },
      {
        id: 'CVE-2026-22872, CVE-2026-65835',
        title: 'Capsule: objects of the whole cluster through a tenant',
        answer: '`access/no-cluster-admin-binding` and `access/no-escalating-role`, whichever way they come.',
        cluster: capsuleTests,
      },
      {
        id: 'GHSA-gjw4-3v3v-rqxg',
        title: 'Capsule: lists of forbidden labels do not hold',
        answer: '`namespaces/reserved-labels`: keys and prefixes, compared as text.',
        cluster: capsuleTests,
      },
      {
        id: 'CVE-2023-46254, CVE-2023-48312',
        title: 'Capsule-proxy: an account of the same name, and nobody at all',
        answer: 'Identity is the whole name; an empty one is a tenant’s.',
        cluster: capsuleTests,
      },
      {
        id: 'CVE-2024-12401',
        title: 'cert-manager: parsing PEM takes long',
        answer: 'PEM comes from files and a Secret of the operator only; no tenant’s object is read as PEM.',
        isOutside: true,
      },
      {
        id: 'Reversec 2025-07',
        title: 'Gatekeeper library: ports and prefixes of images',
        answer: 'Images are parsed into registry, port and path.',
      },
      {
        id: 'Gatekeeper #231',
        title: 'Gatekeeper: a namespace ignores itself by a label',
        answer: 'No label exempts.',
      },
      {
        id: 'Pod Security labels',
        title: 'Pod Security Admission: the namespace’s labels are the control',
        answer: '`pods/pod-security` holds a level whatever the labels say.',
      },
    ],
  },
  {
    title: 'Classes of bypasses',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/',
    threats: [
      {
        id: 'Lists',
        title: 'Containers and templates elsewhere',
        answer: 'The [coverage of rules](reference/coverage.md), for each kind with a template.',
      },
      {
        id: 'Routes',
        title: 'Other operations and subresources',
        answer:
          'Dry run, deletecollection, generateName and every subresource are judged alike; CONNECT, eviction and scale carry nothing that a rule reads.',
      },
      {
        id: 'Strings',
        title: 'The same thing spelt otherwise',
        answer: 'Case, dots, ports, users, empty and very long texts.',
      },
      {
        id: 'Identity',
        title: 'Who one seems to be',
        answer: 'Whole names and groups; a node, a nobody and an account elsewhere are tenants.',
      },
      {
        id: 'Values',
        title: 'Quantities and absent values',
        answer: 'Quantities are compared exactly; null is absent; text is no boolean.',
      },
      {
        id: 'State',
        title: 'What is stored, ending or unknown',
        answer: 'Old violations excuse no new ones; what is unknown is undecided.',
      },
      { id: 'Versions', title: 'Other versions of the API', answer: 'Every version is registered and judged.' },
    ],
  },
  {
    title: 'Classes of JavaScript',
    source: 'https://nodejs.org/en/learn/getting-started/security-best-practices',
    threats: [
      { id: 'Prototype keys', title: '`__proto__` and `constructor` as keys', answer: 'They are data.' },
      { id: 'Inherited keys', title: 'A look-up finds what nobody wrote', answer: 'Own members only.' },
      { id: 'Nesting', title: 'Thousands of levels', answer: 'Judged or refused, never a crash.' },
      { id: 'Numbers', title: 'Integers beyond 2^53', answer: 'Quantities are exact; objects are not written again.' },
      {
        id: 'Patterns',
        title: 'Regular expressions that take for ever',
        answer: 'No pattern is made of input; those of the code take long texts in bounded time.',
      },
      { id: 'Throwing', title: 'An exception ends the process', answer: 'It refuses the one request.' },
      {
        id: 'Body limit',
        title: 'Legal objects that are too large',
        answer: 'Two copies of the largest object that etcd takes are judged.',
      },
    ],
  },
];
