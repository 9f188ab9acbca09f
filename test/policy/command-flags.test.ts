import { test } from 'tap';

import { booleanFlag, environmentOf, listAt, memberOf, textFlag } from '../../src/policy/command-flags.ts';

const args = (...words: readonly unknown[]) => ({ args: words });

test('boolean flags are read as Go reads them', (t) => {
  const cases: readonly (readonly [container: unknown, whenAbsent: boolean, expected: boolean | undefined])[] = [
    [args(), false, false],
    [args(), true, true],
    [{}, true, true],
    [args('--x'), false, true],
    [args('--x=true'), false, true],
    [args('--x=T'), false, true],
    [args('--x=1'), false, true],
    [args('--x=0'), true, false],
    [args('--x=False'), true, false],
    [args('--x='), true, false],
    [args('--x=yes'), true, false],
    [args('--x=true', '--x=false'), false, false],
    [args('--x=false', '--x'), false, true],
    [args('--', '--x'), false, false],
    [args('--x-y', '-x', 'x', 7), false, false],
    [args('--x=$(VALUE)'), false, undefined],
    [{ command: ['/bin/sh', '-c', 'exec /manager --x=true'] }, false, undefined],
    [{ command: ['/bin/sh', '-c', 'exec /manager'] }, false, false],
    [args('--message=with --x in it'), false, false],
    [{ command: ['/manager', '--x'], args: ['--y'] }, false, true],
    [{ command: ['/manager', '--x'], args: ['--x=false'] }, false, false],
  ];
  for (const [container, whenAbsent, expected] of cases) {
    t.equal(booleanFlag(container, '--x', whenAbsent), expected, JSON.stringify(container));
  }
  t.end();
});

test('flags with a text take it after an equals sign or as the next word', (t) => {
  const cases: readonly (readonly [container: unknown, expected: string | undefined])[] = [
    [args(), ''],
    [args('--x=a'), 'a'],
    [args('--x=a=b'), 'a=b'],
    [args('--x', 'a'), 'a'],
    [args('--x', ''), ''],
    [args('--x'), ''],
    [args('--x=a', '--x='), ''],
    [args('--x', '$(NAME)'), undefined],
    [args('--x=$NAME'), '$NAME'],
  ];
  for (const [container, expected] of cases) t.equal(textFlag(container, '--x'), expected, JSON.stringify(container));
  t.end();
});

test('a variable has the value that is written, or one that nobody can tell', (t) => {
  const env = (...entries: readonly unknown[]) => ({ env: entries });
  const cases: readonly (readonly [container: unknown, expected: string | undefined])[] = [
    [{}, ''],
    [env({ name: 'Y', value: 'a' }), ''],
    [env({ name: 'X', value: 'a' }), 'a'],
    [env({ name: 'X', value: 'a' }, { name: 'X', value: 'b' }), 'b'],
    [env({ name: 'X', value: null }), ''],
    [env({ name: 'X', value: 'a-$(Y)' }), undefined],
    [env({ name: 'X', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }), undefined],
    [{ envFrom: [{ configMapRef: { name: 'c' } }] }, undefined],
    [{ envFrom: [{}], env: [{ name: 'X', value: 'a' }] }, 'a'],
  ];
  for (const [container, expected] of cases) {
    t.equal(environmentOf(container, 'X'), expected, JSON.stringify(container));
  }
  t.end();
});

test('members and lists of anything', (t) => {
  t.equal(memberOf(null, 'a'), undefined);
  t.equal(memberOf({ a: 1 }, 'a'), 1);
  t.equal(memberOf({}, 'constructor'), undefined);
  t.strictSame(listAt({ a: { b: [1] } }, 'a', 'b'), [1]);
  t.strictSame(listAt({ a: { b: 1 } }, 'a', 'b'), []);
  t.end();
});
