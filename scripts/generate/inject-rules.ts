const begin = '<!-- rules:begin -->';
const end = '<!-- rules:end -->';

/** Replaces what stands between the markers of README.md, and nothing else. */
export function injectRules(readme: string, rulesTable: string): string {
  const [head, rest] = splitOnce(readme, begin);
  const [, tail] = splitOnce(rest, end);
  return `${head}${begin}\n\n${rulesTable}\n\n${end}${tail}`;
}

function splitOnce(text: string, marker: string): readonly [string, string] {
  const index = text.indexOf(marker);
  if (index < 0) throw new Error(`README.md lacks the marker ${marker}`);
  return [text.slice(0, index), text.slice(index + marker.length)];
}
