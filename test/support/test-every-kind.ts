import t from 'tap';

import { foreignPolicyKinds } from '../../src/policy/objects/foreign-policy-kinds.ts';
import { kinds, podKinds, type Kind } from '../../src/policy/objects/kinds.ts';
import { KindTrial, mayDeny } from './every-kind.ts';
import { randomOf } from './random.ts';
import { modelsOf } from './shape.ts';
import { shippedPolicySet } from './shipped-policies.ts';

const cases = 100_000;
const seed = Number(process.env['TENANTGATE_TEST_SEED'] ?? 20_260_601);
/** For the file as a whole: a million decisions on a busy machine. */
const timeoutMs = 900_000;

type Group = 'pods' | 'flux' | 'flux-sources' | 'network-plugins' | 'others';

/** The part of the tests that a kind is in: they run side by side. Every kind is in one. */
function groupOf(kind: Kind): Group {
  if ((podKinds as readonly Kind[]).includes(kind)) return 'pods';
  if (Object.hasOwn(foreignPolicyKinds, kind)) return 'network-plugins';
  const { group } = kinds[kind];
  if (/^(source|image)\./.test(group)) return 'flux-sources';
  return /\.fluxcd\.io$|^fluxcd\./.test(group) ? 'flux' : 'others';
}

/** Kinds with the same schema get other objects. */
function seedOf(kind: Kind): number {
  return seed + Object.keys(kinds).indexOf(kind);
}

/** Tests that properties of every decision hold for random objects of each kind of the group, by the policies that ship. */
export function testEveryKind(group: Group): void {
  t.setTimeout(timeoutMs);
  const set = shippedPolicySet();
  for (const model of modelsOf((Object.keys(kinds) as Kind[]).filter((kind) => groupOf(kind) === group))) {
    const { kind } = model;
    t.test(`${cases} objects of kind ${kind} are judged soundly`, { timeout: timeoutMs }, (t) => {
      const { admitted, denied, problems } = new KindTrial(model, set, randomOf(seedOf(kind))).run(cases);
      t.same(problems, [], `TENANTGATE_TEST_SEED=${seed}`);
      const isVaried = admitted > cases / 20 && denied > cases / 50;
      t.ok(isVaried || !mayDeny(kind, set), `${admitted} are admitted, ${denied} denied`);
      t.end();
    });
  }
}
