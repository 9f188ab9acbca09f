import type { AuditReport, AuditResult, ClusterLayerPosture, LayerPosture } from '../audit/audit-report.ts';
import { standingOf } from '../audit/tally.ts';
import { counted, exemptionText } from '../report-formats/finding-wording.ts';
import { paintFor, type Paint } from '../report-formats/paint.ts';
import { noticeOf } from '../policy/mode-schedule.ts';
import { printable, printableLines } from '../report-formats/printable.ts';
import {
  ageText,
  changesText,
  evidenceText,
  instantText,
  scanText,
  summaryText,
  unknownText,
} from './audit-wording.ts';
import { columns } from './columns.ts';
import { stateText } from './posture-grid.ts';

/** A row of a table, and the lines below it. */
interface Row {
  readonly cells: readonly string[];
  readonly below: readonly string[];
}

/**
 * Everything that the report holds, as tables with a row for each thing, which `grep` and `less -S` take well. How to mend
 * it stands below the row.
 */
export function wideReport(report: AuditReport, hasColour: boolean): string {
  const paint = paintFor(hasColour);
  const { results, fixed = [], unknown, posture, scan } = report;
  return [
    scanText(report),
    ...table(paint, 'Posture', postureHead, postureRows(posture)),
    ...table(
      paint,
      'Results',
      resultHead,
      results.map((result) => resultRow(report, result)),
    ),
    ...table(
      paint,
      'Fixed',
      resultHead,
      fixed.map((result) => resultRow(report, result)),
    ),
    ...table(
      paint,
      'Unknown',
      undefined,
      unknown.map((gap) => ({ cells: [unknownText(gap)], below: [] })),
    ),
    ...table(paint, 'Read', ['RESOURCE', 'STATE', 'OBJECTS', 'JUDGED'], listingRows(scan.listings)),
    '',
    ...[changesText(report)].filter((line) => line !== undefined),
    summaryText(report),
    '',
  ].join('\n');
}

function table(
  paint: Paint,
  title: string,
  head: readonly string[] | undefined,
  rows: readonly Row[],
): readonly string[] {
  if (rows.length === 0) return [];
  const heads = head === undefined ? [] : [head];
  const lines = columns([...heads, ...rows.map(({ cells }) => cells)]).map((cells) => cells.join(''));
  return [
    '',
    paint('bold', title.toUpperCase()),
    ...lines.slice(0, heads.length).map((line) => paint('bold', line)),
    ...rows.flatMap(({ below }, index) => [
      lines[heads.length + index] ?? '',
      ...below.map((line) => paint('dim', `    ${line}`)),
    ]),
  ];
}

const postureHead = ['TENANT', 'NAMESPACE', 'LAYER', 'STATE', 'SINCE', 'EVIDENCE'];

function postureRows({ cluster, tenants }: AuditReport['posture']): readonly Row[] {
  return [
    ...cluster.map((layer) => layerRow('-', '-', layer)),
    ...tenants.flatMap(({ tenant, namespaces }) =>
      namespaces.flatMap(({ namespace, layers }) => layers.map((layer) => layerRow(tenant, namespace, layer))),
    ),
  ];
}

function layerRow(tenant: string, namespace: string, posture: LayerPosture | ClusterLayerPosture): Row {
  const { layer, state, since, evidence, fix } = posture;
  const [first = '-', ...others] = evidence.map(evidenceText);
  return {
    cells: [tenant, namespace, layer, stateText[state], since === undefined ? '-' : instantText(since), first].map(
      printable,
    ),
    below: [...others, ...fixLines(fix)],
  };
}

const resultHead = [
  ...['SEVERITY', 'MODE', 'STANDING', 'RULE', 'POLICY', 'TENANT', 'NAMESPACE', 'OBJECT', 'FIELD', 'COPIES', 'SINCE'],
  'MESSAGE',
];

function resultRow(report: AuditReport, result: AuditResult): Row {
  const { severity, mode, rule, policy, tenant = '-', object, field, copies, message, fix } = result;
  const notice = noticeOf(result);
  const told = notice === undefined ? message : `${message}; ${notice}`;
  const { namespace, kind, name, apiVersion } = object;
  const named = `${kind}.${apiVersion}/${name}`;
  const age = ageText(report, result) ?? '-';
  const cells = [severity, mode, standingOf(result), rule, policy, tenant, namespace ?? '-', named, field || '-'];
  return {
    cells: [...cells, String(copies), age, told].map(printable),
    below: [...exemptionLines(result), ...fixLines(fix)],
  };
}

function exemptionLines({ exemption }: AuditResult): readonly string[] {
  return exemption === undefined ? [] : [exemptionText(exemption)];
}

function fixLines(fix: string | undefined): readonly string[] {
  return fix === undefined ? [] : printableLines(`fix: ${fix}`);
}

/** Kinds that a cluster does not serve are many, and there is nothing to say of them. */
function listingRows(listings: AuditReport['scan']['listings']): readonly Row[] {
  const served = listings.filter(({ state }) => state !== 'absent');
  const rows = served.map(({ resource, state, objects, judged }) => ({
    cells: [printable(resource), state, String(objects), String(judged)],
    below: [],
  }));
  const absent = listings.length - served.length;
  return absent === 0 ? rows : [...rows, { cells: [`${counted(absent, 'other kind')}: not served`], below: [] }];
}
