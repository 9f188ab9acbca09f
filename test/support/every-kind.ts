import type { AdmissionRequest } from '../../src/admission/review-schema.ts';
import { subjectOfRequest } from '../../src/admission/subject-of-request.ts';
import type { Decision } from '../../src/policy/decision.ts';
import { evaluate, unreadable } from '../../src/policy/evaluate.ts';
import type { Facts } from '../../src/policy/facts.ts';
import { kinds, type JudgedObject, type Kind } from '../../src/policy/objects/kinds.ts';
import { createObjectReader } from '../../src/policy/objects/read-object.ts';
import type { PolicySet } from '../../src/policy/policy-set.ts';
import type { Operation, Subject } from '../../src/policy/subject.ts';
import { factsOf, twoTenants } from './facts.ts';
import type { Manifest } from './minimal-objects.ts';
import { annotated, withNoise } from './noise.ts';
import { changedObject, randomObject } from './object-generator.ts';
import type { Random } from './random.ts';
import type { Model } from './shape.ts';

/** What judging many objects of a kind came to. */
export interface Tally {
  readonly denied: number;
  readonly admitted: number;
  /** What went against a property; the first few. */
  readonly problems: readonly string[];
}

const mostProblems = 3;

/** Everything is known here, and little of it elsewhere. */
const known = factsOf();
const partlyKnown = factsOf({
  namespaces: { ...twoTenants, 'globex-dev': undefined },
  networkPolicies: {},
  pods: {},
  podTemplates: {},
  resourceQuotas: {},
  limitRanges: {},
});

const userInfos: readonly AdmissionRequest['userInfo'][] = [
  { username: 'jane', groups: ['developers'] },
  { username: 'jane' },
  { username: 'system:serviceaccount:acme-dev:deployer', groups: ['system:serviceaccounts'] },
  { username: 'system:serviceaccount:acme-dev:deployer', groups: ['system:serviceaccounts'] },
  { username: 'system:serviceaccount:nobody:deployer' },
  { username: 'system:kube-controller-manager' },
  { username: 'root', groups: ['system:masters'] },
  {},
];

const operations: readonly Operation[] = ['CREATE', 'CREATE', 'CREATE', 'CREATE', 'UPDATE', 'UPDATE', 'DELETE'];
const namespaces = ['acme-dev', 'acme-dev', 'acme-dev', 'acme-prod', 'globex-dev', 'default', 'missing'];

/** Judges random objects of one kind by a set, and tells what goes against a property that every decision has. */
export class KindTrial {
  readonly #model: Model;
  readonly #set: PolicySet;
  readonly #random: Random;
  readonly #read = createObjectReader();
  readonly #subresources: readonly (string | undefined)[];

  constructor(model: Model, set: PolicySet, random: Random) {
    this.#model = model;
    this.#set = set;
    this.#random = random;
    this.#subresources = [undefined, ...subresourcesOf(model.kind, set)];
  }

  run(cases: number): Tally {
    const problems: string[] = [];
    let denied = 0;
    let admitted = 0;
    for (let count = 0; count < cases && problems.length < mostProblems; count += 1) {
      const request = this.#request();
      try {
        const { problem, decision } = this.#judge(request);
        if (problem !== undefined) problems.push(`case ${count}: ${problem}: ${JSON.stringify(request)}`);
        if (decision?.outcome === 'denied') denied += 1;
        if (decision?.admitted === true) admitted += 1;
      } catch (error) {
        problems.push(`case ${count}: threw ${String(error)}: ${JSON.stringify(request)}`);
      }
    }
    return { denied, admitted, problems };
  }

