import type { ManifestDocument, ManifestFault } from '../manifest-document.ts';
import type { PolicyTestCase, PolicyTestDocument } from './policy-test-document.ts';

/** One PolicyTest with everything that it names read. */
export interface PolicySuite {
  readonly name: string;
  readonly file: string;
  readonly document: PolicyTestDocument;
  readonly facts: readonly ManifestDocument[];
  readonly cases: readonly SuiteCase[];
}

/** One case, ready to be run. */
export interface SuiteCase {
  readonly written: PolicyTestCase;
  /** The case as a part of its file: fields of it can be located. */
  readonly place: ManifestDocument;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly object: ManifestDocument | undefined;
  readonly old: ManifestDocument | undefined;
  readonly facts: readonly ManifestDocument[];
}

/** All suites that could be read whole, and everything that could not be read. */
export interface PolicySuites {
  readonly suites: readonly PolicySuite[];
  readonly faults: readonly ManifestFault[];
}

/** A fault where a field of a document stands. */
export function faultIn(document: ManifestDocument, field: string, message: string): ManifestFault {
  return {
    file: document.file,
    ...document.positionOf(field),
    message: field === '' ? message : `${field} ${message}`,
  };
}

/** A part of a document as a document of its own. */
export function partOf(document: ManifestDocument, path: string, value: ManifestDocument['value']): ManifestDocument {
  return {
    file: document.file,
    value,
    positionOf: (field) =>
      document.positionOf(field === '' || field.startsWith('[') ? `${path}${field}` : `${path}.${field}`),
  };
}
