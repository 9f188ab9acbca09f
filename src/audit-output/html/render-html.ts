import type { Markup } from './view/markup.ts';
import { visibleText } from './view/visible-text.ts';

/** Elements that have no end tag: https://html.spec.whatwg.org/multipage/syntax.html#void-elements */
const voidElements = new Set(['br', 'input', 'link', 'meta']);

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Markup as HTML: every text and every value of an attribute is escaped. */
export function renderHtml(markup: Markup): string {
  if (typeof markup === 'string') return escapeHtml(markup);
  const { tag, children } = markup;
  const attributes = Object.entries(markup.attributes).map(([key, value]) => attributeHtml(key, value));
  const start = `<${tag}${attributes.join('')}>`;
  return voidElements.has(tag) ? start : `${start}${children.map(renderHtml).join('')}</${tag}>`;
}

function attributeHtml(key: string, value: string | boolean | undefined): string {
  if (value === undefined || value === false) return '';
  return value === true ? ` ${key}` : ` ${key}="${escapeHtml(value)}"`;
}

function escapeHtml(text: string): string {
  return visibleText(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}
