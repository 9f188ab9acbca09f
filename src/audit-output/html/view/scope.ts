import type { AuditReport, Listing } from '../../../audit/audit-report.ts';
import { el, name, type Child, type MarkupElement } from './markup.ts';
import type { RuleText } from './page-data.ts';
import { grouped, instantText } from './wording.ts';

const listingTexts: Readonly<Record<Listing['state'], string>> = {
  read: 'read',
  absent: 'not served',
  forbidden: 'forbidden',
  failed: 'failed',
};

/** What comes first: what could not be read, then what was, then what is not there. */
const listingOrder: readonly Listing['state'][] = ['failed', 'forbidden', 'read', 'absent'];

/** What was read, when, by which policies, and how far. */
export function scope({ scan }: AuditReport): readonly Child[] {
  const listings = [...scan.listings].sort((a, b) => listingOrder.indexOf(a.state) - listingOrder.indexOf(b.state));
  return [
    el(
      'dl',
      { class: 'facts' },
      fact('Read from', name(scan.source)),
      fact('Began', instantText(scan.startedAt)),
      fact('Ended', instantText(scan.finishedAt)),
      fact('Policy set', el('code', {}, name(scan.policyHash))),
      fact(
        'Narrowed to',
        scan.filters.length === 0 ? 'nothing: the whole source' : el('code', {}, name(scan.filters.join(' '))),
      ),
      scan.comparedWith === undefined
        ? undefined
        : fact('Compared with', `the audit of ${instantText(scan.comparedWith)}`),
    ),
    el(
      'div',
      { class: 'scroller', role: 'region', tabindex: '0', 'aria-label': 'Kinds of objects and how far they were read' },
      el(
        'table',
        { class: 'plain listings' },
        el(
          'thead',
          {},
          el(
            'tr',
            {},
            ...['Resource', 'Outcome'].map((text) => el('th', { scope: 'col' }, text)),
            ...['Objects', 'Judged'].map((text) => el('th', { scope: 'col', class: 'number' }, text)),
          ),
        ),
        el('tbody', {}, listings.map(listingRow)),
      ),
    ),
  ];
}

function fact(term: string, value: Child): readonly MarkupElement[] {
  return [el('dt', {}, term), el('dd', {}, value)];
}

function listingRow({ resource, state, objects, judged }: Listing): MarkupElement {
  return el(
    'tr',
    { class: state },
    el('th', { scope: 'row' }, el('code', {}, name(resource))),
    el('td', { class: 'outcome' }, listingTexts[state]),
    el('td', { class: 'number' }, state === 'absent' ? '–' : grouped(objects)),
    el('td', { class: 'number' }, state === 'absent' ? '–' : grouped(judged)),
  );
}

/** Why each rule is there and how to keep it. */
export function ruleExplanations(rules: readonly RuleText[]): MarkupElement {
  return el('div', { class: 'rules' }, rules.map(ruleExplanation));
}

function ruleExplanation({ id, title, rationale, remediation, references, url }: RuleText): MarkupElement {
  const links = [...(url === undefined ? [] : [url]), ...references];
  return el(
    'section',
    { id: `rule/${id}`, tabindex: '-1' },
    el('h3', {}, title),
    el('p', { class: 'meta' }, el('code', {}, id)),
    el('p', {}, rationale),
    el('p', {}, el('strong', {}, 'To mend it: '), remediation),
    links.length === 0
      ? undefined
      : el(
          'ul',
          { class: 'references' },
          links.map((link) => el('li', {}, el('a', { href: link, rel: 'noreferrer' }, link))),
        ),
  );
}
