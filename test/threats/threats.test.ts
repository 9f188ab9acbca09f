import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { test } from 'tap';

import { threatGroups } from './threats.ts';

const threats = threatGroups.flatMap((group) => group.threats);
const root = join(import.meta.dirname, '../..');

/** Names of the tests of threats: what stands before the first colon. */
const tested = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.test.ts') && file !== 'threats.test.ts')
  .flatMap((file) => [
    ...readFileSync(join(import.meta.dirname, file), 'utf8').matchAll(/^void test\(\s*'([^']+?): /gm),
  ])
  .map(([, id = '']) => id);

void test('each threat has a test of its name, or says why nothing meets it; each test has a threat', (t) => {
  const wanted = threats.filter(({ isOutside }) => isOutside !== true).map(({ id }) => id);
  t.strictSame(tested.toSorted(), wanted.toSorted());
  t.equal(new Set(threats.map(({ id }) => id)).size, threats.length, 'names are unique');
  t.end();
});

void test('each threat says what meets it, and rules that it names exist', (t) => {
  for (const { id, title, answer } of threats) {
    t.match(title, /^(?:[A-Z]|[a-z]+-|`).{10,}[^.]$/, id);
    t.match(answer, /\.$/, id);
    for (const [, rule = ''] of answer.matchAll(/`((?:access|flux|namespaces|network|pods|quota|services)\/[a-z-]+)`/g))
      t.ok(
        ['namespaces/status', 'namespaces/finalize', 'pods/ephemeralcontainers'].includes(rule) ||
          existsSync(join(root, 'src/policy/rules', `${rule}.ts`)),
        `${id}: ${rule}`,
      );
  }
  t.end();
});

void test('a file of tests on a real API server has the threats that are said to be in it', (t) => {
  for (const { id, cluster } of threats) {
    if (cluster === undefined || !existsSync(join(root, cluster))) continue;
    t.match(readFileSync(join(root, cluster), 'utf8'), id.split(', ')[0] ?? '', `${cluster}: ${id}`);
  }
  t.end();
});
