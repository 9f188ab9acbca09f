import { quote } from './fault.ts';

const longestName = 63;
const longestPrefix = 253;
const name = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const dnsLabel = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;

/**
 * What is wrong with a label key and how to fix it, or undefined for a sound one: an optional DNS subdomain and a slash,
 * then a name. https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
 */
export function labelKeyProblem(key: unknown): string | undefined {
  if (typeof key !== 'string') {
    return `must be a label key such as "app", not ${quote(key)}`;
  }
  const slash = key.indexOf('/');
  if (slash >= 0 && !isSubdomain(key.slice(0, slash))) {
    return `${quote(key)} is not a label key: before the slash write a lower-case DNS name of at most 253 characters, such as "example.com"`;
  }
  if (!isName(key.slice(slash + 1))) {
    return `${quote(key)} is not a label key: write a name of 1 to 63 letters, digits, "-", "_" and "." that starts and ends with a letter or digit, such as "app" or "example.com/app"`;
  }
  return undefined;
}

/** What is wrong with a label value and how to fix it, or undefined for a sound one: empty, or a name. */
export function labelValueProblem(value: unknown): string | undefined {
  if (typeof value !== 'string') {
    return `must be a label value in quotes, not ${quote(value)}`;
  }
  if (value !== '' && !isName(value)) {
    return `${quote(value)} is not a label value: write at most 63 letters, digits, "-", "_" and "." that start and end with a letter or digit`;
  }
  return undefined;
}

// Lengths are looked at first, so that the patterns never run over a long text.
function isName(text: string): boolean {
  return text.length <= longestName && name.test(text);
}

function isSubdomain(text: string): boolean {
  return text.length <= longestPrefix && text.split('.').every((part) => dnsLabel.test(part));
}
