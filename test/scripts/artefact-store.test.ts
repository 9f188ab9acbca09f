import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { test } from 'tap';

import { driftOf, writeArtefacts } from '../../scripts/generate/artefact-store.ts';

const artefacts = [
  { path: 'docs/a/one.md', text: 'one\n' },
  { path: 'docs/a/b/two.md', text: 'two\n' },
  { path: 'README.md', text: 'readme\n' },
];

test('what is missing, different or stale is told, and written or removed', (t) => {
  const root = t.testdir({ docs: { a: { 'one.md': 'one', 'gone.md': 'gone\n' } }, 'README.md': 'readme\n' });
  const drift = driftOf(root, artefacts, ['docs/a']);
  t.same(drift, { missing: ['docs/a/b/two.md'], different: ['docs/a/one.md'], stale: ['docs/a/gone.md'] });

  writeArtefacts(root, artefacts, drift);
  t.same(driftOf(root, artefacts, ['docs/a']), { missing: [], different: [], stale: [] });
  t.equal(readFileSync(join(root, 'docs/a/b/two.md'), 'utf8'), 'two\n');
  t.notOk(existsSync(join(root, 'docs/a/gone.md')));
  t.end();
});

test('a file outside the generated folders is never stale', (t) => {
  const root = t.testdir({});
  writeArtefacts(root, artefacts, driftOf(root, artefacts, ['docs/a']));
  mkdirSync(join(root, 'docs/c'));
  writeFileSync(join(root, 'docs/c/prose.md'), 'prose\n');
  t.same(driftOf(root, artefacts, ['docs/a', 'docs/unheard-of']).stale, []);
  t.end();
});
