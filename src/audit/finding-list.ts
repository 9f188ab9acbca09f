import { compareText } from '../algebra/compare-text.ts';
import type { AuditResult, AuditUnknown, AuditedObject } from './audit-report.ts';

/** Results of one rule in one namespace that are listed. Whoever has so many needs no longer list, and memory has an end. */
const mostResults = 1_000;

/** The same gap of some objects; of whom the first by name is told, and how many there are. */
interface SharedGap {
  readonly unknown: AuditUnknown;
  first: string;
  last: string;
  objects: number;
}

/** What was found, and what is not known, in one namespace or in what is in none. */
export class FindingList {
  readonly results: AuditResult[] = [];
  /** Undefined for what is in no namespace. */
  readonly #namespace: AuditedObject | undefined;
  readonly #counts = new Map<string, number>();
  readonly #gaps = new Map<string, SharedGap>();

  constructor(namespace: AuditedObject | undefined) {
    this.#namespace = namespace;
  }

  /** Lists a result, or counts it where there are too many. */
  add(result: AuditResult): boolean {
    const count = (this.#counts.get(result.rule) ?? 0) + 1;
    this.#counts.set(result.rule, count);
    if (count > mostResults) return false;
    this.results.push(result);
    return true;
  }

  /** Notes that an object could not be judged: by one rule, or by any. The same of several objects of a kind is told once. */
  addGap(object: AuditedObject, rule: string | undefined, message: string): void {
    const key = JSON.stringify([object.kind, rule, message]);
    const name = `${object.kind}/${object.name}`;
    const known = this.#gaps.get(key);
    if (known === undefined) {
      const unknown = { object, ...(rule === undefined ? {} : { rule }), message };
      this.#gaps.set(key, { unknown, first: name, last: name, objects: 1 });
    } else if (known.last !== name) {
      known.objects += 1;
      known.last = name;
      if (compareText(name, known.first) < 0) known.first = name;
    }
  }

  /** What is not known, in the order in which it was met. */
  unknown(): readonly AuditUnknown[] {
    const gaps = [...this.#gaps.values()].map(({ unknown, objects, first }) => {
      if (objects === 1) return unknown;
      const { message, rule } = unknown;
      const told = `${message} (${objects} objects, ${first} among them)`;
      return { ...this.#whole(), ...(rule === undefined ? {} : { rule }), message: told };
    });
    const beyond = [...this.#counts].flatMap(([rule, count]) => {
      if (count <= mostResults) return [];
      const message = `${count - mostResults} further violations of the rule are there and are not listed`;
      return [{ ...this.#whole(), rule, message }];
    });
    return [...gaps, ...beyond];
  }

  #whole(): Pick<AuditUnknown, 'object'> {
    return this.#namespace === undefined ? {} : { object: this.#namespace };
  }
}
