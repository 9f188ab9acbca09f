import type { AuditedObject, AuditReport, AuditResult, AuditUnknown } from '../../../audit/audit-report.ts';
import type { Finding, Part, ResultFinding } from './page-data.ts';

/** All entries of a report, in its order. */
export function findingsOf(report: AuditReport): readonly Finding[] {
  const idOf = idGiver();
  return [
    ...report.results.map((result): Finding => findingOf(result, partOf(result), idOf, report)),
    ...(report.fixed ?? []).map((result): Finding => findingOf(result, 'fixed', idOf, report)),
    ...report.unknown.map((unknown): Finding => ({ id: idOf(keyOfUnknown(unknown)), part: 'unknown', unknown })),
  ];
}

function partOf({ exemption, writer }: AuditResult): ResultFinding['part'] {
  if (exemption !== undefined) return 'exempt';
  return writer === 'tenant' ? 'confirm' : 'violations';
}

function findingOf(
  result: AuditResult,
  part: ResultFinding['part'],
  idOf: (key: string) => string,
  { scan }: AuditReport,
): ResultFinding {
  const compared = scan.comparedWith !== undefined && part !== 'fixed';
  const change = isNew(result, scan) ? 'new' : 'unchanged';
  return { id: idOf(keyOf(result)), part, change: compared ? change : undefined, result };
}

/** What no earlier audit has seen is new. */
export function isNew({ since }: AuditResult, { startedAt }: AuditReport['scan']): boolean {
  return since === undefined || Date.parse(since) >= Date.parse(startedAt);
}

/** Neither uid nor message: a link holds when the object is made anew, and when the message says it otherwise. */
function keyOf({ rule, object, field }: AuditResult): string {
  return JSON.stringify([rule, ...objectKey(object), field]);
}

function keyOfUnknown({ object, resource, rule }: AuditUnknown): string {
  return JSON.stringify([rule ?? '', resource ?? '', ...(object === undefined ? [] : objectKey(object))]);
}

function objectKey({ apiVersion, kind, namespace, name }: AuditedObject): readonly string[] {
  return [apiVersion.split('/').slice(0, -1).join('/'), kind, namespace ?? '', name];
}

/** Ids for keys: several entries with one key are told apart by their order. */
function idGiver(): (key: string) => string {
  const given = new Map<string, number>();
  return (key) => {
    const id = hashOf(key);
    const times = (given.get(id) ?? 0) + 1;
    given.set(id, times);
    return times === 1 ? id : `${id}-${times}`;
  };
}

/**
 * cyrb53 by bryc (public domain): a hash of 53 bits. Whoever names objects so that two share a hash only gets a number behind
 * the second one.
 */
function hashOf(key: string): string {
  let [high, low] = [0xdeadbeef, 0x41c6ce57];
  for (let index = 0; index < key.length; index++) {
    const unit = key.charCodeAt(index);
    high = Math.imul(high ^ unit, 2_654_435_761);
    low = Math.imul(low ^ unit, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return (4_294_967_296 * (0x1fffff & low) + (high >>> 0)).toString(36).padStart(11, '0');
}

/** How many entries each list has. */
export function countByPart(findings: readonly Finding[]): ReadonlyMap<Part, number> {
  const counts = new Map<Part, number>();
  for (const { part } of findings) counts.set(part, (counts.get(part) ?? 0) + 1);
  return counts;
}
