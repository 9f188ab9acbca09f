import { printable } from './printable.ts';

/** An object as reports name it. */
export interface NamedObject {
  readonly kind: string;
  /** Null for a cluster-scoped object. */
  readonly namespace: string | null;
  readonly name: string;
}

/** An object on one line: `NetworkPolicy acme-dev/web`. */
export function objectText({ kind, namespace, name }: NamedObject): string {
  const path = namespace === null ? name : `${namespace}/${name}`;
  return printable(path === '' ? kind : `${kind} ${path}`);
}

/** What is wrong, and with what: `NetworkPolicy acme-dev/web spec.ingress[0]: …`. */
export function problemText({
  object,
  field,
  message,
}: {
  readonly object: NamedObject;
  readonly field: string;
  readonly message: string;
}): string {
  const where = field === '' ? objectText(object) : `${objectText(object)} ${printable(field)}`;
  return `${where}: ${printable(message)}`;
}

/** Why an exemption lets a violation pass. */
export function exemptionText({
  owner,
  reason,
  expires,
}: {
  readonly owner: string;
  readonly reason: string;
  readonly expires: string;
}): string {
  return printable(`exempt until ${expires} (${owner}): ${reason}`);
}

/** `1 object`, `2 objects`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
