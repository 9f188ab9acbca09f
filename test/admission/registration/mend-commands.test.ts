import { execFileSync } from 'node:child_process';

import { test } from 'tap';

import {
  applyCommand,
  conditionsPatch,
  patchCommand,
  reapplyReleaseCommand,
  shellWord,
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
    reapplyReleaseCommand('gate', 'gate-system'),
    'helm get manifest gate --namespace gate-system | kubectl apply --server-side --force-conflicts --filename -',
  );
  t.end();
});

test('match conditions replace those that are there', (t) => {
  const object = rendered('ValidatingWebhookConfiguration');
  object.webhooks[0]!.matchConditions = [{ name: 'a', expression: 'true' }];
  const [webhook] = read(object).webhooks;
  t.strictSame(conditionsPatch(webhook!), {
    matchConditions: [{ name: 'a', expression: 'true' }, { $patch: 'replace' }],
  });
  t.end();
});
