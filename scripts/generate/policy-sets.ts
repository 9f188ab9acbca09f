import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse, stringify } from 'yaml';

import { policySetNames, type PolicySetName } from '../../src/config/policy-set-names.ts';
import { paramDefaults } from '../../src/policy/compile-policy.ts';
import type { Mode, PolicyDocument } from '../../src/policy/policy-document.ts';
import type { Rule } from '../../src/policy/rule.ts';
import { artefactOf, type Artefact } from './artefact.ts';
import { code, page, table } from './markdown.ts';

const folder = join(import.meta.dirname, '../../policies');

type Params = Readonly<Record<string, unknown>>;
type DerivedSet = Exclude<PolicySetName, 'baseline'>;

/**
 * Where `restricted` is stricter than the baseline: params, and rules that ask of a cluster what it has to be prepared for. Any
 * other rule stays as the baseline has it: what only warns there is advice, and would deny what opens nothing.
 */
export const stricter: Readonly<Record<string, { readonly mode?: Mode; readonly params?: Params }>> = {
  'namespaces/pod-security-default': { params: { enforce: 'restricted' } },
  'namespaces/pod-security-level': { params: { level: 'restricted' } },
  'pods/isolated-before-start': { mode: 'enforce' },
  'pods/pod-security': { params: { level: 'restricted' } },
  'quota/limit-range-present': { mode: 'enforce' },
  'quota/quota-present': { mode: 'enforce' },
  'services/load-balancer-source-ranges': { mode: 'enforce' },
};

const intentions: Readonly<Record<PolicySetName, string>> = {
  baseline:
    'What every shared cluster can enforce. What a cluster has to be prepared for, such as a default-deny in each namespace, only warns. It is in force where no other documents are named.',
  restricted: 'Every rule in its strictest form. Only advice, which concerns what opens nothing, still warns.',
  'audit-first':
    'Every rule as strict as in `restricted`, and in mode audit: for a first roll-out, which shows what enforcement would deny. Defaults add nothing.',
};

/** Names of the documents of a set: one for each topic. */
export function policyTopics(): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml') && file !== 'tenancy.yaml')
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

/** The text of one document of the baseline, which is written by hand. */
function baselineText(topic: string): string {
  return readFileSync(join(folder, `${topic}.yaml`), 'utf8');
}

/** One document of a set as a value. */
function documentOf(set: PolicySetName, topic: string): PolicyDocument {
  const document = parse(baselineText(topic)) as PolicyDocument;
  if (set === 'baseline') return document;
  const rules = document.spec.rules.map((entry) => strictEntry(entry, set));
  const { exemptions } = document.spec;
  const mode: Mode = set === 'restricted' ? 'enforce' : 'audit';
  return { ...document, spec: { mode, rules, ...(exemptions === undefined ? {} : { exemptions }) } };
}

type RuleEntry = PolicyDocument['spec']['rules'][number];

function strictEntry({ rule, mode, params }: RuleEntry, set: DerivedSet): RuleEntry {
  const strict = stricter[rule];
  const given = { ...params, ...strict?.params };
  const ownMode = strict?.mode ?? mode;
  return {
    rule,
    // The mode of the document says it already.
    ...(set === 'audit-first' || ownMode === undefined || ownMode === 'enforce' ? {} : { mode: ownMode }),
    ...(Object.keys(given).length === 0 ? {} : { params: given }),
  };
}

/** One document of a derived set as text, with the title of each rule beside it. */
function textOf(set: DerivedSet, topic: string, rules: readonly Rule[]): string {
  const { apiVersion, kind, metadata, spec } = documentOf(set, topic);
  const head = [
    '# yaml-language-server: $schema=../../schemas/policy.schema.json',
    '#',
    `# Set ${set}, made from ../${topic}.yaml by \`npm run generate\`. Do not edit: copy it.`,
  ].join('\n');
  const { rules: entries, ...others } = spec;
  const items = entries.map((entry) => {
    const title = rules.find(({ id }) => id === entry.rule)?.title ?? '';
    return `    # ${title}.\n${stringify([entry]).trimEnd().replaceAll(/^/gm, '    ')}`;
  });
  const body = stringify({ apiVersion, kind, metadata, spec: others }).trimEnd();
  return `${head}\n${body}\n  rules:\n${items.join('\n')}\n`;
}

