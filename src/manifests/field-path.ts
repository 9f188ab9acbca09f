/** One step of a field path: the name of a map's member, or the index of a list's item. */
export type FieldStep = string | number;

const step = /([^.[\]"]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/g;

/** Parts a field such as `spec.from[1].matchLabels["a.b/c"]`. */
export function parseFieldPath(field: string): readonly FieldStep[] {
  return Array.from(field.matchAll(step), ([text, , index, quoted]) => {
    if (index !== undefined) return Number(index);
    return quoted === undefined ? text : unquote(quoted);
  });
}

function unquote(quoted: string): string {
  try {
    return String(JSON.parse(quoted));
  } catch {
    // An escape that JSON does not know: the text as it stands names no member, so the parent is pointed at.
    return quoted;
  }
}
