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

const isNameOrBookkeeping = (key: string): boolean => key === 'name' || bookkeeping.has(key);
const isBookkeeping = (key: string): boolean => bookkeeping.has(key);
const isNoBody = (key: string): boolean => key === 'status' || key === 'metadata';
const nothing = (): boolean => false;

/** Whether two objects say the same to every rule that asks for no name; their status is not asked for. */
export function isSameButName(a: object, b: object): boolean {
  return hasSameBody(a, b) && equalRecords(metadataOf(a), metadataOf(b), 0, isNameOrBookkeeping);
}

/** Whether two versions of an object are equal but for metadata and status: for most kinds, in their spec. */
export function hasSameBody(a: object, b: object): boolean {
  return equalRecords(a, b, 0, isNoBody);
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
  return equalRecords(left, right, 0, isBookkeeping);
}

function metadataOf(object: object): object {
  const metadata: unknown = (object as { readonly metadata?: unknown }).metadata;
  return typeof metadata === 'object' && metadata !== null ? metadata : {};
}

function equalRecords(a: object, b: object, depth: number, isLeftOut: (key: string) => boolean): boolean {
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  let members = 0;
  for (const key of Object.keys(left)) {
    if (isLeftOut(key)) continue;
    if (!Object.hasOwn(right, key) || !isEqual(left[key], right[key], depth + 1)) return false;
    members += 1;
  }
  for (const key of Object.keys(right)) if (!isLeftOut(key)) members -= 1;
  return members === 0;
}

function isEqual(a: unknown, b: unknown, depth: number): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || depth > deepest) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  return equalRecords(a, b, depth, nothing);
}
