import type { Leniency } from '../policy/decision.ts';
import { unreadable } from '../policy/evaluate.ts';
import type { FactRequest } from '../policy/facts.ts';
import type { JudgedObject, Kind } from '../policy/objects/kinds.ts';
import type { Pod } from '../policy/objects/pod.ts';
import type { ObjectReader } from '../policy/objects/read-object.ts';
import type { PolicySet } from '../policy/policy-set.ts';
import { isInScope, isJudged } from '../policy/subject-owner.ts';
import type { Owner } from '../tenancy/owner.ts';
import type { AuditResult } from './audit-report.ts';
import { CopyFolding } from './copy-folding.ts';
import { FindingList } from './finding-list.ts';
import { judgeStored, subjectOf, type StoredJudgement, type StoredViolation } from './judge-stored.ts';
import { factKinds, NamespaceFacts } from './namespace-facts.ts';
import type { Pace } from './ports.ts';
import type { ScanFacts } from './scan-facts.ts';
import { SoundPods } from './sound-pods.ts';
import { referenceOf, type StoredObject } from './stored-object.ts';

/** Reads that one object may cause, as at admission. */
const mostReads = 32;

/** Objects that are held before they are judged; who is not held is let go of. */
const mostUnjudged = 1_000;

/** A rule may ask for a second fact only once it has the first. */
const mostRounds = 3;

/** What the parts of a scan share. */
export interface ScanContext {
  /** Its rules that judge what is stored. */
  readonly set: PolicySet;
  readonly read: ObjectReader;
  readonly facts: ScanFacts;
  readonly pace: Pace;
  /** Kinds of which one was held: they ask for what comes later, so others are held before they are judged. */
  readonly held: Set<Kind>;
}

/** An object that can be judged better later. */
interface HeldObject {
  readonly stored: StoredObject;
  readonly object: JudgedObject;
}

const factKindSet: ReadonlySet<Kind> = new Set(factKinds);

/**
 * The objects of one namespace, or those in none. Each is judged as it comes and let go of; one that asks for what is yet
 * to be read is held until {@link settle}.
 */
export class PlaceScan {
  readonly findings: FindingList;
  /** When the Namespace was last written, where that is known. */
  readonly namespaceWrittenAt: string | undefined;
  readonly content = new NamespaceFacts();
  readonly present = new Set<Kind>();
  /** Kinds of which an object could not be read or judged. */
  readonly undecided = new Set<Kind>();
  readonly #context: ScanContext;
  readonly #owner: Owner | undefined;
  readonly #folding = new CopyFolding();
  readonly #held: HeldObject[] = [];
  readonly #sound = new SoundPods();
  readonly #isInForce = new Map<Kind, boolean>();

  /** `owner`: whose the namespace is, where that is known. */
  constructor(context: ScanContext, owner: Owner | undefined, namespaceObject?: StoredObject) {
    this.#context = context;
    this.#owner = owner;
    const namespace = namespaceObject && referenceOf(namespaceObject);
    this.namespaceWrittenAt = namespace?.writtenAt;
    this.findings = new FindingList(namespace);
  }

  /** Judges an object, or holds it. Tells whether a rule in force is for it. */
  judge(stored: StoredObject): boolean {
    const { kind, value } = stored;
    this.present.add(kind);
    const isInForce = this.#holds(stored);
    const isFact = factKindSet.has(kind);
    if (!isInForce && !isFact) return false;
    const original = isInForce ? this.#sound.originalOf(stored) : undefined;
    if (original !== undefined) {
      this.content.addReplica(value as Pod, original);
      return true;
    }
    const parsed = this.#context.read(kind, value);
    if (!parsed.ok) {
      this.content.forget(kind);
      this.#noteUnreadable(stored, parsed.faults);
      return isInForce;
    }
    if (isFact) this.content.add(kind, parsed.value);
    if (isInForce) this.#judgeOrHold({ stored, object: parsed.value });
    return isInForce;
  }

  /** Judges what is held, now that the namespace is read; what else it asks for is read for it. */
  async settle(): Promise<void> {
    for (const { stored, object } of this.#held.splice(0)) {
      const subject = subjectOf(stored, object);
      const { set, facts } = this.#context;
      let judgement = judgeStored(subject, set, facts);
      let reads = 0;
      for (let round = 0; round < mostRounds; round += 1) {
        const open = this.#learnable(judgement).slice(0, mostReads - reads);
        if (open.length === 0) break;
        reads += open.length;
        for (const request of open) await facts.fetch(request);
        judgement = judgeStored(subject, set, facts);
      }
      this.#finish(stored, judgement);
      await this.#context.pace.pause();
    }
  }