/** Every document of every set by its path below `policies`, for those who need the files themselves. */
export function policySetTexts(rules: readonly Rule[]): ReadonlyMap<`${PolicySetName}/${string}`, string> {
  return new Map(
    policySetNames.flatMap((set) =>
      policyTopics().map(
        (topic) =>
          [`${set}/${topic}.yaml`, set === 'baseline' ? baselineText(topic) : textOf(set, topic, rules)] as const,
      ),
    ),
  );
}

/** The documents of the sets that are made from the baseline, and the page that compares them rule by rule. */
export async function policySets(rules: readonly Rule[]): Promise<readonly Artefact[]> {
  const derived = [...policySetTexts(rules)].filter(([path]) => !path.startsWith('baseline/'));
  return Promise.all([
    ...derived.map(([path, text]) => artefactOf(`policies/${path}`, text)),
    artefactOf('docs/policy-sets.md', setsPage(rules)),
  ]);
}

function setsPage(rules: readonly Rule[]): string {
  return page(
    '# Policy sets',
    'Three sets of [Policy documents](policies.md) ship. Wherever documents are named, a set may be: `tenantgate serve --policies restricted`, `tenantgate check --policies audit-first`, `policies` of a [PolicyTest](testing-policies.md), and the value `policies.set` of the [chart](../charts/tenantgate/README.md). A file or folder of the same name is written with `./` before it.',
    table(
      ['Set', 'What it is for', 'Documents'],
      policySetNames.map((set) => [
        code(set),
        intentions[set],
        `[policies${folderOf(set)}](../policies${folderOf(set)}/)`,
      ]),
    ),
    'Each set is one document for each topic, with every rule of the topic in it. `baseline` is written by hand; the others are made from it, so a rule that is added is in all three. Their tests are [PolicyTests](../policies/tests/), and `tenantgate test` runs them.',
    '## Rule by rule',
    'Params are shown where a set gives a rule another value than [the default](rules/README.md) of the rule.',
    ...policyTopics().flatMap((topic) => [`### ${topic}`, scopeNote(topic), topicTable(topic, rules)]),
    '## To go on from a set',
    'Name a set and documents of your own: `--policies baseline --policies my-rules.yaml`. Where several documents hold a rule, the strongest reading counts, so a document of yours can tighten a set. To loosen one, write an [exemption](policies.md#exemptions) into a copy of its document.',
  );
}

function folderOf(set: PolicySetName): string {
  return set === 'baseline' ? '' : `/${set}`;
}

function scopeNote(topic: string): string | undefined {
  const { scope } = documentOf('baseline', topic).spec;
  if (scope === undefined) return undefined;
  return `In \`baseline\` the scope is \`${JSON.stringify(scope)}\`; in the other sets there is none.`;
}

function topicTable(topic: string, rules: readonly Rule[]): string {
  const documents = policySetNames.map((set) => documentOf(set, topic));
  return table(
    ['Rule', ...policySetNames.map(code)],
    documents[0]?.spec.rules.map(({ rule }) => [
      `[${code(rule)}](rules/${rule}.md)`,
      ...documents.map((document) => cellOf(document, rule, rules)),
    ]) ?? [],
  );
}

function cellOf({ spec }: PolicyDocument, id: string, rules: readonly Rule[]): string {
  const entry = spec.rules.find(({ rule }) => rule === id);
  const rule = rules.find((one) => one.id === id);
  if (entry === undefined || rule === undefined) return '';
  const mode = entry.mode ?? spec.mode ?? 'enforce';
  const usual = paramDefaults(rule.params);
  const other = Object.entries(entry.params ?? {}).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(usual[name]),
  );
  if (rule.type === 'default' && mode !== 'enforce') return 'adds nothing';
  return [mode, ...other.map(([name, value]) => code(`${name}: ${JSON.stringify(value)}`))].join('; ');
}
