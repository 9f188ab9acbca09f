import { test } from 'tap';

import { parsePorts } from '../../src/algebra/port-set.ts';
import { display, displayLabels, displayPorts, quotedList } from '../../src/policy/display.ts';

test('a value is shown as YAML on one line', (t) => {
  t.equal(display({}), '{}');
  t.equal(display({ matchLabels: { env: 'prod', 'a/b': '1' } }), '{matchLabels: {env: prod, a/b: "1"}}');
  t.equal(display(['a', 1, true, null]), '[a, 1, true, null]');
  t.equal(display('kube-system'), 'kube-system');
  t.equal(display(undefined), 'undefined');
  t.end();
});

test('text that YAML would read otherwise, or that would break the line, is quoted', (t) => {
  t.same(['yes', 'No', 'true', 'null', '10.0.0.0/8', '', 'a b', 'a: b', 'a\nb'].map(display), [
    '"yes"',
    '"No"',
    '"true"',
    '"null"',
    '"10.0.0.0/8"',
    '""',
    '"a b"',
    '"a: b"',
    '"a\\nb"',
  ]);
  t.end();
});

test('what is long or deep is cut, without working through it', (t) => {
  t.equal(display('x'.repeat(1000)).length, 161);
  t.match(display('x'.repeat(1000)), /…$/);
  t.match(display(Array.from({ length: 100_000 }, (_, index) => index)), /^\[0, 1, .*, 39, …\]$/);
  t.equal(display(Array.from({ length: 41 }, () => 1)), `[${'1, '.repeat(40)}…]`);
  const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`) as unknown;
  t.equal(display(deep), '[[[[[[[…]]]]]]]');
  t.end();
});

test('labels are sorted pairs', (t) => {
  t.equal(displayLabels({}), 'no labels');
  t.equal(displayLabels({ env: 'prod', app: 'web' }), 'app=web,env=prod');
  t.equal(
    displayLabels(Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`key-${index}`, 'x']))).length,
    161,
  );
  t.end();
});

test('ports and lists of names are bounded and sorted', (t) => {
  const ports = parsePorts(
    Array.from({ length: 1000 }, (_, index) => ({ port: 2 * index + 1 })),
    '',
  );
  t.ok(ports.ok && displayPorts(ports.value).length === 161);
  const names = parsePorts(
    Array.from({ length: 1000 }, (_, index) => ({ port: `p${999 - index}` })),
    '',
  );
  t.match(names.ok && displayPorts(names.value), /^TCP "p920","p921",.*…$/, 'the first that are written, sorted');
  t.equal(quotedList(new Set(['b', 'a'])), '"a", "b"');
  t.end();
});
