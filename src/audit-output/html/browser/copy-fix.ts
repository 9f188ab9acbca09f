import { el } from '../view/markup.ts';
import { renderDom } from './render-dom.ts';

/** Gives every fix a button that copies it. */
export function addCopyButtons(parent: Element): void {
  for (const fix of parent.querySelectorAll('.fix')) {
    const code = fix.querySelector('pre');
    if (code === null) continue;
    const button = renderDom(el('button', { type: 'button', class: 'copy', 'aria-label': 'Copy the fix' }, 'Copy'));
    button.addEventListener('click', () => void copy(code, button));
    fix.append(button);
  }
}

/** Where the page may not write to the clipboard, the text is selected, ready for the keyboard. */
async function copy(code: Element, button: Node): Promise<void> {
  try {
    await navigator.clipboard.writeText(code.textContent);
    say(button, 'Copied');
  } catch {
    getSelection()?.selectAllChildren(code);
    say(button, 'Selected');
  }
}

function say(button: Node, text: string): void {
  button.textContent = text;
  if (button instanceof Element) button.setAttribute('aria-label', text);
}
