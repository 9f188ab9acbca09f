import type { JudgedViolation } from '../../../src/policy/decision.ts';
import { evaluate } from '../../../src/policy/evaluate.ts';
import { mutate } from '../../../src/policy/mutate.ts';
import type { Kind } from '../../../src/policy/objects/kinds.ts';
import { createObjectReader } from '../../../src/policy/objects/read-object.ts';
import { policySetOf, type PolicySet } from '../../../src/policy/policy-set.ts';
import type { CheckRule, DefaultRule, Rule } from '../../../src/policy/rule.ts';
import type { Operation } from '../../../src/policy/subject.ts';
import { factsOf, twoTenants } from '../facts.ts';
import { fixturesOf, type Fixture } from '../fixtures.ts';
import { accountPrincipal, kindOfManifest, policyOf, setOf, subjectOf, tenancyOf, type Doing } from '../judge.ts';
import { minimalObject, tweak, type Manifest } from '../minimal-objects.ts';
import { compiled, shippedDocuments } from '../shipped-policies.ts';
import type { Cell } from './cell.ts';
import { goodTwin, memberOf, transplant } from './transplant.ts';

/** How a cell was tried. */
export interface Trial {
  /** The fixture that was put there. */
  readonly fixture: string;
  readonly manifest: Manifest;
  readonly doing: Doing;
  readonly set: PolicySet;
  readonly violation: JudgedViolation | undefined;
}

const read = createObjectReader();

/** Trials of check rules. */
export const tryCheck = {
  /** Whether any fixture of the rule is wrong in a container. */
  judgesContainers(rule: CheckRule): boolean {
    return fixturesOf(rule.id, 'fail').some(({ manifest, doing }) =>
      setsFor(rule).some((set) =>
        violationsOf(rule, manifest, doing, set).some(({ field }) => /[cC]ontainers\[/.test(field)),
      ),
    );
  },

  /** The first fixture of the rule that, put into the cell, is found to break the rule there. */
  cell(rule: CheckRule, cell: Cell): Trial | undefined {
    const trials = fixturesOf(rule.id, 'fail')
      .toSorted((a, b) => rankOf(a, cell.kind) - rankOf(b, cell.kind))
      .flatMap((fixture) => doingsOf(fixture, cell).map((attempt) => ({ fixture, ...attempt })));
    for (const { fixture, manifest, doing } of trials) {
      if (!isReadable(manifest, cell.kind) || (doing.old !== undefined && !isReadable(doing.old, cell.kind))) continue;
      for (const set of setsFor(rule)) {
        const violation = violationsOf(rule, manifest, doing, set).find(({ field }) => isInList(field, cell));
        if (violation !== undefined) return { fixture: fixture.name, manifest, doing, set, violation };
      }
    }
    return undefined;
  },
};

/** Fixtures of the kind itself come first. */
function rankOf({ manifest }: Fixture, kind: Kind): number {
  return kindOfManifest(manifest) === kind ? 0 : 1;
}

function isInList(field: string, { list }: Cell): boolean {
  return list === undefined || field.includes(`${memberOf(list)}[`);
}

const sets = new Map<Rule, readonly PolicySet[]>();

/** The rule as it is by default, and as the documents that ship hold it. */
function setsFor(rule: Rule): readonly PolicySet[] {
  const present = sets.get(rule);
  if (present !== undefined) return present;
  const { id } = rule;
  const shipped = compiled([tenancyOf(), policyOf({ rules: shippedEntries(id) })]);
  const made = [setOf(id), shipped].map((set) => holding(rule, set));
  sets.set(rule, made);
  return made;
}

/** The set with this very rule in the place of the one that has its id. */
function holding(rule: Rule, { tenancy, checks, subresourceChecks, defaults, hash }: PolicySet): PolicySet {
  const [entry] = [...checks.values(), ...subresourceChecks.values(), ...defaults.values()].flat();
  return policySetOf(tenancy, entry === undefined ? [] : [{ ...entry, rule }], 'enforce', hash);
}

interface Entry {
  readonly rule: string;
  readonly params?: Manifest;
}

function shippedEntries(id: string): readonly Entry[] {
  return [...shippedDocuments().values()]
    .flatMap((document) => (document as { readonly spec: { readonly rules?: readonly Entry[] } }).spec.rules ?? [])
    .filter(({ rule }) => rule === id)
    .map(({ rule, params }) => ({ rule, ...(params === undefined ? {} : { params }) }));
}

type Attempt = Pick<Trial, 'manifest' | 'doing'>;

/** The ways to do in the cell what the fixture does: as it stands, and starting from a good object. */
function doingsOf({ manifest, doing }: Fixture, cell: Cell): readonly Attempt[] {
  const { kind, list, operation, subresource } = cell;
  const moved = transplant(manifest, kind, list);
  const common = {
    ...(doing.world === undefined ? {} : { world: doing.world }),
    ...(subresource === undefined ? {} : { subresource }),
  };
  const principals = [doing.principal ?? accountPrincipal, accountPrincipal];
  return oldObjectsFor(operation, manifest, doing, cell).flatMap((old) =>
    principals.map((principal): Attempt => ({
      manifest: moved,
      doing: { ...common, principal, operation, ...(old === undefined ? {} : { old }) },
    })),
  );
}

function oldObjectsFor(
  operation: Operation,
  manifest: Manifest,
  { old }: Doing,
  { kind, list }: Cell,
): readonly (Manifest | undefined)[] {
  if (operation !== 'UPDATE') return [undefined];
  const before = old === undefined ? [] : [transplant(old, kind, list)];
  return [...before, goodTwin(manifest, kind)];
}

function isReadable(manifest: Manifest, kind: Kind): boolean {
  return read(kind, manifest).ok;
}

/** What the rule finds in a trial; what it found in the object before counts only where nothing else can be found. */
function violationsOf(rule: CheckRule, manifest: Manifest, doing: Doing, set: PolicySet): readonly JudgedViolation[] {
  const { violations } = evaluate(subjectOf(manifest, doing), set, factsOf(doing.world));
  return violations
    .filter((violation) => violation.rule === rule.id)
    .sort((a, b) => Number(a.leniency !== undefined) - Number(b.leniency !== undefined));
}

/** A default is tried on the least object of the kind, which lacks whatever a default could add. */
export function tryDefault(rule: DefaultRule, { kind, operation }: Cell): Trial | undefined {
  const manifest = minimalObject(kind);
  const old = operation === 'UPDATE' ? tweak(manifest, 'metadata.annotations', { changed: 'yes' }) : undefined;
  const doing: Doing = {
    operation,
    principal: accountPrincipal,
    world: { namespaces: twoTenants },
    ...(old === undefined ? {} : { old }),
  };
  const [set] = setsFor(rule);
  if (set === undefined) return undefined;
  const { rules } = mutate(subjectOf(manifest, doing), set, factsOf(doing.world));
  return rules.includes(rule.id)
    ? { fixture: 'the least object', manifest, doing, set, violation: undefined }
    : undefined;
}
