import type { AuditReport } from '../../../audit/audit-report.ts';
import type { RuleTexts } from './finding-card.ts';
import { el, type Child, type MarkupElement } from './markup.ts';
import { parts, type Part } from './page-data.ts';
import { fragmentOf } from './page-state.ts';
import { grouped, modes, modeTexts, partTexts, severities } from './wording.ts';

/** The lists, with how much is in each. */
export function partLinks(counts: ReadonlyMap<Part, number>, compared: boolean): MarkupElement {
  const shown = parts.filter((part) => compared || part !== 'fixed');
  return el(
    'nav',
    { class: 'parts', 'aria-label': 'Lists' },
    el(
      'ul',
      {},
      shown.map((part) =>
        el(
          'li',
          {},
          el(
            'a',
            { href: fragmentOf({ show: part }), 'data-part': part },
            partTexts[part],
            ' ',
            el('span', { class: 'number' }, grouped(counts.get(part) ?? 0)),
          ),
        ),
      ),
    ),
  );
}

/** What narrows the list. It does nothing without the script, which shows it. */
export function filterForm(report: AuditReport, rules: RuleTexts): MarkupElement {
  const named = new Set([...report.results, ...(report.fixed ?? []), ...report.unknown].map(({ rule }) => rule));
  const ids = [...named].filter((id) => id !== undefined).sort();
  return el(
    'form',
    { class: 'filters', role: 'search', 'aria-label': 'Filters', id: 'filters', hidden: true, autocomplete: 'off' },
    textField('q', 'Search', { placeholder: 'Name, field, message …', 'aria-keyshortcuts': '/' }),
    textField('tenant', 'Tenant', { list: 'known-tenant', placeholder: 'All' }),
    textField('namespace', 'Namespace', { list: 'known-namespace', placeholder: 'All' }),
    choice(
      'rule',
      'Rule',
      ids.map((id) => [id, rules.has(id) ? id : `${id} (unknown)`]),
    ),
    choice(
      'severity',
      'Severity',
      severities.map((severity) => [severity, severity]),
    ),
    choice(
      'mode',
      'Mode',
      modes.map((mode) => [mode, `${mode}: ${modeTexts[mode]}`]),
    ),
    report.scan.comparedWith === undefined
      ? undefined
      : choice('change', 'Change', [
          ['new', 'new'],
          ['unchanged', 'unchanged'],
        ]),
    el('button', { type: 'reset', id: 'clear' }, 'Clear'),
  );
}

function textField(id: string, label: string, more: Readonly<Record<string, string>>): MarkupElement {
  const list = more['list'];
  return field(id, label, [
    el('input', { type: 'search', id: `by-${id}`, name: id, spellcheck: 'false', ...more }),
    list === undefined ? undefined : el('datalist', { id: list }),
  ]);
}

function choice(
  id: string,
  label: string,
  options: readonly (readonly [value: string, text: string])[],
): MarkupElement {
  return field(
    id,
    label,
    el(
      'select',
      { id: `by-${id}`, name: id },
      el('option', { value: '' }, 'All'),
      options.map(([value, text]) => el('option', { value }, text)),
    ),
  );
}

function field(id: string, label: string, control: Child): MarkupElement {
  return el('div', { class: 'choice' }, el('label', { for: `by-${id}` }, label), control);
}
