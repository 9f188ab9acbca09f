import { FindingIndex } from '../view/filter-findings.ts';
import type { RuleTexts } from '../view/finding-card.ts';
import { findingsOf, countByPart } from '../view/findings.ts';
import type { Finding, PageData, Part } from '../view/page-data.ts';
import { fragmentOf, initialState, stateOf, type PageState } from '../view/page-state.ts';
import { rankTenants, type TenantStanding } from '../view/tenant-ranking.ts';
import { FilterControls } from './filter-controls.ts';
import { pageOf, showForPrint, showList, type ShownList } from './finding-list.ts';
import { extendTenants } from './more-tenants.ts';
import { byId, reveal } from './page-elements.ts';
import { TenantView } from './tenant-view.ts';

/** The page at work: what is chosen stands in its address, and everything that moves is shown from that. */
export class Page {
  readonly #rules: RuleTexts;
  readonly #findings: readonly Finding[];
  readonly #counts: ReadonlyMap<Part, number>;
  readonly #index: FindingIndex;
  readonly #controls: FilterControls;
  readonly #tenant: TenantView;
  #state = initialState;

  constructor({ report, rules }: PageData) {
    this.#rules = new Map(rules.map((rule) => [rule.id, rule]));
    this.#findings = findingsOf(report);
    this.#counts = countByPart(this.#findings);
    this.#index = new FindingIndex(this.#findings, new Map(rules.map(({ id, title }) => [id, title])));
    const standings = rankTenants(report);
    this.#tenant = new TenantView(report.posture.tenants);
    this.#controls = new FilterControls({
      tenants: standings.map(({ tenant }) => tenant).sort(),
      namespaces: this.#tenant.namespaces,
      onChange: (choices) => {
        this.#narrow(choices);
      },
    });
    this.#start(standings);
  }

  #start(standings: readonly TenantStanding[]): void {
    extendTenants(standings);
    addEventListener('hashchange', () => {
      this.#follow();
    });
    addEventListener('beforeprint', () => {
      showForPrint(this.#shown(), this.#rules);
    });
    addEventListener('afterprint', () => {
      showList(this.#shown(), this.#rules);
    });
    const state = stateOf(location.hash);
    this.#show(state ?? initialState);
    if (state !== undefined && location.hash.length > 1) this.#reveal();
    else if (location.hash !== '') document.getElementById(decoded(location.hash))?.scrollIntoView();
  }

  /** A field was changed: one does not go back through every letter that was typed. */
  #narrow(choices: Partial<PageState>): void {
    const state = { ...this.#state, ...choices, page: 1, at: '', layer: '' };
    history.replaceState(null, '', fragmentOf(state));
    this.#show(state);
  }

  /** A link was followed, or the reader went back. */
  #follow(): void {
    const state = stateOf(location.hash);
    // A plain anchor: the browser has gone there.
    if (state === undefined) return;
    this.#show(state);
    this.#reveal();
  }

  #show(state: PageState): void {
    this.#state = this.#located(state);
    this.#controls.show(this.#state);
    this.#tenant.show(this.#state);
    this.#showParts();
    showList(this.#shown(), this.#rules);
  }

  /** A link to one entry leads to the list and the page where it is now. */
  #located(state: PageState): PageState {
    const target = state.at === '' ? undefined : this.#findings.find(({ id }) => id === state.at);
    if (target === undefined) return state;
    const shown = { ...state, show: target.part };
    return { ...shown, page: pageOf(this.#index.matching(shown), target.id) ?? state.page };
  }

  #shown(): ShownList {
    const total = this.#counts.get(this.#state.show) ?? 0;
    return { findings: this.#index.matching(this.#state), total, state: this.#state };
  }

  /** The links to the lists keep what is chosen. */
  #showParts(): void {
    for (const link of document.querySelectorAll<HTMLAnchorElement>('.parts a')) {
      const part = link.dataset['part'] as Part;
      link.href = fragmentOf({ ...this.#state, show: part, page: 1, at: '', layer: '' });
      if (part === this.#state.show) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  }

  #reveal(): void {
    const { at, layer } = this.#state;
    if (at !== '') {
      const heading = document.getElementById(`title-${at}`);
      if (heading !== null) {
        reveal(heading);
        return;
      }
      const status = byId('status');
      status.textContent = `This report has no entry ${JSON.stringify(at)}: it may be mended since the link was made.`;
      reveal(status);
      return;
    }
    reveal(this.#tenant.target(layer) ?? byId('status'), layer === '' ? 'start' : 'center');
  }
}

function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment.slice(1));
  } catch {
    return fragment.slice(1);
  }
}
