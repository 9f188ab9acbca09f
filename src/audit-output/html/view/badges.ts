import type { AuditedObject, AuditResult, PostureState } from '../../../audit/audit-report.ts';
import { el, name, type MarkupElement } from './markup.ts';
import { stateTexts } from './wording.ts';

/** A state as a shape of its own and a word; the colour says nothing that they do not. */
export function stateBadge(state: PostureState): MarkupElement {
  return el('span', { class: `state ${state}` }, el('span', { class: 'word' }, stateTexts[state]));
}

export function severityBadge(severity: AuditResult['severity']): MarkupElement {
  return el('span', { class: `severity ${severity}` }, severity);
}

/** `Kind namespace/name`. */
export function objectName({ kind, namespace, name: own }: AuditedObject): MarkupElement {
  return el(
    'span',
    { class: 'object' },
    el('span', { class: 'kind' }, name(kind)),
    ' ',
    el(
      'span',
      { class: 'path' },
      namespace === null ? undefined : [el('span', { class: 'namespace' }, name(namespace)), '/'],
      name(own),
    ),
  );
}
