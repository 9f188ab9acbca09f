/** Names and messages as an attacker would write them; an API server lets few of them through, a manifest all. */
export const hostileNames: readonly string[] = [
  '</script><script>globalThis.hacked = 1</script>',
  '<img src=x onerror="globalThis.hacked=1">',
  '<!--<script>',
  '</noscript></style></title><svg onload=globalThis.hacked=1>',
  '" onfocus="globalThis.hacked=1" autofocus x="',
  "' onmouseover='globalThis.hacked=1",
  'javascript:globalThis.hacked=1',
  '{{constructor.constructor("globalThis.hacked=1")()}}',
  '__proto__',
  'constructor',
  '\u202Eelgoog\u202C',
  '\u2066\u200Badmin\u2069',
  'line\u2028separator\u0000\u001b[31mred',
  'مستأجر',
  '&lt;b&gt; &amp; %3Cb%3E #tenant=other&q=x +',
  '\ud800',
];
