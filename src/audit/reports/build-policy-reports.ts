import type { AuditedObject, AuditReport, AuditResult, AuditUnknown } from '../audit-report.ts';
import type { PolicyReport, PolicyResult, ReportStatus } from './policy-report.ts';

/** How much one report holds: etcd takes no object beyond 1.5 MiB, and whoever reads reports reads many. */
export interface ReportBounds {
  readonly mostResults: number;
  readonly mostBytes: number;
}

const reportBounds: ReportBounds = { mostResults: 1_000, mostBytes: 512 * 1024 };

/** Longer ones help nobody in a list; `tenantgate audit` has them whole. */
const longestMessage = 1_000;
const longestProperty = 500;

/** What surrounds the members of a result in its JSON, generously. */
const bytesAroundResult = 400;

/**
 * One report for each namespace in which something was found, by name, and one for the rest of the cluster. The same audit
 * gives the same reports, and one that found the same gives the same again: nothing in them tells when it ran.
 */
export function buildPolicyReports(audit: AuditReport, bounds: ReportBounds = reportBounds): readonly PolicyReport[] {
  const byNamespace = new Map<string | null, PolicyResult[]>();
  const add = (namespace: string | null, result: PolicyResult): void => {
    const results = byNamespace.get(namespace);
    if (results === undefined) byNamespace.set(namespace, [result]);
    else results.push(result);
  };
  for (const result of audit.results) add(placeOf(result.object), violationResult(result));
  for (const unknown of audit.unknown) add(placeOf(unknown.object), unknownResult(unknown));
  return [...byNamespace]
    .sort(([a], [b]) => compareNames(a, b))
    .map(([namespace, results]) => reportOf(namespace, results, bounds));
}

/** A Namespace is reported in itself: whoever reads the reports of a namespace should find it there. */
function placeOf(object: AuditedObject | undefined): string | null {
  if (object?.apiVersion === 'v1' && object.kind === 'Namespace') return object.name;
  return object?.namespace ?? null;
}

/** What is in no namespace comes first. */
function compareNames(a: string | null, b: string | null): number {
  const [first, second] = [a ?? '', b ?? ''];
  if (first === second) return 0;
  return first < second ? -1 : 1;
}

function violationResult(result: AuditResult): PolicyResult {
  const { rule, severity, policy, object, field, message, since } = result;
  const status = statusOf(result);
  return {
    policy,
    rule,
    category: categoryOf(rule),
    severity,
    status,
    isScored: status === 'fail',
    message: cut(field === '' ? message : `${field}: ${message}`, longestMessage),
    properties: propertiesOf(result),
    object,
    since,
  };
}

/** What an exemption lets pass is skipped; what only warns, or is wrong only if a tenant wrote it, is a warning. */
function statusOf({ exemption, writer, mode }: AuditResult): ReportStatus {
  if (exemption !== undefined) return 'skip';
  return writer === 'tenant' || mode === 'warn' ? 'warn' : 'fail';
}

function propertiesOf(result: AuditResult): Record<string, string> {
  const { mode, field, fix, tenant, writer, copies, exemption, enforcedFrom } = result;
  const properties = {
    mode,
    enforcedFrom,
    field,
    fix,
    tenant,
    writer: writer === 'tenant' ? 'to confirm: wrong only if a tenant wrote it' : undefined,
    copies: copies === 0 ? undefined : String(copies),
    exemption: exemption && `until ${exemption.expires} (${exemption.owner}): ${exemption.reason}`,
  };
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [[name, cut(value, longestProperty)]],
    ),
  );
}

/** Never counted as clean. */
function unknownResult({ object, resource, rule, message }: AuditUnknown): PolicyResult {
  return {
    policy: 'tenantgate',
    rule,
    category: rule === undefined ? undefined : categoryOf(rule),
    severity: undefined,
    status: 'error',
    isScored: false,
    message: cut(`could not be judged: ${message}`, longestMessage),
    properties: resource === undefined ? {} : { resource },
    object,
    since: undefined,
  };
}

/** The layer of a rule, such as `network`. */
function categoryOf(rule: string): string | undefined {
  return rule.split('/')[0];
}

function reportOf(namespace: string | null, results: readonly PolicyResult[], bounds: ReportBounds): PolicyReport {
  const summary = { pass: 0, fail: 0, warn: 0, error: 0, skip: 0 };
  for (const { status } of results) summary[status] += 1;
  const kept = thatFit(results, bounds);
  const left = results.length - kept.length;
  return { namespace, summary, results: left === 0 ? kept : [...kept, restResult(left)] };
}

function thatFit(results: readonly PolicyResult[], { mostResults, mostBytes }: ReportBounds): readonly PolicyResult[] {
  let bytes = 0;
  const firstBeyond = results.findIndex((result, index) => {
    bytes += Buffer.byteLength(JSON.stringify(result)) + bytesAroundResult;
    return index >= mostResults || bytes > mostBytes;
  });
  return firstBeyond < 0 ? results : results.slice(0, firstBeyond);
}

function restResult(left: number): PolicyResult {
  return {
    policy: 'tenantgate',
    rule: undefined,
    category: undefined,
    severity: 'info',
    status: 'skip',
    isScored: false,
    message: `${left} more do not fit into this report; its summary counts them, and tenantgate audit lists them all`,
    properties: { left: String(left) },
    object: undefined,
    since: undefined,
  };
}

/** Between characters, not within. */
function cut(text: string, longest: number): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest - 1).replace(/[\ud800-\udbff]$/u, '')}…`;
}
