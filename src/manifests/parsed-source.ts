import type { ManifestFault } from './manifest-document.ts';

/** One document of a file, whatever it holds. */
export interface ParsedDocument {
  readonly value: unknown;
  /** Offset at which it begins. */
  readonly start: number;
  /** Offset of a field, or of its nearest parent. */
  locate(field: string): number;
}

/** All that was read from one file: the documents, and what stands between or instead of them. */
export interface ParsedSource {
  readonly documents: readonly ParsedDocument[];
  readonly faults: readonly ManifestFault[];
}
