import { parts, type Part } from './page-data.ts';

/** What the reader has chosen. It stands in the address, so that a link shows the same to others. */
export interface PageState {
  readonly show: Part;
  readonly tenant: string;
  readonly namespace: string;
  readonly rule: string;
  readonly severity: string;
  readonly mode: string;
  readonly change: string;
  /** Words to find. */
  readonly q: string;
  /** From 1. */
  readonly page: number;
  /** The layer of the tenant that is looked at. */
  readonly layer: string;
  /** Id of the entry that is looked at. */
  readonly at: string;
}

export const initialState: PageState = {
  show: 'violations',
  tenant: '',
  namespace: '',
  rule: '',
  severity: '',
  mode: '',
  change: '',
  q: '',
  page: 1,
  layer: '',
  at: '',
};

/** The choices that narrow the list. */
export const filterNames = ['tenant', 'namespace', 'rule', 'severity', 'mode', 'change', 'q'] as const;
export type FilterName = (typeof filterNames)[number];

const textNames = [...filterNames, 'layer', 'at'] as const;

/** The fragment for a state, such as `#tenant=acme&severity=critical`; what is not chosen is left out. */
export function fragmentOf(state: Partial<PageState>): string {
  const pairs = new URLSearchParams();
  if (state.show !== undefined && state.show !== initialState.show) pairs.set('show', state.show);
  for (const name of textNames) {
    const value = state[name] ?? '';
    if (value !== '') pairs.set(name, value);
  }
  if (state.page !== undefined && state.page > 1) pairs.set('page', String(state.page));
  // An empty fragment would lead to the top of the page.
  if (pairs.size === 0) pairs.set('show', initialState.show);
  return `#${pairs.toString().replaceAll('+', '%20')}`;
}

/** The state that a fragment names; undefined where it is a plain anchor such as `#scope`. */
export function stateOf(fragment: string): PageState | undefined {
  const text = fragment.replace(/^#/, '');
  if (text !== '' && !text.includes('=')) return undefined;
  const pairs = new URLSearchParams(text.replaceAll('+', '%2B'));
  const chosen = textNames.map((name) => [name, pairs.get(name) ?? ''] as const);
  const page = Number(pairs.get('page') ?? 1);
  return {
    ...initialState,
    ...Object.fromEntries(chosen),
    show: parts.find((part) => part === pairs.get('show')) ?? initialState.show,
    page: Number.isInteger(page) && page > 0 ? page : 1,
  };
}