  #judgeOrHold(one: HeldObject): void {
    const { set, facts, held } = this.#context;
    const { stored, object } = one;
    if (!held.has(stored.kind) || this.#held.length >= mostUnjudged) {
      const judgement = judgeStored(subjectOf(stored, object), set, facts);
      if (this.#learnable(judgement).length === 0) {
        this.#finish(stored, judgement);
        return;
      }
      held.add(stored.kind);
    }
    this.#held.push(one);
  }

  #learnable({ decision: { missingFacts, adviceFacts } }: StoredJudgement): readonly FactRequest[] {
    if (missingFacts.length + adviceFacts.length === 0) return missingFacts;
    return [...missingFacts, ...adviceFacts].filter((request) => this.#context.facts.mayLearn(request));
  }

  /** Whether a rule in force is for such an object here: the same for all of a kind in one place. */
  #holds(stored: StoredObject): boolean {
    const { kind, namespace } = stored;
    const known = this.#isInForce.get(kind);
    if (known !== undefined) return known;
    const owner = namespace === undefined && kind !== 'Namespace' ? nobody : this.#owner;
    const isInForce = isRuleFor(stored, this.#context.set, owner);
    this.#isInForce.set(kind, isInForce);
    return isInForce;
  }

  #noteUnreadable(stored: StoredObject, faults: Parameters<typeof unreadable>[3]): void {
    const { set, facts } = this.#context;
    const circumstances = { namespace: stored.namespace ?? '', today: facts.today };
    const { gaps } = unreadable(stored.kind, 'CREATE', set, faults, circumstances);
    if (gaps.length === 0) return;
    this.undecided.add(stored.kind);
    for (const { field, message } of faults) {
      this.findings.addGap(
        referenceOf(stored),
        undefined,
        field === '' ? `the object ${message}` : `${field} ${message}`,
      );
    }
  }

  #finish(stored: StoredObject, { violations, decision }: StoredJudgement): void {
    if (violations.length + decision.gaps.length === 0) {
      this.#sound.add(stored);
      return;
    }
    const results = violations.map((one) => resultOf(one, stored, this.#tenantOf(stored)));
    for (const result of this.#folding.fold(stored, results)) this.findings.add(result);
    if (decision.gaps.length > 0) this.undecided.add(stored.kind);
    for (const { rule, message } of decision.gaps) this.findings.addGap(referenceOf(stored), rule, message);
  }

  #tenantOf({ kind, namespace }: StoredObject): string | undefined {
    const isHere = namespace !== undefined || kind === 'Namespace';
    return isHere && this.#owner?.kind === 'tenant' ? this.#owner.tenant : undefined;
  }
}

const nobody: Owner = { kind: 'unmanaged' };

/** Whether a rule in force is for such an object: the question that `evaluate` asks before it asks any rule. */
export function isRuleFor(stored: StoredObject, set: PolicySet, owner: Owner | undefined): boolean {
  // What is asked here needs no more of the object than its place, so it need not be readable.
  const subject = subjectOf(stored, stored.value as unknown as JudgedObject);
  if (!isJudged(subject, owner, set.tenancy)) return false;
  return (set.checks.get(stored.kind) ?? []).some((entry) => isInScope(entry, subject, owner));
}

function resultOf(
  { violation, writer }: StoredViolation,
  stored: StoredObject,
  tenant: string | undefined,
): AuditResult {
  const { rule, severity, mode, policy, field, message, fix, leniency, enforcedFrom } = violation;
  return {
    rule,
    severity,
    mode,
    policy,
    object: referenceOf(stored),
    ...(tenant === undefined ? {} : { tenant }),
    field,
    message,
    fix,
    ...(enforcedFrom === undefined ? {} : { enforcedFrom }),
    writer,
    copies: 0,
    ...exemptionOf(leniency),
  };
}

/** Nothing was there before: what lets a violation pass is an exemption. */
function exemptionOf(leniency: Leniency | undefined): Pick<AuditResult, 'exemption'> {
  if (leniency?.kind !== 'exempt') return {};
  const { owner, reason, expires } = leniency;
  return { exemption: { owner, reason, expires } };
}
