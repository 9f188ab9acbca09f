/** An element that the page was made with. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/** Brings an element into view and makes it the place from where the keyboard goes on. */
export function reveal(element: HTMLElement, block: ScrollLogicalPosition = 'start'): void {
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block });
}
