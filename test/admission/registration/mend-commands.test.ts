import { execFileSync } from 'node:child_process';

import { test } from 'tap';

import {
  applyCommand,
  conditionsPatch,
  patchCommand,
  shellWord,
  upgradeReleaseCommand,
} from '../../../src/admission/registration/mend-commands.ts';
import { read, rendered } from '../../support/registration.ts';

test('a word is one word to a shell, whatever is in it', (t) => {
  for (const word of [
    'tenantgate',
    'a b',
    "it's",
    '$(touch x)',
    '`x`',
    '"',
    String.raw`\n`,
    '',
    'a;b',
    '{"a":["b"]}',
    "''",
    '*',
  ]) {
    const [first = '', ...rest] = execFileSync('sh', ['-c', `printf '%s\\0' ${shellWord(word)}`], {
      encoding: 'utf8',
    }).split('\0');
    t.strictSame([first, rest], [word, ['']], JSON.stringify(word));
  }
  t.equal(shellWord('path/to:file_1@x.yaml'), 'path/to:file_1@x.yaml', 'what needs no quotes has none');
  t.end();
});

test('commands name the kind as kubectl does', (t) => {
  t.equal(
    patchCommand({ kind: 'MutatingWebhookConfiguration', name: 'gate' }, 'a.dev', { timeoutSeconds: 2 }),
    `kubectl patch mutatingwebhookconfigurations gate --type=strategic --patch '{"webhooks":[{"name":"a.dev","timeoutSeconds":2}]}'`,
  );
  t.equal(applyCommand('my file.yaml'), "kubectl apply --server-side --force-conflicts --filename 'my file.yaml'");
  t.equal(
    upgradeReleaseCommand('gate', 'gate-system'),
    'helm upgrade gate CHART --namespace gate-system --reuse-values',
  );
  t.end();
});

test('match conditions replace those that are there, and none takes them away', (t) => {
  const object = rendered('ValidatingWebhookConfiguration');
  const patchFor = (matchConditions: { name: string; expression: string }[]) => {
    object.webhooks[0]!.matchConditions = matchConditions;
    return conditionsPatch(read(object).webhooks[0]!);
  };
  const condition = { name: 'a', expression: 'true' };
  t.strictSame(patchFor([condition]), { matchConditions: [condition, { $patch: 'replace' }] });
  t.strictSame(patchFor([]), { matchConditions: null });
  t.end();
});
