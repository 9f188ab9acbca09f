import type { AuditReport, AuditResult } from '../audit/audit-report.ts';
import { standingOf, type Standing } from '../audit/tally.ts';
import { counted } from '../report-formats/finding-wording.ts';
import { paintFor, type Colour, type Paint } from '../report-formats/paint.ts';
import { noticeOf } from '../policy/mode-schedule.ts';
import { printable } from '../report-formats/printable.ts';
import { ageText, changesText, copiesText, scanText, summaryText, unknownText } from './audit-wording.ts';
import { columns, widthOf, wrapped } from './columns.ts';
import { groupResults, type ObjectGroup, type PlaceGroup } from './group-results.ts';
import { postureGrid, stateColour, stateText } from './posture-grid.ts';
import { postureReasons } from './posture-reasons.ts';

/** How a report for people is shown. */
export interface TableStyle {
  /** Columns of the terminal. */
  readonly width: number;
  readonly hasColour: boolean;
}

/**
 * The report for people: the posture of each tenant, what is wrong by tenant, namespace and object, what somebody has to
 * look at, what is not known, and a summary. No line is wider than the terminal, and colours say nothing that words do not.
 */
export function tableReport(report: AuditReport, { width, hasColour }: TableStyle): string {
  const paint = paintFor(hasColour);
  const page: Page = { report, width, paint };
  const { results, fixed = [], unknown, posture } = report;
  const ofStanding = (wanted: Standing) => results.filter((result) => standingOf(result) === wanted);
  return [
    ...wrapped(scanText(report), width),
    ...section(page, 'Posture', postureGrid(posture, width, paint)),
    ...section(page, 'Not in place', reasonLines(page)),
    ...section(page, 'Violations', findingLines(page, ofStanding('violation'))),
    ...section(page, 'To confirm: wrong only if a tenant wrote it', findingLines(page, ofStanding('to-confirm'))),
    ...section(page, 'Fixed', findingLines(page, fixed)),
    ...section(
      page,
      'Unknown',
      unknown.flatMap((gap) => hanging(unknownText(gap), width, '')),
    ),
    ...footLines(page),
    '',
  ].join('\n');
}

interface Page {
  readonly report: AuditReport;
  readonly width: number;
  readonly paint: Paint;
}

function section({ width, paint }: Page, title: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  return ['', ...wrapped(title.toUpperCase(), width).map((line) => paint('bold', line)), ...lines];
}

/** Text whose further lines are indented a little more than its first. */
function hanging(text: string, width: number, indent: string): readonly string[] {
  const [first = '', ...rest] = wrapped(text, width - indent.length - 2);
  return [`${indent}${first}`, ...rest.map((line) => `${indent}  ${line}`)];
}

function reasonLines({ report, width, paint }: Page): readonly string[] {
  const reasons = postureReasons(report);
  const heads = columns(reasons.map(({ owner, layer, state }) => [owner, layer, stateText[state], '']));
  return reasons.flatMap(({ state, text }, index) => {
    const cells = heads[index] ?? [];
    const head = cells.join('');
    const painted = cells.map((cell, column) => (column === 2 ? paint(stateColour[state], cell) : cell)).join('');
    const room = width - widthOf(head);
    if (room < narrowest) return [painted.trimEnd(), ...hanging(text, width, '  ')];
    const [first = '', ...rest] = wrapped(text, room);
    return [`${painted}${first}`, ...rest.map((line) => `${' '.repeat(widthOf(head))}${line}`)];
  });
}

/** With less room than this beside the columns, text goes below them. */
const narrowest = 30;

function findingLines(page: Page, results: readonly AuditResult[]): readonly string[] {
  return groupResults(results).flatMap((place, index) => [
    ...(index === 0 ? [] : ['']),
    ...wrapped(placeText(place), page.width),
    ...place.objects.flatMap((object) => objectLines(page, object, place)),
  ]);
}

function placeText({ tenant, namespace }: PlaceGroup): string {
  const whose = tenant === undefined ? 'no tenant' : `tenant ${tenant}`;
  return printable(`${whose}, ${namespace === undefined ? 'objects of the cluster' : `namespace ${namespace}`}`);
}

function objectLines(page: Page, { object, results }: ObjectGroup, place: PlaceGroup): readonly string[] {
  const isPlace = object.namespace === null && object.name === place.namespace;
  const name = printable(isPlace ? `the ${object.kind} itself` : `${object.kind} ${object.name}`);
  return [
    ...hanging(name, page.width, '  ').map((line) => page.paint('bold', line)),
    ...[...Map.groupBy(results, (result) => headOf(page, result).join('  '))].flatMap(([, alike]) =>
      alikeLines(page, alike),
    ),
  ];
}

/** What a result is, without its message. */
function headOf({ report }: Page, result: AuditResult): readonly [strength: string, ...rest: string[]] {
  const { severity, mode, rule, field } = result;
  const acting = [mode, noticeOf(result)].filter((part) => part !== undefined).join(', ');
  const strength = mode === 'enforce' ? severity : `${severity} (${acting})`;
  const rest = [rule, printable(field), copiesText(result), ageText(report, result)];
  return [strength, ...rest.filter((part) => part !== undefined && part !== '').map(String)];
}

/** Results of one rule and field: the same head, and a message each. */
function alikeLines(page: Page, results: readonly AuditResult[]): readonly string[] {
  const [result] = results;
  if (result === undefined) return [];
  const head = headOf(page, result);
  const [first = '', ...more] = hanging(head.join('  '), page.width, '    ');
  const painted = first.replace(head[0], () => page.paint(colourOf(result), head[0]));
  const messages = results.flatMap(({ message }) => hanging(printable(message), page.width, '      '));
  return [painted, ...more, ...messages];
}

function colourOf({ severity, mode }: AuditResult): Colour {
  if (mode !== 'enforce') return 'blue';
  return severity === 'critical' || severity === 'high' ? 'red' : 'yellow';
}

function footLines({ report, width, paint }: Page): readonly string[] {
  const { summary, scan } = report;
  const { enforce, warn, audit } = summary.violations;
  const isClean = enforce + warn + audit + summary.unknown === 0;
  const changes = changesText(report);
  const unread = scan.listings.filter(({ state }) => state === 'forbidden' || state === 'failed').length;
  return [
    '',
    ...(changes === undefined ? [] : wrapped(changes, width)),
    ...(unread === 0
      ? []
      : wrapped(`${counted(unread, 'kind')} could not be read: what is in there is not known.`, width)),
    ...wrapped(summaryText(report), width).map((line) => paint(isClean ? 'green' : 'red', line)),
    ...(report.results.length === 0
      ? []
      : wrapped('How to mend each: --output wide', width).map((line) => paint('dim', line))),
  ];
}
