import type { AuditedObject, AuditReport, AuditResult, AuditUnknown } from './audit-report.ts';
import { objectKey } from './object-key.ts';
import { resourceOfObject } from './resource-name.ts';

/**
 * Whether an audit looked again at what an earlier result is about. What it could not read or judge is not mended because
 * it is not found.
 */
export function knownAgain({ scan, unknown }: AuditReport): (earlier: AuditResult) => boolean {
  const known = new Set(scan.listings.filter(isWholly).map(({ resource }) => resource));
  const gaps = new GapIndex(unknown);
  return (earlier) => {
    const resource = resourceOfObject(earlier.object);
    return resource !== undefined && known.has(resource) && !gaps.mayHide(earlier, resource);
  };
}

function isWholly({ state }: AuditReport['scan']['listings'][number]): boolean {
  return state === 'read' || state === 'absent';
}

/** What could not be judged, by what it may hide. */
class GapIndex {
  readonly #byObject = new Map<string, AuditUnknown[]>();
  readonly #wide: AuditUnknown[] = [];

  constructor(unknown: readonly AuditUnknown[]) {
    for (const gap of unknown) {
      if (gap.object === undefined) this.#wide.push(gap);
      else this.#add(objectKey(gap.object), gap);
    }
  }

  mayHide({ rule, object }: AuditResult, resource: string): boolean {
    const isOfRule = (gap: AuditUnknown) => gap.rule === undefined || gap.rule === rule;
    return (
      this.#wide.some((gap) => isOfRule(gap) && (gap.resource === undefined || gap.resource === resource)) ||
      [object, ...namespaceOf(object)].some((one) => this.#byObject.get(objectKey(one))?.some(isOfRule))
    );
  }

  #add(key: string, gap: AuditUnknown): void {
    const list = this.#byObject.get(key);
    if (list === undefined) this.#byObject.set(key, [gap]);
    else list.push(gap);
  }
}

/** A namespace that could not be judged hides what is in it. */
function namespaceOf({ namespace }: AuditedObject): readonly AuditedObject[] {
  return namespace === null ? [] : [{ apiVersion: 'v1', kind: 'Namespace', namespace: null, name: namespace }];
}
