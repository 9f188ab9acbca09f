import type { ClusterLayerPosture, Evidence, LayerPosture } from '../../../audit/audit-report.ts';
import { objectName, stateBadge } from './badges.ts';
import { el, name, type Child, type MarkupElement } from './markup.ts';
import { clusterLayerTexts, counted, dayText, namespaceLayerTexts } from './wording.ts';

/** Evidence of a layer that is shown before it is only counted: a tenant of a thousand namespaces has much of it. */
const shownEvidence = 12;

/** Each layer with what its state rests on, and how to mend it. `idOf` makes the layers linkable. */
export function layerDetails(
  layers: readonly (LayerPosture | ClusterLayerPosture)[],
  idOf: (layer: string) => string,
  heading: 'h3' | 'h4',
): MarkupElement {
  return el(
    'ul',
    { class: 'layers' },
    layers.map((posture) => layerItem(posture, idOf(posture.layer), heading)),
  );
}

function layerItem(posture: LayerPosture | ClusterLayerPosture, id: string, heading: 'h3' | 'h4'): MarkupElement {
  const { title, meaning } = { ...namespaceLayerTexts, ...clusterLayerTexts }[posture.layer];
  const rest = posture.evidence.length - shownEvidence;
  return el(
    'li',
    { class: 'layer', id, tabindex: '-1' },
    el(
      'div',
      { class: 'which' },
      el(heading, {}, title),
      el(
        'p',
        {},
        stateBadge(posture.state),
        posture.since === undefined ? undefined : ` since ${dayText(posture.since)}`,
      ),
      el('p', { class: 'meaning' }, meaning),
    ),
    el(
      'div',
      { class: 'why' },
      posture.evidence.length === 0
        ? undefined
        : el('ul', { class: 'evidence' }, posture.evidence.slice(0, shownEvidence).map(evidenceItem)),
      rest > 0
        ? el('p', { class: 'note' }, `And ${counted(rest, 'more', 'more')}; the JSON report has all of it.`)
        : undefined,
    ),
    fixOf(posture),
  );
}

function evidenceItem({ object, field, message }: Evidence): MarkupElement {
  return el(
    'li',
    {},
    object === undefined ? undefined : [objectName(object), ' '],
    field === undefined ? undefined : [el('code', { class: 'field' }, name(field)), ' '],
    name(message),
  );
}

function fixOf({ fix }: LayerPosture | ClusterLayerPosture): Child {
  if (fix === undefined) return undefined;
  return el('div', { class: 'fix' }, el('p', { class: 'label' }, 'Fix'), el('pre', {}, el('code', {}, name(fix))));
}
