import { test } from 'tap';

import { namespaceLayers } from '../../../src/audit/audit-report.ts';
import { layerRules } from '../../../src/audit/posture/layer-rules.ts';
import { kinds, type Kind } from '../../../src/policy/objects/kinds.ts';
import { rules } from '../../../src/policy/rules/index.ts';

const byId = new Map(rules.map((rule) => [rule.id, rule]));
const placed = namespaceLayers.flatMap((layer) => layerRules[layer].rules);

/** Its parts are judged by the layers themselves. */
const judgedInParts = 'namespaces/baseline-before-use';

test('every rule belongs to one layer, but for advice', (t) => {
  const expected = rules
    .filter((rule) => rule.type === 'check' && rule.isAdvice !== true && rule.id !== judgedInParts)
    .map(({ id }) => id);
  // Without DNS a namespace is isolated from what it needs as well.
  t.strictSame([...placed].sort(), [...expected, 'network/egress-without-dns'].sort());
  t.end();
});

test('a rule that a layer needs is one of its own, judges the state of objects, and these kinds of a namespace', (t) => {
  for (const layer of namespaceLayers) {
    const { needed, rules: own, kinds: read } = layerRules[layer];
    for (const [id, judged] of Object.entries(needed)) {
      const rule = byId.get(id);
      t.ok(own.includes(id), `${id} in ${layer}`);
      t.match(rule, { type: 'check', judges: 'state' }, id);
      t.strictSame(namespaced(judged), namespaced(rule?.kinds ?? []), `kinds of ${id}`);
      t.strictSame(
        judged.filter((kind) => !read.includes(kind)),
        [],
        `${layer} has to read what ${id} judges`,
      );
    }
  }
  t.end();
});

function namespaced(names: readonly Kind[]): readonly Kind[] {
  return names.filter((name) => kinds[name].namespaced).sort();
}

test('a layer reads every kind that its rules judge as they are', (t) => {
  for (const layer of namespaceLayers) {
    const judged = layerRules[layer].rules
      .map((id) => byId.get(id))
      .filter((rule) => rule?.type === 'check' && rule.judges === 'state')
      .filter((rule) => rule?.id !== 'pods/isolated-before-start')
      .flatMap((rule) => rule?.kinds ?? []);
    const missing = judged.filter((kind) => kinds[kind].namespaced && !layerRules[layer].kinds.includes(kind));
    t.strictSame(missing, [], layer);
  }
  t.end();
});
