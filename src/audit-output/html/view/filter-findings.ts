import type { AuditedObject, AuditResult, AuditUnknown } from '../../../audit/audit-report.ts';
import type { Finding } from './page-data.ts';
import type { PageState } from './page-state.ts';

/** What is filtered by; undefined: the entry has no such thing. */
interface Facets {
  readonly tenant: string | undefined;
  readonly namespace: string | undefined;
  readonly rule: string | undefined;
  readonly severity: string | undefined;
  readonly mode: string | undefined;
  readonly change: string | undefined;
}

/** Finds entries again and again: what is searched in is written down once for each. */
export class FindingIndex {
  readonly #findings: readonly Finding[];
  readonly #titles: ReadonlyMap<string, string>;
  readonly #tenants = new Set<string>();
  readonly #namespaces = new Set<string>();
  readonly #texts = new Map<Finding, string>();

  constructor(findings: readonly Finding[], titles: ReadonlyMap<string, string>) {
    this.#findings = findings;
    this.#titles = titles;
    for (const finding of findings) {
      const { tenant, namespace } = facetsOf(finding);
      if (tenant !== undefined) this.#tenants.add(tenant);
      if (namespace !== undefined) this.#namespaces.add(namespace);
    }
  }

  /** The entries of the list that is shown, in its order, that fit all that was chosen. */
  matching(state: PageState): readonly Finding[] {
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    return this.#findings.filter(
      (finding) =>
        finding.part === state.show &&
        this.#fits(facetsOf(finding), state) &&
        words.every((word) => this.#textOf(finding).includes(word)),
    );
  }

  #fits(facets: Facets, state: PageState): boolean {
    return (
      fitsName(facets.tenant, state.tenant, this.#tenants) &&
      fitsName(facets.namespace, state.namespace, this.#namespaces) &&
      fits(facets.rule, state.rule) &&
      fits(facets.severity, state.severity) &&
      fits(facets.mode, state.mode) &&
      fits(facets.change, state.change)
    );
  }

  #textOf(finding: Finding): string {
    let text = this.#texts.get(finding);
    if (text === undefined) {
      text = searchedText(finding, this.#titles).join('\n').toLowerCase();
      this.#texts.set(finding, text);
    }
    return text;
  }
}

function fits(value: string | undefined, chosen: string): boolean {
  return chosen === '' || value === chosen;
}

/** A name that is there means itself alone; what is no name yet is the part of one that has been typed so far. */
function fitsName(value: string | undefined, chosen: string, known: ReadonlySet<string>): boolean {
  if (chosen === '' || value === chosen) return true;
  return !known.has(chosen) && value?.includes(chosen) === true;
}

function facetsOf(finding: Finding): Facets {
  if (finding.part === 'unknown') {
    const { object, rule } = finding.unknown;
    const namespace = object === undefined ? undefined : namespaceOf(object);
    return { tenant: undefined, namespace, rule, severity: undefined, mode: undefined, change: undefined };
  }
  const { tenant, rule, severity, mode, object } = finding.result;
  return { tenant, namespace: namespaceOf(object), rule, severity, mode, change: finding.change };
}

/** The namespace that an object is in, or is. */
function namespaceOf({ kind, namespace, name }: AuditedObject): string | undefined {
  return namespace ?? (kind === 'Namespace' ? name : undefined);
}

function searchedText(finding: Finding, titles: ReadonlyMap<string, string>): readonly string[] {
  return finding.part === 'unknown' ? textOfUnknown(finding.unknown, titles) : textOfResult(finding.result, titles);
}

function textOfResult(result: AuditResult, titles: ReadonlyMap<string, string>): readonly string[] {
  const { rule, object, tenant, field, message, fix, policy, exemption } = result;
  const granted = exemption === undefined ? [] : [exemption.owner, exemption.reason];
  return [rule, titles.get(rule) ?? '', ...textOfObject(object), tenant ?? '', field, message, fix, policy, ...granted];
}

function textOfUnknown({ object, resource, rule, message }: AuditUnknown, titles: ReadonlyMap<string, string>) {
  const named = object === undefined ? [] : textOfObject(object);
  return [rule ?? '', titles.get(rule ?? '') ?? '', resource ?? '', message, ...named];
}

function textOfObject({ apiVersion, kind, namespace, name }: AuditedObject): readonly string[] {
  return [apiVersion, `${kind} ${namespace === null ? '' : `${namespace}/`}${name}`];
}
