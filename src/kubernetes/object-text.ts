import { isAscii } from 'node:buffer';

import { endOfValue } from './end-of-value.ts';

/** Where the value of a key begins, as the API server writes it: without white space. */
export const startOf = (key: string, open: '{' | '['): Buffer => Buffer.from(`${key}":${open}`);

/**
 * What the entries of `managedFields` say of single fields: a third of what is stored, nothing that anybody asks for, and
 * nearly half of the time to parse it.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#managedfields
 */
export const fieldSets: readonly Buffer[] = [startOf('"fieldsV1', '{')];

/**
 * JSON as text, a character for each byte, without what is in the objects and lists that begin so. They are cut out where
 * they come in this order. What is written otherwise than the API server writes it, or is cut off, is left as it is.
 */
export function textWithout(json: Buffer, starts: readonly Buffer[]): string {
  let [text, from] = ['', 0];
  for (const start of starts) {
    for (let at = json.indexOf(start, from); at !== -1; at = json.indexOf(start, from)) {
      const inside = at + start.length;
      const end = isKey(json, at) ? endOfValue(json, inside - 1) : inside + 1;
      if (end === undefined) break;
      text += json.toString('latin1', from, inside);
      from = end - 1;
    }
  }
  return text + json.toString('latin1', from);
}

const [quote, backslash] = [0x22, 0x5c];

/**
 * Whether what looks like a key, or the end of one, is that. A quote within a text has a backslash before it, so what ends in
 * one is no part of a text; it may be the end of a key with a quote in it.
 */
export function isKey(json: Buffer, at: number): boolean {
  return json[at] !== quote || json[at - 1] !== backslash;
}

/** Parses a character for each byte. Throws for what is no JSON. */
export function parseText(text: string, json: Buffer): unknown {
  return JSON.parse(isAscii(json) ? text : Buffer.from(text, 'latin1').toString('utf8')) as unknown;
}

/** Parses objects without their field sets. Throws for what is no JSON. */
export function parseObjects(json: Buffer): unknown {
  return parseText(textWithout(json, fieldSets), json);
}
