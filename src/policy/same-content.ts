/**
 * Fields that controllers write and no rule reads. Labels, annotations and everything in `spec` count as content; so do
 * owner references, since by them the garbage collector deletes (CVE-2025-5187).
 */
const bookkeeping: ReadonlySet<string> = new Set([
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'finalizers',
  'generation',
  'managedFields',
  'resourceVersion',
  'selfLink',
  'uid',
]);

/** Beyond this depth two values count as different: a hostile object must not exhaust the stack. */
const deepest = 200;

/**
 * Whether two versions of an object say the same to every rule: equal but for bookkeeping metadata and status. Such an
 * UPDATE (a finalizer removed, a status written) passes, so that objects can be deleted and controllers can work.
 */
export function hasSameContent(a: object, b: object): boolean {
  return hasSameBody(a, b) && hasSameMetadata(a, b);
}

/** Whether two versions of an object are equal but for metadata and status: for most kinds, in their spec. */
export function hasSameBody(a: object, b: object): boolean {
  return isSameBut(a, b, ['status', 'metadata']);
}

/** Whether two versions of an object have the same status. */
export function hasSameStatus(a: object, b: object): boolean {
  return isSame(statusOf(a), statusOf(b));
}

function statusOf(object: object): unknown {
  return (object as { readonly status?: unknown }).status ?? undefined;
}

/** Whether two JSON objects are equal but for some members. */
export function isSameBut(a: object, b: object, leftOut: readonly string[]): boolean {
  return equalRecords(a, b, 0, (key) => leftOut.includes(key));
}

/** Whether two JSON values are equal. */
export function isSame(a: unknown, b: unknown): boolean {
  return isEqual(a, b, 0);
}

function hasSameMetadata(a: object, b: object): boolean {
  const [left, right] = [metadataOf(a), metadataOf(b)];
  return equalRecords(left, right, 0, (key) => bookkeeping.has(key));
}

function metadataOf(object: object): object {
  const metadata: unknown = (object as { readonly metadata?: unknown }).metadata;
  return typeof metadata === 'object' && metadata !== null ? metadata : {};
}

function equalRecords(a: object, b: object, depth: number, isLeftOut: (key: string) => boolean): boolean {
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  const keys = Object.keys(left).filter((key) => !isLeftOut(key));
  if (keys.length !== Object.keys(right).filter((key) => !isLeftOut(key)).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && isEqual(left[key], right[key], depth + 1));
}

function isEqual(a: unknown, b: unknown, depth: number): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || depth > deepest) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  return equalRecords(a, b, depth, () => false);
}
