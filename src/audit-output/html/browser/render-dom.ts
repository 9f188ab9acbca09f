import type { Markup } from '../view/markup.ts';
import { visibleText } from '../view/visible-text.ts';

/** Markup as nodes. Text becomes text: no part of it is ever parsed. */
export function renderDom(markup: Markup): Node {
  if (typeof markup === 'string') return document.createTextNode(visibleText(markup));
  const element = document.createElement(markup.tag);
  for (const [key, value] of Object.entries(markup.attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(key, value === true ? '' : visibleText(value));
  }
  element.append(...markup.children.map(renderDom));
  return element;
}

/** Puts markup in the place of what an element holds. */
export function show(parent: Element, ...content: readonly Markup[]): void {
  parent.replaceChildren(...content.map(renderDom));
}
