/** Enough for every served version of the known kinds; a caller cannot make the cache grow beyond it. */
const maxCached = 1_024;

/** The metric label of a kind: group and kind where it is known, whatever its version, and `other` elsewhere. */
export class KindLabels {
  readonly #known: ReadonlySet<string>;
  readonly #cached = new Map<string, string>();

  constructor(known: readonly string[]) {
    this.#known = new Set(known);
  }

  /** `kind` is `group/version/kind`, or `version/kind` in the core group. */
  of(kind: string): string {
    const cached = this.#cached.get(kind);
    if (cached !== undefined) return cached;
    const groupKind = withoutVersion(kind);
    const label = this.#known.has(groupKind) ? groupKind : 'other';
    if (this.#cached.size < maxCached) this.#cached.set(kind, label);
    return label;
  }
}

function withoutVersion(kind: string): string {
  const parts = kind.split('/');
  const name = parts.at(-1) ?? '';
  return parts.length === 3 ? `${parts[0] ?? ''}/${name}` : name;
}
