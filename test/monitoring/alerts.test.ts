import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { test, type Test } from 'tap';
import { parse } from 'yaml';

import { metricDefinitions, type MetricDefinition } from '../../src/telemetry/metric-definitions.ts';

/** What is shipped for Prometheus and Grafana, held against the metrics that there are and tried with Prometheus' own tool. */
const root = join(import.meta.dirname, '..', '..');
const stories = 'test/monitoring/alerts.promtool.yaml';
const run = promisify(execFile);

interface RuleFile {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}

interface Story {
  readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
}

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8');

async function alertRules(): Promise<RuleFile['groups'][number]['rules']> {
  const { groups } = parse(await read('charts/tenantgate/files/alerts.yaml')) as RuleFile;
  return groups.flatMap(({ rules }) => rules);
}

async function panels(): Promise<Dashboard['panels']> {
  return (JSON.parse(await read('charts/tenantgate/files/dashboard.json')) as Dashboard).panels;
}

/** Runs promtool (Debian: package prometheus). In CI it must be there. */
async function promtool(t: Test, ...args: readonly string[]): Promise<string | undefined> {
  try {
    return (await run('promtool', args, { cwd: root })).stdout;
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (code !== 'ENOENT') throw new Error(`promtool ${args.join(' ')}: ${stdout}${stderr}`, { cause: error });
    const message = 'promtool is not installed (Debian: apt-get install prometheus): alert rules were NOT tried';
    if (process.env['CI'] === 'true') throw new Error(message, { cause: error });
    t.comment(message);
    return undefined;
  }
}

const names = new Map<string, Pick<MetricDefinition, 'type' | 'labels'>>(
  Object.values(metricDefinitions).map(({ name, type, labels }) => [name, { type, labels: labels }]),
);

/** The metric of a series' name, which for a histogram has an ending. */
function metricOf(name: string) {
  const base = name.replace(/_(bucket|sum|count)$/, '');
  return names.get(name) ?? (names.get(base)?.type === 'histogram' ? names.get(base) : undefined);
}

/** The names in a PromQL expression that can only be those of series of ours. */
function seriesIn(expression: string): readonly string[] {
  return expression.match(/\b(?:tenantgate|process|nodejs)_[a-z_]+/g) ?? [];
}

/** The labels by which an expression groups or selects; `le` is every histogram's. */
function labelsIn(expression: string): readonly string[] {
  const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
  const selected = [...expression.matchAll(/\{([^}]*)\}/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/([a-z_]+)\s*(?:=|!)/g)].map(([, label = '']) => label),
  );
  return [...grouped, ...selected].filter((label) => label !== 'le' && label !== 'job');
}

void test('every metric that alerts and the dashboard name is there, with its labels', async (t) => {
  const named = [
    ...(await alertRules()).map(({ alert, expr }) => ({ where: alert, expr })),
    ...(await panels()).flatMap(({ title, targets }) => targets.map(({ expr }) => ({ where: title, expr }))),
  ];
  for (const { where, expr } of named) {
    const series = seriesIn(expr);
    t.ok(series.length > 0, `${where} looks at a metric: ${expr}`);
    for (const name of series) t.ok(metricOf(name), `${where}: ${name}`);
    const labels = new Set(series.flatMap((name) => metricOf(name)?.labels ?? []));
    for (const label of labelsIn(expr)) t.ok(labels.has(label), `${where}: label ${label}`);
  }
});

void test('every audit metric is shown', async (t) => {
  const shown = (await panels()).flatMap(({ targets }) => targets.flatMap(({ expr }) => seriesIn(expr))).join(' ');
  const watched = (await alertRules()).flatMap(({ expr }) => seriesIn(expr)).join(' ');
  for (const name of names.keys()) {
    if (/audit|drift_|posture/.test(name)) t.match(`${shown} ${watched}`, name);
  }
});

void test('every alert has a story in which it fires, and one in which it does not', async (t) => {
  const { tests } = parse(await read(stories)) as { readonly tests: readonly Story[] };
  const told = tests.flatMap((story) => story.alert_rule_test);
  for (const { alert } of await alertRules()) {
    const outcomes = told.filter(({ alertname }) => alertname === alert).map(({ exp_alerts }) => exp_alerts.length > 0);
    t.ok(outcomes.includes(true), `${alert} fires`);
    t.ok(outcomes.includes(false), `${alert} keeps silent`);
  }
});

void test('Prometheus takes the rules, and they tell the stories', async (t) => {
  const checked = await promtool(t, 'check', 'rules', 'charts/tenantgate/files/alerts.yaml');
  if (checked === undefined) return;
  t.match(checked, `${(await alertRules()).length} rules found`);
  t.match(await promtool(t, 'test', 'rules', stories), 'SUCCESS');
});
