const [quote, backslash] = [0x22, 0x5c];

/** What a byte outside of texts is: one that opens or closes, the quote of a text, or 0. */
const roles = new Int8Array(256);
for (const character of '{[') roles[character.charCodeAt(0)] = 1;
for (const character of '}]') roles[character.charCodeAt(0)] = -1;
const textRole = 2;
roles[quote] = textRole;

/** Where the JSON object or list that begins here has ended; undefined where it is cut off. */
export function endOfValue(json: Buffer, begin: number): number | undefined {
  let depth = 0;
  let at = begin;
  while (at < json.length) {
    const role = roles[json[at] ?? 0];
    at += 1;
    if (role === 0) continue;
    if (role === textRole) {
      for (let byte = json[at]; byte !== quote && at < json.length; byte = json[at]) at += byte === backslash ? 2 : 1;
      at += 1;
      continue;
    }
    depth += role ?? 0;
    if (depth === 0) return at;
  }
  return undefined;
}
