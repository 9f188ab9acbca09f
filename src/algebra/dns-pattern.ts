/**
 * DNS names and patterns of names as Cilium reads them: in a label `*` stands for any characters, never for a dot; a first
 * label `**` stands for one label or more; `*` alone stands for every name. Case and a trailing dot do not matter.
 * https://docs.cilium.io/en/stable/security/policy/language/#dns-based
 */
export interface DnsPattern {
  /** Every name there is. */
  readonly isEvery: boolean;
  /** Any number of labels, one at least, before the others. */
  readonly isDeep: boolean;
  readonly labels: readonly string[];
}

const longestName = 255;
const label = /^[-a-z0-9_*]+$/;

/** The pattern, or undefined for what is none. */
export function parseDnsPattern(text: string): DnsPattern | undefined {
  if (text.length > longestName) return undefined;
  const name = text.toLowerCase().replace(/\.$/, '');
  if (name === '*' || name === '**') return { isEvery: true, isDeep: false, labels: [] };
  const isDeep = name.startsWith('**.');
  const labels = name.slice(isDeep ? 3 : 0).split('.');
  // Two stars elsewhere mean one label to some releases, and any number to others.
  if (!labels.every((one) => label.test(one) && !one.includes('**'))) return undefined;
  return { isEvery: false, isDeep, labels };
}

/** Whether every name of `a` is one of `b`. May say no where only all characters together would tell; never yes wrongly. */
export function isDnsPatternSubset(a: DnsPattern, b: DnsPattern): boolean {
  if (b.isEvery || a.isEvery) return b.isEvery;
  const [more, fewer] = [a.labels.length, b.labels.length];
  // Labels of `a` that only the deep end of `b` can take.
  const rest = more - fewer;
  if (b.isDeep ? rest + (a.isDeep ? 1 : 0) < 1 || rest < 0 : rest !== 0 || a.isDeep) return false;
  return a.labels.slice(rest).every((one, index) => {
    const other = b.labels[index];
    return other !== undefined && isLabelPatternSubset(one, other);
  });
}

/**
 * Whether every label of `a` is one of `b`. A star of `a` may stand for a character that `b` does not name, so only a star of
 * `b` can take it: `b` is matched against `a` as if that were a text.
 */
function isLabelPatternSubset(a: string, b: string): boolean {
  // Whether the rest of `b` from a position takes what of `a` was read so far.
  let reached = new Set([0]);
  const skipStars = (positions: ReadonlySet<number>): Set<number> =>
    new Set([...positions].flatMap((position) => (b[position] === '*' ? [position, position + 1] : [position])));
  for (const character of a) {
    const next = new Set<number>();
    for (const position of skipStars(reached)) {
      if (b[position] === '*') next.add(position);
      else if (b[position] === character && character !== '*') next.add(position + 1);
    }
    reached = next;
  }
  return skipStars(reached).has(b.length);
}
