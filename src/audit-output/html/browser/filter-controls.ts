import { el } from '../view/markup.ts';
import { filterNames, type FilterName, type PageState } from '../view/page-state.ts';
import { byId } from './page-elements.ts';
import { show } from './render-dom.ts';

/** Names that a field suggests at once. */
const suggested = 50;

export interface FilterControlsDependencies {
  readonly tenants: readonly string[];
  readonly namespaces: readonly string[];
  readonly onChange: (choices: Readonly<Record<FilterName, string>>) => void;
}

/** The fields above the list. */
export class FilterControls {
  readonly #form: HTMLFormElement;

  constructor({ tenants, namespaces, onChange }: FilterControlsDependencies) {
    const form = byId('filters');
    if (!(form instanceof HTMLFormElement)) throw new Error('#filters is no form');
    this.#form = form;
    form.hidden = false;
    const changed = (): void => {
      onChange(this.#choices());
    };
    form.addEventListener('input', changed);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
    });
    form.addEventListener('reset', (event) => {
      event.preventDefault();
      for (const name of filterNames) this.#set(name, '');
      changed();
    });
    suggest('tenant', tenants);
    suggest('namespace', namespaces);
    document.addEventListener('keydown', focusSearchOnSlash);
  }

  /** Shows what is chosen. The field that is being typed in has it already. */
  show(state: PageState): void {
    for (const name of filterNames) this.#set(name, state[name]);
  }

  #choices(): Readonly<Record<FilterName, string>> {
    const choices = { tenant: '', namespace: '', rule: '', severity: '', mode: '', change: '', q: '' };
    for (const name of filterNames) choices[name] = this.#control(name)?.value ?? '';
    return choices;
  }

  #set(name: FilterName, value: string): void {
    const control = this.#control(name);
    if (control === undefined || control.value === value) return;
    control.value = value;
  }

  #control(name: FilterName): HTMLInputElement | HTMLSelectElement | undefined {
    const control = this.#form.elements.namedItem(name);
    return control instanceof HTMLInputElement || control instanceof HTMLSelectElement ? control : undefined;
  }
}

/** Suggests names that have what was typed; never all of thousands. */
function suggest(name: 'tenant' | 'namespace', known: readonly string[]): void {
  const input = byId(`by-${name}`);
  const list = byId(`known-${name}`);
  const update = (): void => {
    const typed = input instanceof HTMLInputElement ? input.value : '';
    const fitting = known.filter((candidate) => candidate.includes(typed)).slice(0, suggested);
    show(list, ...fitting.map((value) => el('option', { value })));
  };
  input.addEventListener('focus', update);
  input.addEventListener('input', update);
}

function focusSearchOnSlash(event: KeyboardEvent): void {
  const { target } = event;
  const isTyping = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
  if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  byId('by-q').focus();
}
