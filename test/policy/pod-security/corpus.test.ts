import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { test } from 'tap';
import { parse } from 'yaml';

import { controls } from '../../../src/policy/pod-security/controls.ts';
import type { Manifest } from '../../support/minimal-objects.ts';
import { controlsOf, judgeAt, setAt } from '../../support/pod-security.ts';

/** The Pods by which Kubernetes tests its own admission, by level, version and expected outcome. */
const corpus = join(import.meta.dirname, '../../../../shared/corpora/pod-security');
const isHere = existsSync(corpus);
const wanted = isHere || process.env['CI'] === 'true';

const levels = ['baseline', 'restricted'] as const;

function foldersOf(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

/** Names of a control that a file is called by, and of those that replace it at this level. */
function namesOf(file: string, level: string): readonly string[] {
  const name = file.replace(/\d*\.yaml$/, '');
  const named = controls.filter(({ id }) => id.toLowerCase() === name).map(({ id }) => id);
  const replacing = controls
    .filter(({ versions }) => versions.some(({ replaces }) => replaces?.some((id) => named.includes(id))))
    .map(({ id }) => id);
  return level === 'restricted' ? [...named, ...replacing] : named;
}

test('the corpus of Pods is here', wanted ? {} : { skip: 'the corpora are not here' }, (t) => {
  t.ok(isHere);
  let total = 0;
  for (const level of levels)
    for (const version of foldersOf(join(corpus, level)))
      for (const outcome of ['pass', 'fail']) total += foldersOf(join(corpus, level, version, outcome)).length;
  t.equal(total, 546);
  t.end();
});

for (const level of levels) {
  const versions = foldersOf(join(corpus, level)).toSorted((a, b) => b.localeCompare(a));
  for (const version of versions) {
    const set = setAt(level, version);
    const podsIn = (outcome: 'pass' | 'fail') =>
      foldersOf(join(corpus, level, version, outcome)).map((file) => {
        const pod = parse(readFileSync(join(corpus, level, version, outcome, file), 'utf8')) as Manifest;
        return { file, decision: judgeAt(set, pod) };
      });
    const passing = podsIn('pass');
    const failing = podsIn('fail');

    test(`${level} ${version}: ${passing.length} Pods of the corpus are admitted`, (t) => {
      for (const { file, decision } of passing) {
        t.equal(decision.outcome, 'allowed', file);
        t.same(controlsOf(decision), [], file);
      }
      t.end();
    });

    test(`${level} ${version}: ${failing.length} Pods of the corpus are denied for what they break`, (t) => {
      for (const { file, decision } of failing) {
        t.equal(decision.outcome, 'denied', file);
        const names = namesOf(file, level);
        const found = controlsOf(decision);
        t.ok(
          found.some((control) => names.includes(control)),
          `${file}: ${found.join(', ')}`,
        );
      }
      t.end();
    });
  }
}
