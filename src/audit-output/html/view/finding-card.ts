import type { AuditResult } from '../../../audit/audit-report.ts';
import { objectName, severityBadge } from './badges.ts';
import { el, name, spoken, type Child, type MarkupElement } from './markup.ts';
import type { Finding, ResultFinding, RuleText, UnknownFinding } from './page-data.ts';
import { fragmentOf } from './page-state.ts';
import { dayText, grouped, modeTexts } from './wording.ts';

/** Rules by id, for titles and links. */
export type RuleTexts = ReadonlyMap<string, RuleText>;

/** One entry of a list. */
export function findingCard(finding: Finding, rules: RuleTexts): MarkupElement {
  return finding.part === 'unknown' ? unknownCard(finding, rules) : resultCard(finding, rules);
}

function resultCard(finding: ResultFinding, rules: RuleTexts): MarkupElement {
  const { result, id, part } = finding;
  return el(
    'li',
    { class: `card ${result.severity}`, 'data-id': id },
    el(
      'article',
      { 'aria-labelledby': `title-${id}` },
      el(
        'div',
        { class: 'what' },
        el('p', { class: 'badges' }, severityBadge(result.severity), modeBadge(result, part), changeBadge(finding)),
        el('h3', { id: `title-${id}`, tabindex: '-1' }, objectName(result.object)),
        el('p', { class: 'owner' }, tenantLink(result)),
        el(
          'p',
          { class: 'message' },
          result.field === '' ? undefined : [el('code', { class: 'field' }, name(result.field)), ' '],
          name(result.message),
        ),
        requirement(result.rule, rules),
        plannedNote(result),
        copiesNote(result),
        exemptionNote(result),
      ),
      fixBlock(result.fix),
      footer(finding),
    ),
  );
}

function modeBadge({ mode }: AuditResult, part: Finding['part']): MarkupElement | undefined {
  return part === 'violations' ? el('span', { class: `mode ${mode}` }, modeTexts[mode]) : undefined;
}

function changeBadge({ change }: ResultFinding): MarkupElement | undefined {
  return change === 'new' ? el('span', { class: 'new' }, 'new') : undefined;
}

function tenantLink({ tenant }: AuditResult): Child {
  return tenant === undefined
    ? 'of no tenant'
    : ['of tenant ', el('a', { href: fragmentOf({ tenant }) }, name(tenant))];
}

/** What the rule wants, with a link to why. */
function requirement(id: string, rules: RuleTexts): Child {
  const rule = rules.get(id);
  if (rule === undefined) return undefined;
  return el('p', { class: 'note' }, 'Required: ', el('a', { href: `#rule/${id}` }, rule.title));
}

function plannedNote({ enforcedFrom }: AuditResult): Child {
  return enforcedFrom === undefined ? undefined : el('p', { class: 'note' }, `Will be denied from ${enforcedFrom}.`);
}

function copiesNote({ copies }: AuditResult): Child {
  if (copies === 0) return undefined;
  const text =
    copies === 1
      ? 'One object made from it has the same fault, and is mended with it.'
      : `${grouped(copies)} objects made from it have the same fault, and are mended with it.`;
  return el('p', { class: 'note' }, text);
}

function exemptionNote({ exemption }: AuditResult): Child {
  if (exemption === undefined) return undefined;
  const { owner, reason, expires } = exemption;
  const text = ['Exempt until ', name(expires), ', granted by ', name(owner), ': ', name(reason)];
  return el('p', { class: 'note' }, text);
}

/** The script adds the button that copies it. */
function fixBlock(fix: string): MarkupElement {
  return el('div', { class: 'fix' }, el('p', { class: 'label' }, 'Fix'), el('pre', {}, el('code', {}, name(fix))));
}

function footer({ id, part, result }: ResultFinding): MarkupElement {
  return el(
    'p',
    { class: 'meta' },
    el('span', {}, 'rule ', el('code', {}, name(result.rule))),
    el('span', {}, 'policy ', name(result.policy)),
    result.since === undefined ? undefined : el('span', {}, `since ${dayText(result.since)}`),
    permalink(id, part),
  );
}

function permalink(id: string, part: Finding['part']): MarkupElement {
  return el('a', { class: 'permalink', href: fragmentOf({ show: part, at: id }) }, 'Link', spoken(' to this entry'));
}

function unknownCard({ id, part, unknown }: UnknownFinding, rules: RuleTexts): MarkupElement {
  const { object, resource, rule, message } = unknown;
  return el(
    'li',
    { class: 'card unjudged', 'data-id': id },
    el(
      'article',
      { 'aria-labelledby': `title-${id}` },
      el(
        'div',
        { class: 'what' },
        el(
          'h3',
          { id: `title-${id}`, tabindex: '-1' },
          object === undefined ? name(resource ?? 'Not known') : objectName(object),
        ),
        el('p', { class: 'message' }, name(message)),
        rule === undefined ? undefined : requirement(rule, rules),
      ),
      el(
        'p',
        { class: 'meta' },
        rule === undefined ? undefined : el('span', {}, 'rule ', el('code', {}, name(rule))),
        permalink(id, part),
      ),
    ),
  );
}
