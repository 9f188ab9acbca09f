const key = Buffer.from('"fieldsV1":{');
const [quote, backslash, open, close] = [0x22, 0x5c, 0x7b, 0x7d];

/**
 * JSON without what the entries of `managedFields` say of single fields: a third of what is stored, nothing that anybody
 * asks for, and nearly half of the time to parse it. Works in the buffer itself. What is not written as the API server
 * writes it, without white space, or is cut off, is left as it is.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#managedfields
 */
export function withoutFieldSets(json: Buffer): Buffer {
  let [length, from] = [0, 0];
  // In JSON a quote within a text has a backslash before it, so this is a key wherever it stands.
  for (let at = json.indexOf(key); at !== -1; at = json.indexOf(key, from)) {
    const inside = at + key.length;
    const end = endOfObject(json, inside);
    if (end === undefined) break;
    length += json.copy(json, length, from, inside);
    from = end;
  }
  if (from === 0) return json;
  length += json.copy(json, length, from);
  return json.subarray(0, length);
}

/** Where the brace stands that closes the object. */
function endOfObject(json: Buffer, inside: number): number | undefined {
  let depth = 1;
  let isText = false;
  for (let at = inside; at < json.length; at += 1) {
    const byte = json[at];
    if (isText) {
      if (byte === backslash) at += 1;
      else if (byte === quote) isText = false;
    } else if (byte === quote) isText = true;
    else if (byte === open) depth += 1;
    else if (byte === close) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return undefined;
}
