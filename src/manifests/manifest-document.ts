/** A place in a file, both counted from 1; columns in UTF-16 code units, as SARIF and editors count them. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One object of a manifest file, with the way back to where it stands. */
export interface ManifestDocument {
  readonly file: string;
  /** A map with a `kind` and an `apiVersion`; everything else in it is unchecked. */
  readonly value: Readonly<Record<string, unknown>>;
  /**
   * Where a field such as `spec.ingress[0].from[1]` stands: the key of a map's member, the start of a list's item. A
   * field that is missing is where its nearest parent is. Worked out only when asked.
   */
  positionOf(field: string): Position;
}

/** Something in a file that could not be read as a Kubernetes object. */
export interface ManifestFault extends Position {
  readonly file: string;
  readonly message: string;
}
