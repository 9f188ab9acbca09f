import { formatPorts, type PortSet } from '../algebra/port-set.ts';

/** How values of objects appear in messages: bounded, on one line, and stable. */

const longestDisplay = 160;
const deepestDisplay = 6;

/** A value as compact YAML flow text, such as `{matchLabels: {env: prod}}`, cut where it gets long. */
export function display(value: unknown): string {
  return bounded(flow(value, 0));
}

/** Ports in words, cut where they get long. */
export function displayPorts(ports: PortSet): string {
  // Each item takes two characters at least, so that as many fill the display, and the cut shows.
  return bounded(formatPorts(ports, longestDisplay / 2));
}

function bounded(text: string): string {
  return text.length > longestDisplay ? `${text.slice(0, longestDisplay)}…` : text;
}

/** Names in quotes, sorted, as a list: `"a", "b"`. */
export function quotedList(values: Iterable<string>): string {
  return [...values]
    .sort()
    .map((value) => JSON.stringify(value))
    .join(', ');
}

/** Labels as people write them: `app=web,env=prod`, or `no labels`. */
export function displayLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? 'no labels' : bounded(pairs.sort().join(','));
}

function flow(value: unknown, depth: number): string {
  if (typeof value !== 'object' || value === null) return scalar(value);
  if (depth > deepestDisplay) return '…';
  if (Array.isArray(value)) return `[${shown(value, (item) => flow(item, depth + 1))}]`;
  return `{${shown(Object.entries(value), ([key, item]) => `${scalar(key)}: ${flow(item, depth + 1)}`)}}`;
}

/** Enough items to fill the display, and no more work than that. */
function shown<T>(items: readonly T[], show: (item: T) => string): string {
  const first = items.slice(0, longestDisplay / 4).map(show);
  return items.length > first.length ? [...first, '…'].join(', ') : first.join(', ');
}

const plain = /^[A-Za-z_][\w./-]*$/;
const words: ReadonlySet<string> = new Set(['true', 'false', 'null', 'yes', 'no', 'on', 'off', 'y', 'n']);

function scalar(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  // One character more than is shown, so that the cut shows too.
  const text = value.slice(0, longestDisplay + 1);
  return plain.test(text) && !words.has(text.toLowerCase()) ? text : JSON.stringify(text);
}
