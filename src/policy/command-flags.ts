import { isJsonObject, ownMember } from '../algebra/json-object.ts';

/**
 * What a container's command line and environment say. Undefined stands for what depends on more than is written there, as on
 * a Secret.
 */

/** How Go's flags are written as true: https://pkg.go.dev/strconv#ParseBool. */
const trueTexts: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);

/** The value of a boolean flag such as `--no-remote-bases`. */
export function booleanFlag(container: unknown, flag: string, whenAbsent: boolean): boolean | undefined {
  const { isGiven, value } = lastOccurrence(container, flag, () => 'true');
  if (!isGiven) return whenAbsent;
  return value === undefined ? undefined : trueTexts.has(value);
}

/** The value of a flag with a text; empty where it is not given, or given without one. */
export function textFlag(container: unknown, flag: string): string | undefined {
  const { isGiven, value } = lastOccurrence(container, flag, (next) => next ?? '');
  return isGiven ? value : '';
}

/** The value of an environment variable; empty where it has none. */
export function environmentOf(container: unknown, name: string): string | undefined {
  const entry = listAt(container, 'env').findLast((one) => memberOf(one, 'name') === name);
  if (entry === undefined) return listAt(container, 'envFrom').length === 0 ? '' : undefined;
  if (memberOf(entry, 'valueFrom') !== undefined) return undefined;
  const value = memberOf(entry, 'value');
  return typeof value === 'string' ? expanded(value) : '';
}

interface Occurrence {
  readonly isGiven: boolean;
  readonly value: string | undefined;
}

/**
 * The last occurrence counts, as Go's flags have it (https://pkg.go.dev/github.com/spf13/pflag). A word that holds the flag
 * among others, as in the script of a shell, tells nothing for certain.
 */
function lastOccurrence(
  container: unknown,
  flag: string,
  valueAfter: (next: string | undefined) => string,
): Occurrence {
  const words = [...listAt(container, 'command'), ...listAt(container, 'args')].filter(
    (one) => typeof one === 'string',
  );
  let last: Occurrence = { isGiven: false, value: undefined };
  for (const [index, word] of words.entries()) {
    if (word === '--') break;
    if (word === flag) last = { isGiven: true, value: expanded(valueAfter(words[index + 1])) };
    else if (word.startsWith(`${flag}=`)) last = { isGiven: true, value: expanded(word.slice(flag.length + 1)) };
    else if (isScriptWith(word, flag)) last = { isGiven: true, value: undefined };
  }
  return last;
}

/** A script is a word with blanks in it that is no value of another flag. */
function isScriptWith(word: string, flag: string): boolean {
  return !word.startsWith('--') && /\s/.test(word) && word.includes(flag);
}

/** The kubelet puts variables in for `$(NAME)`: what they hold may come from anywhere. */
function expanded(value: string): string | undefined {
  return /\$\(\w[\w.-]*\)/.test(value) ? undefined : value;
}

/** The own member of a value that may be anything. */
export function memberOf(value: unknown, name: string): unknown {
  return isJsonObject(value) ? ownMember(value, name) : undefined;
}

/** The list that a value that may be anything has at a path; empty where it has none. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const list = path.reduce(memberOf, value);
  return Array.isArray(list) ? (list as readonly unknown[]) : [];
}
