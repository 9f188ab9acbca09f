import { test } from 'tap';

import { injectRules } from '../../scripts/generate/inject-rules.ts';

const readme = '# Title\n\n<!-- rules:begin -->\nold\n<!-- rules:end -->\n\nMore.\n';

test('the table replaces what stands between the markers, and nothing else', (t) => {
  const once = injectRules(readme, '| new |');
  t.equal(once, '# Title\n\n<!-- rules:begin -->\n\n| new |\n\n<!-- rules:end -->\n\nMore.\n');
  t.equal(injectRules(once, '| new |'), once);
  t.end();
});

test('a missing marker is told', (t) => {
  t.throws(() => injectRules('# Title\n<!-- rules:begin -->\n', ''), {
    message: /lacks the marker <!-- rules:end -->/,
  });
  t.throws(() => injectRules('# Title\n', ''), { message: /lacks the marker <!-- rules:begin -->/ });
  t.end();
});
