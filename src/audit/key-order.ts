/**
 * Where a namespace stands among the API server's keys, which end in `<namespace>/<name>` and are sorted by bytes: `a-b/`
 * comes before `a/`. Names of namespaces are ASCII, so code units compare as bytes do.
 */
export function namespaceKey(namespace: string): string {
  return `${namespace}/`;
}
