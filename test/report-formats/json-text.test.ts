import { test } from 'tap';

import { jsonText } from '../../src/report-formats/json-text.ts';

void test('what does not print is escaped, and reads back as it was', (t) => {
  const value = { name: 'a\u001b[2J\u009b\u202e\u2028\ud800\n"\\b', list: ['ü', 1, null] };
  const text = jsonText(value);
  t.notMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Zl}\p{Cs}\u202e]/u);
  t.strictSame(JSON.parse(text), value);
  t.match(text, '\n  "list": [\n    "ü",');
  t.end();
});