  #request(): AdmissionRequest {
    const random = this.#random;
    const { kind } = this.#model;
    const { group, resource, namespaced, kind: wireKind = kind } = kinds[kind];
    const object = randomObject(this.#model, random);
    const operation = random.pick(operations);
    const subResource = operation === 'UPDATE' && random.oneIn(3) ? random.pick(this.#subresources) : undefined;
    const version = String(object['apiVersion']).split('/').at(-1)!;
    return {
      uid: 'a',
      kind: { group, version, kind: wireKind },
      resource: { group, version, resource },
      operation,
      userInfo: random.pick(userInfos),
      ...(namespaced ? { namespace: random.pick(namespaces) } : {}),
      ...(subResource === undefined ? {} : { subResource }),
      ...this.#objects(operation, object),
    };
  }

  #objects(operation: Operation, object: Manifest): Pick<AdmissionRequest, 'object' | 'oldObject'> {
    if (operation === 'CREATE') return { object };
    if (operation === 'DELETE') return { oldObject: object };
    const oldObject = this.#random.oneIn(3)
      ? randomObject(this.#model, this.#random)
      : changedObject(this.#model, object, this.#random);
    return { object, oldObject };
  }

  #judge(request: AdmissionRequest): { readonly problem: string | undefined; readonly decision?: Decision } {
    const found = subjectOfRequest(request, this.#set.tenancy, this.#read);
    switch (found.state) {
      case 'not-judged':
        return { problem: 'the kind is not judged' };
      case 'unreadable': {
        const { kind, operation, faults } = found;
        if (faults.some(({ field, message }) => field === '' || message === ''))
          return { problem: 'a fault of nothing' };
        const decision = unreadable(kind, operation, this.#set, faults, {
          namespace: request.namespace ?? '',
          today: known.today,
        });
        return { problem: problemOf(decision), decision };
      }
      case 'judged': {
        const facts = this.#random.oneIn(8) ? partlyKnown : known;
        const decision = evaluate(found.subject, this.#set, facts);
        const problem = problemOf(decision) ?? this.#problemWith(found.subject, decision, facts);
        return { problem, decision };
      }
    }
  }

  #problemWith(subject: Subject, decision: Decision, facts: Facts): string | undefined {
    if (subject.operation === 'DELETE') return undefined;
    const unchanged = this.#problemUnchanged(subject, facts);
    if (unchanged !== undefined || decision.outcome !== 'denied') return unchanged;
    const noisy = withNoise(subject.object, this.#model.shape, this.#random);
    const object = this.#readAgain(subject.kind, noisy);
    if (object === undefined) return undefined;
    const { outcome } = evaluate({ ...subject, object }, this.#set, facts);
    return outcome === 'denied' ? undefined : `${outcome} with noise: ${JSON.stringify(noisy)}`;
  }

  /** What is as it was is admitted, whatever is wrong with it, and whatever comes to know it. */
  #problemUnchanged(subject: Subject, facts: Facts): string | undefined {
    const { object } = subject;
    const old = this.#random.oneIn(16) ? (JSON.parse(JSON.stringify(object)) as JudgedObject) : object;
    for (const subresource of this.#subresources) {
      const same: Subject = { ...subject, operation: 'UPDATE', subresource, object, old };
      const { admitted, outcome } = evaluate(same, this.#set, facts);
      if (!admitted || outcome !== 'allowed') return `${outcome} unchanged through ${subresource ?? 'itself'}`;
    }
    return facts === known && this.#random.oneIn(2) ? this.#problemAnnotated(subject, old) : undefined;
  }

  /** The same, where a new annotation makes every rule look again. No tenant annotates a namespace of the platform. */
  #problemAnnotated(subject: Subject, old: JudgedObject): string | undefined {
    if (subject.kind === 'Namespace' && this.#set.tenancy.platformNamespaces.has(subject.name)) return undefined;
    if (subject.namespace !== undefined && known.namespace(subject.namespace) === 'missing') return undefined;
    const object = annotated(subject.object) as unknown as JudgedObject;
    const subresource = this.#random.pick(this.#subresources);
    const { outcome } = evaluate({ ...subject, operation: 'UPDATE', subresource, object, old }, this.#set, known);
    return outcome === 'allowed' ? undefined : `${outcome} with an annotation through ${subresource ?? 'itself'}`;
  }

  #readAgain(kind: Kind, value: Manifest): JudgedObject | undefined {
    const parsed = this.#read(kind, value);
    return parsed.ok ? parsed.value : undefined;
  }
}

/** Subresources by which objects of the kind come before a rule. */
function subresourcesOf(kind: Kind, { subresourceChecks }: PolicySet): readonly string[] {
  const judged = [...subresourceChecks.keys()].filter((key) => key.startsWith(`${kind}/`));
  return [...new Set([...kinds[kind].subresources, ...judged.map((key) => key.slice(kind.length + 1))])];
}

/** Whether a rule that is enforced judges what is made or changed of the kind. */
export function mayDeny(kind: Kind, set: PolicySet): boolean {
  const parts = subresourcesOf(kind, set).flatMap((name) => set.subresourceChecks.get(`${kind}/${name}`) ?? []);
  return [...(set.checks.get(kind) ?? []), ...parts].some(({ mode, rule }) => {
    return mode === 'enforce' && rule.operations.some((operation) => operation !== 'DELETE');
  });
}

/** What is wrong with any decision that does not say why. */
function problemOf({ outcome, admitted, violations, gaps, missingFacts }: Decision): string | undefined {
  if (violations.some(({ message, fix }) => message === '' || fix === '')) return 'a violation without words';
  const isExplained = gaps.every(({ field, message }) => {
    return message !== '' && (field !== '' || missingFacts.length > 0 || message.startsWith('more than'));
  });
  if (!isExplained || (outcome === 'undecided' && gaps.length === 0)) return 'undecided without a reason';
  return admitted && outcome === 'denied' ? 'denied and admitted' : undefined;
}
