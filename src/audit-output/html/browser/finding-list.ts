import { findingCard, type RuleTexts } from '../view/finding-card.ts';
import { el, type Child, type MarkupElement } from '../view/markup.ts';
import type { Finding } from '../view/page-data.ts';
import { fragmentOf, type PageState } from '../view/page-state.ts';
import { counted, grouped, partMeanings } from '../view/wording.ts';
import { addCopyButtons } from './copy-fix.ts';
import { byId } from './page-elements.ts';
import { show } from './render-dom.ts';

/** Entries in the document at once: it stays small, however many there are. */
const perPage = 50;

/** Entries that are printed at most. */
const printed = 1000;

export interface ShownList {
  readonly findings: readonly Finding[];
  /** How many the list has before it was narrowed. */
  readonly total: number;
  readonly state: PageState;
}

/** The page of a list on which an entry stands, from 1. */
export function pageOf(findings: readonly Finding[], id: string): number | undefined {
  const index = findings.findIndex((finding) => finding.id === id);
  return index < 0 ? undefined : Math.floor(index / perPage) + 1;
}

/** Shows one page of a list. */
export function showList({ findings, total, state }: ShownList, rules: RuleTexts): void {
  const pages = Math.max(1, Math.ceil(findings.length / perPage));
  const page = Math.min(state.page, pages);
  const start = (page - 1) * perPage;
  const shown = findings.slice(start, start + perPage);
  const range = pages > 1 ? `, ${grouped(start + 1)} to ${grouped(start + shown.length)} are shown` : '';
  byId('status').textContent = `${extentText(findings.length, total)}${range}. ${partMeanings[state.show]}`;
  const list = byId('list');
  show(list, ...cards(shown, rules, start), ...pager(page, pages, state));
  addCopyButtons(list);
  if (state.at !== '') list.querySelector(`[data-id="${CSS.escape(state.at)}"]`)?.setAttribute('aria-current', 'true');
}

/** All entries that fit, for paper. */
export function showForPrint({ findings, total, state }: ShownList, rules: RuleTexts): void {
  const rest = findings.length - printed;
  const more = rest > 0 ? ` The first ${grouped(printed)} are printed; narrow the list to print others.` : '';
  byId('status').textContent = `${extentText(findings.length, total)}. ${partMeanings[state.show]}${more}`;
  show(byId('list'), ...cards(findings.slice(0, printed), rules, 0));
}

function extentText(shown: number, total: number): string {
  return shown === total
    ? counted(total, 'entry', 'entries')
    : `${grouped(shown)} of ${counted(total, 'entry', 'entries')}`;
}

function cards(findings: readonly Finding[], rules: RuleTexts, start: number): readonly MarkupElement[] {
  if (findings.length === 0) return [el('p', { class: 'empty' }, 'Nothing here fits.')];
  const items = findings.map((finding) => findingCard(finding, rules));
  return [el('ol', { class: 'cards', start: String(start + 1) }, items)];
}

function pager(page: number, pages: number, state: PageState): readonly MarkupElement[] {
  if (pages === 1) return [];
  const link = (to: number, text: string): Child =>
    to < 1 || to > pages || to === page
      ? el('span', { class: 'off' }, text)
      : el('a', { href: fragmentOf({ ...state, page: to, at: '', layer: '' }) }, text);
  return [
    el(
      'nav',
      { class: 'pager', 'aria-label': 'Pages' },
      link(1, 'First'),
      link(page - 1, 'Previous'),
      el('span', { class: 'here' }, `Page ${grouped(page)} of ${grouped(pages)}`),
      link(page + 1, 'Next'),
      link(pages, 'Last'),
    ),
  ];
}
