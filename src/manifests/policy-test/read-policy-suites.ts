import path from 'node:path';

import { createSchemaCompiler } from '../../policy/schema-compiler.ts';
import { faultsOf } from '../../policy/schema-fault.ts';
import { fileFault } from '../find-manifest-files.ts';
import type { ManifestDocument, ManifestFault } from '../manifest-document.ts';
import { readManifests, type Manifests } from '../read-manifests.ts';
import { faultIn, partOf, type PolicySuite, type PolicySuites, type SuiteCase } from './policy-suite.ts';
import {
  policyTestDocument,
  type PolicyTestCase,
  type PolicyTestDocument,
  type PolicyTestFacts,
} from './policy-test-document.ts';

/**
 * Reads every PolicyTest below the paths, with the files that it names. Other documents are left alone. All faults are told
 * at once; a suite with any of them is not run, since a case that is not read may be the one that fails.
 */
export function readPolicySuites(paths: readonly string[]): PolicySuites {
  const { documents, faults } = readManifests(paths, undefined);
  const written = documents.filter(({ value }) => value['kind'] === 'PolicyTest');
  const validate = createSchemaCompiler({ allErrors: true }).compile<PolicyTestDocument>(policyTestDocument);
  const suites: PolicySuite[] = [];
  const found: ManifestFault[] = [...faults];
  for (const document of written) {
    const { value } = document;
    if (validate(value)) {
      const reader = new SuiteReader(document, value);
      if (reader.faults.length === 0) suites.push(reader.suite);
      found.push(...reader.faults);
    } else {
      found.push(...faultsOf(validate.errors).map(({ field, message }) => faultIn(document, field, message)));
    }
  }
  if (written.length + faults.length === 0) {
    found.push(...paths.map((start) => fileFault(start, 'holds no PolicyTest: no document of kind PolicyTest')));
  }
  return { suites, faults: found };
}

/** Reads what one PolicyTest names. Each file is read once, however many cases name it. */
class SuiteReader {
  readonly faults: ManifestFault[] = [];
  readonly suite: PolicySuite;
  readonly #document: ManifestDocument;
  readonly #files = new Map<string, Manifests>();

  constructor(document: ManifestDocument, written: PolicyTestDocument) {
    this.#document = document;
    const { metadata, spec } = written;
    this.suite = {
      name: metadata.name,
      file: document.file,
      document: written,
      facts: this.#readFacts(spec.facts, 'spec.facts'),
      cases: spec.cases.map((each, index) => this.#readCase(each, `spec.cases[${index}]`)),
    };
    this.#checkNames(spec.cases);
  }

  #checkNames(cases: readonly PolicyTestCase[]): void {
    const names = new Set<string>();
    for (const [index, { name }] of cases.entries()) {
      if (names.has(name)) this.#fault(`spec.cases[${index}].name`, `is taken: a second case ${JSON.stringify(name)}`);
      names.add(name);
    }
  }

  #readCase(written: PolicyTestCase, field: string): SuiteCase {
    const object = this.#readObject(written, 'object', field);
    const old = this.#readObject(written, 'oldObject', field);
    const inferred = object === undefined ? 'DELETE' : old === undefined ? 'CREATE' : 'UPDATE';
    const operation = written.operation ?? inferred;
    this.#checkObjects(written, operation, field);
    this.#checkNamespace(written, object ?? old, field);
    return {
      written,
      place: partOf(this.#document, field, this.#document.value),
      operation,
      object,
      old,
      facts: this.#readFacts(written.facts, `${field}.facts`),
    };
  }

  /** An operation comes with the objects that the API server sends with it. */
  #checkObjects(written: PolicyTestCase, operation: string, field: string): void {
    const wanted = { object: operation !== 'DELETE', oldObject: operation !== 'CREATE' };
    for (const [name, isWanted] of Object.entries(wanted)) {
      const given = [name, `${name}File`].filter((member) => Object.hasOwn(written, member));
      if (given.length > 1) this.#fault(`${field}.${name}File`, `and ${name} exclude each other`);
      if (isWanted && given.length === 0) this.#fault(`${field}.${name}`, `is missing: ${operation} needs it`);
      if (!isWanted && given[0] !== undefined) this.#fault(`${field}.${given[0]}`, `does not go with ${operation}`);
    }
  }

  /** The labels of a Namespace are those of the object itself. */
  #checkNamespace({ namespaceLabels }: PolicyTestCase, object: ManifestDocument | undefined, field: string): void {
    if (namespaceLabels !== undefined && object?.value['kind'] === 'Namespace')
      this.#fault(`${field}.namespaceLabels`, 'does not go with a Namespace; its labels are in oldObject');
  }

  #readObject(written: PolicyTestCase, member: 'object' | 'oldObject', field: string): ManifestDocument | undefined {
    const inline = written[member];
    if (inline !== undefined) return partOf(this.#document, `${field}.${member}`, inline);
    const file = written[`${member}File`];
    if (file === undefined) return undefined;
    const { documents, faults } = this.#readFile(file);
    if (documents.length !== 1 && faults.length === 0)
      this.#fault(`${field}.${member}File`, `must name a file with one object; ${file} holds ${documents.length}`);
    return documents[0];
  }

  #readFacts(written: PolicyTestFacts | undefined, field: string): readonly ManifestDocument[] {
    const fromFiles = (written?.files ?? []).flatMap((file) => this.#readFile(file).documents);
    const inline = (written?.objects ?? []).map((value, index) =>
      partOf(this.#document, `${field}.objects[${index}]`, value),
    );
    return [...fromFiles, ...inline];
  }

  #readFile(name: string): Manifests {
    const file = besideFile(this.#document.file, name);
    const present = this.#files.get(file);
    if (present !== undefined) return present;
    const read = readManifests([file], undefined);
    this.#files.set(file, read);
    this.faults.push(...read.faults);
    return read;
  }

  #fault(field: string, message: string): void {
    this.faults.push(faultIn(this.#document, field, message));
  }
}

/** A path as a document means it: relative to the file in which it stands. */
export function besideFile(file: string, name: string): string {
  return path.isAbsolute(name) ? name : path.join(path.dirname(file), name);
}
