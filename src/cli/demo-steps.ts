/** One request of the demo: what is applied or deleted, and by whom. */
export interface DemoStep {
  readonly verb: 'apply' | 'delete';
  /** Below `examples/`. */
  readonly file: string;
  /** Of a file with several objects only this one. */
  readonly only?: string;
  readonly expected: 'denied' | 'admitted';
}

/** A layer of isolation, with one attack and its good twin. */
export interface DemoChapter {
  readonly title: string;
  readonly steps: readonly DemoStep[];
}

/** The tenant that acts in the demo: a service account of its own, as Flux impersonates it. */
export const demoUser = {
  username: 'system:serviceaccount:acme-dev:deployer',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:acme-dev', 'system:authenticated'],
} as const;

export const demoChapters: readonly DemoChapter[] = [
  {
    title: 'Network: a policy must stay inside its tenant',
    steps: [
      { verb: 'apply', file: 'network/attack.yaml', expected: 'denied' },
      { verb: 'delete', file: 'cluster.yaml', only: 'default-deny', expected: 'denied' },
      { verb: 'apply', file: 'network/good.yaml', expected: 'admitted' },
    ],
  },
  {
    title: 'Pods: they stay on the pod network, and get their tenant’s label',
    steps: [
      { verb: 'apply', file: 'pods/attack.yaml', expected: 'denied' },
      { verb: 'apply', file: 'pods/good.yaml', expected: 'admitted' },
    ],
  },
  {
    title: 'Namespaces: only the platform says whose they are',
    steps: [
      { verb: 'apply', file: 'namespaces/attack.yaml', expected: 'denied' },
      { verb: 'apply', file: 'namespaces/good.yaml', expected: 'admitted' },
    ],
  },
  {
    title: 'Flux: it acts as the tenant, from the tenant’s sources',
    steps: [
      { verb: 'apply', file: 'flux/attack.yaml', expected: 'denied' },
      { verb: 'apply', file: 'flux/good.yaml', expected: 'admitted' },
    ],
  },
];
