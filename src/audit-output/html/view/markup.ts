/**
 * What the page shows, as data: written as HTML when the page is made, and made into nodes when the script runs, so that both
 * show the same. There is no way to put HTML in as text.
 */
export type Markup = string | MarkupElement;

export interface MarkupElement {
  readonly tag: string;
  readonly attributes: Attributes;
  readonly children: readonly Markup[];
}

/** `undefined` and `false` leave an attribute out; `true` gives it no value. */
export type Attributes = Readonly<Record<string, string | boolean | undefined>>;

/** What may stand among children; what is undefined is left out. */
export type Child = Markup | undefined | readonly Child[];

/** An element. `class` and ids are the page’s own words; everything else may come from objects. */
export function el(tag: string, attributes: Attributes = {}, ...children: readonly Child[]): MarkupElement {
  return { tag, attributes, children: flatten(children) };
}

function flatten(children: readonly Child[]): readonly Markup[] {
  return children.flatMap((child) => {
    if (child === undefined) return [];
    return typeof child === 'string' || 'tag' in child ? [child] : flatten(child);
  });
}

/** A name from outside, kept from turning the direction of what stands around it. */
export function name(text: string): MarkupElement {
  return el('bdi', {}, text);
}

/** Text that screen readers say and nobody sees. */
export function spoken(text: string): MarkupElement {
  return el('span', { class: 'spoken' }, text);
}
