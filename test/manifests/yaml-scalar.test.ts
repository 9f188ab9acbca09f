import { test } from 'tap';

import { resolvePlainScalar } from '../../src/manifests/yaml-scalar.ts';

const cases: readonly (readonly [string, readonly string[], unknown])[] = [
  ['words of YAML 1.1 are true', ['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'], true],
  ['words of YAML 1.1 are false', ['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'], false],
  ['nothing is null', ['', '~', 'null', 'Null', 'NULL'], null],
  ['decimal integers', ['15', '+15', '1_5', '0x0F', '0Xf', '0b1111', '0B1111', '017', '0o17', '0O17', '0_17'], 15],
  ['negative integers', ['-15', '-017', '-0o17', '-0xF', '-0b1111'], -15],
  ['zero, never negative', ['0', '-0', '00', '+0'], 0],
  ['digits that are no octal are decimal', ['09', '0_9', '009', '9.0', '9.'], 9],
  ['fractions and exponents', ['.5', '0.5', '+.5', '5e-1', '5E-1', '0.05e1', '.05e+1'], 0.5],
  ['what has no end', ['.inf', '.Inf', '.INF', '+.inf'], Number.POSITIVE_INFINITY],
  ['what has no end below', ['-.inf', '-.Inf', '-.INF'], Number.NEGATIVE_INFINITY],
  ['what is no number', ['.nan', '.NaN', '.NAN'], Number.NaN],
];

for (const [name, texts, expected] of cases) {
  void test(name, (t) => {
    for (const text of texts) t.ok(Object.is(resolvePlainScalar(text), expected), JSON.stringify(text));
    t.end();
  });
}

void test('everything else is text, as in go-yaml', (t) => {
  const texts = [
    ...['web', 'yEs', 'nO', 'truE', 'nULL', 'Y1', 'ya', 'on-call', 'off.', '<<', '<', '*', '_1', '=', 'é'],
    ...['1:30', '12:30:45', '2001-12-14', '2001-12-14T21:59:43Z', '1.2.3', '10.0.0.0/8', '100m', '128Mi', '1h'],
    ...[
      '+',
      '-',
      '.',
      '..',
      '._5',
      '.5_0',
      '0x',
      '0b',
      '0o',
      '0b2',
      '0o8',
      '0xg',
      '1e',
      'e1',
      '1e+',
      '--1',
      '+-1',
      '- 1',
    ],
  ];
  for (const text of texts) t.equal(resolvePlainScalar(text), text);
  t.end();
});
