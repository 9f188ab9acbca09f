import type { AuditResult } from './audit-report.ts';
import { controllerOf, wireKindOf, type StoredObject } from './stored-object.ts';

/** A result whose copies are still being counted. */
type OpenResult = { -readonly [K in keyof AuditResult]: AuditResult[K] };

/**
 * Folds what controllers made into what they made it from: three Pods of a ReplicaSet of a Deployment have the Deployment's
 * violation, and nobody can mend it anywhere else. Owners come before what they own.
 */
export class CopyFolding {
  /** Results by the object that has them or, where it is a copy, whose results it has. */
  readonly #resultsOf = new Map<string, OpenResult[]>();

  /** The results of the object that its controller does not have as well. */
  fold(stored: StoredObject, results: readonly AuditResult[]): readonly AuditResult[] {
    if (results.length === 0) return results;
    const ofController = this.#resultsOfController(stored);
    const counted = new Set<OpenResult>();
    const own: OpenResult[] = [];
    for (const result of results) {
      const original =
        ofController.find((one) => isCopy(result, one, true)) ?? ofController.find((one) => isCopy(result, one, false));
      if (original !== undefined) counted.add(original);
      else own.push({ ...result });
    }
    for (const original of counted) original.copies += 1;
    this.#remember(stored, [...own, ...counted]);
    return own;
  }

  #resultsOfController(stored: StoredObject): readonly OpenResult[] {
    const controller = controllerOf(stored);
    if (controller === undefined) return [];
    const { kind, name, uid } = controller;
    return this.#resultsOf.get(uid ?? `${kind}/${name}`) ?? [];
  }

  #remember(stored: StoredObject, results: OpenResult[]): void {
    this.#resultsOf.set(stored.uid ?? `${wireKindOf(stored.kind)}/${stored.name}`, results);
  }
}

/** Whether the same is wrong with both, and weighs the same. */
function isCopy(copy: AuditResult, original: AuditResult, isExact: boolean): boolean {
  if (copy.rule !== original.rule || copy.policy !== original.policy || copy.writer !== original.writer) return false;
  if (copy.mode !== original.mode || (copy.exemption === undefined) !== (original.exemption === undefined))
    return false;
  if (isExact && copy.message !== original.message) return false;
  return endsInField(placeOf(original.field), placeOf(copy.field));
}

/** `spec.template.spec.hostNetwork` of a Deployment is `spec.hostNetwork` of its Pods. */
function endsInField(whole: string, end: string): boolean {
  return whole === end || whole.endsWith(`.${end}`);
}

/** Containers that were put in move the others. */
function placeOf(field: string): string {
  return field.replaceAll(/\[\d+\]/g, '[]');
}
