import { createHash } from 'node:crypto';

import type { ValidateFunction } from 'ajv';

import type { Fault } from '../algebra/fault.ts';
import { compilePolicy } from '../policy/compile-policy.ts';
import { policyDocument, type Mode, type PolicyDocument } from '../policy/policy-document.ts';
import { policySetOf, type PolicyEntry, type PolicySet } from '../policy/policy-set.ts';
import type { Rule } from '../policy/rule.ts';
import { createSchemaCompiler } from '../policy/schema-compiler.ts';
import { faultsOf } from '../policy/schema-fault.ts';
import { compileTenancy } from '../tenancy/compile-tenancy.ts';
import { apiVersion, tenancyDocument, type TenancyDocument } from '../tenancy/tenancy-document.ts';
import type { Tenancy } from '../tenancy/tenancy.ts';

/** A parsed document that can tell where its fields stand. Lines and columns count from 1. */
export interface SourceDocument {
  readonly file: string;
  readonly value: unknown;
  positionOf(field: string): { readonly line: number; readonly column: number };
}

/** One fault of a document, with its place. `field` is empty where the fault is of the whole document. */
export interface LocatedFault {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly field: string;
  readonly message: string;
}

export type CompiledDocuments =
  { readonly ok: true; readonly value: PolicySet } | { readonly ok: false; readonly faults: readonly LocatedFault[] };

/** What the documents are compiled with. */
export interface CompileOptions {
  readonly rules: readonly Rule[];
  /** Cap on every mode: the global switch from audit over warn to enforce. */
  readonly strongestMode: Mode;
}

/**
 * Compiles one Tenancy and at least one Policy into the set that is in force, or gives all faults of all documents at
 * once, each with file, line and field.
 */
export function compileDocuments(documents: readonly SourceDocument[], options: CompileOptions): CompiledDocuments {
  const compiler = new DocumentCompiler(options);
  for (const document of documents) compiler.add(document);
  return compiler.finish(documents);
}

class DocumentCompiler {
  readonly #options: CompileOptions;
  readonly #faults: LocatedFault[] = [];
  readonly #entries: PolicyEntry[] = [];
  readonly #policyNames = new Set<string>();
  readonly #validateTenancy: ValidateFunction;
  readonly #validatePolicy: ValidateFunction;
  #tenancy: Tenancy | undefined;
  #tenancies = 0;
  #policies = 0;

  constructor(options: CompileOptions) {
    const compiler = createSchemaCompiler({ allErrors: true });
    this.#options = options;
    this.#validateTenancy = compiler.compile(tenancyDocument);
    this.#validatePolicy = compiler.compile(policyDocument);
  }

  add(document: SourceDocument): void {
    const head = headOf(document.value);
    if (head.apiVersion !== apiVersion) {
      this.#fault(document, 'apiVersion', `must be ${JSON.stringify(apiVersion)}, the API of Tenancy and Policy`);
    } else if (head.kind === 'PolicyTest')
      return; // It may lie beside what it tests, and decides nothing.
    else if (head.kind === 'Tenancy') this.#addTenancy(document);
    else if (head.kind === 'Policy') this.#addPolicy(document);
    else this.#fault(document, 'kind', 'must be "Tenancy" or "Policy"');
  }

  finish(documents: readonly SourceDocument[]): CompiledDocuments {
    const file = documents.map((document) => document.file)[0] ?? '(no file)';
    const whole = { file, line: 1, column: 1, field: '' };
    if (this.#tenancies === 0)
      this.#faults.push({ ...whole, message: 'there is no Tenancy document; exactly one is needed' });
    if (this.#policies === 0)
      this.#faults.push({ ...whole, message: 'there is no Policy document; at least one is needed' });
    if (this.#faults.length > 0 || this.#tenancy === undefined) return { ok: false, faults: this.#faults };
    return {
      ok: true,
      value: policySetOf(this.#tenancy, this.#entries, this.#options.strongestMode, this.#hash(documents)),
    };
  }

  #addTenancy(document: SourceDocument): void {
    this.#tenancies += 1;
    if (this.#tenancies > 1) this.#fault(document, 'kind', 'a second Tenancy; exactly one is needed');
    if (!this.#isValid(this.#validateTenancy, document)) return;
    const compiled = compileTenancy(document.value as TenancyDocument);
    if (compiled.ok) this.#tenancy = compiled.value;
    else this.#addFaults(document, compiled.faults);
  }

  #addPolicy(document: SourceDocument): void {
    this.#policies += 1;
    if (!this.#isValid(this.#validatePolicy, document)) return;
    const policy = document.value as PolicyDocument;
    const { name } = policy.metadata;
    if (this.#policyNames.has(name))
      this.#fault(document, 'metadata.name', `a second Policy named ${JSON.stringify(name)}`);
    this.#policyNames.add(name);
    const compiled = compilePolicy(policy, this.#options.rules, this.#options.strongestMode);
    if (compiled.ok) this.#entries.push(...compiled.value);
    else this.#addFaults(document, compiled.faults);
  }

  #isValid(validate: ValidateFunction, document: SourceDocument): boolean {
    if (validate(document.value)) return true;
    this.#addFaults(document, faultsOf(validate.errors));
    return false;
  }

  #addFaults(document: SourceDocument, faults: readonly Fault[]): void {
    for (const fault of faults) this.#fault(document, fault.field, fault.message);
  }

  #fault(document: SourceDocument, field: string, message: string): void {
    this.#faults.push({ file: document.file, ...document.positionOf(field), field, message });
  }

  /** Names the set by its content: two replicas with the same documents have the same hash. */
  #hash(documents: readonly SourceDocument[]): string {
    const deciding = documents.map(({ value }) => value).filter((value) => headOf(value).kind !== 'PolicyTest');
    const content = JSON.stringify([this.#options.strongestMode, deciding]);
    return createHash('sha256').update(content).digest('hex').slice(0, 12);
  }
}

function headOf(value: unknown): { readonly apiVersion?: unknown; readonly kind?: unknown } {
  return typeof value === 'object' && value !== null ? value : {};
}
