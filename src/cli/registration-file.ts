import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

import { isJsonObject, ownMember } from '../algebra/json-object.ts';
import { applyCommand, certManagerSource, upgradeReleaseCommand } from '../admission/registration/mend-commands.ts';
import type { ExpectedRegistration } from '../admission/registration/registration-watch.ts';
import {
  configurationKindOf,
  readWebhookConfiguration,
  type WebhookConfiguration,
} from '../admission/registration/webhook-configuration.ts';
import type { LocatedFault } from '../config/compile-documents.ts';
import type { ManifestDocument } from '../manifests/manifest-document.ts';
import { readManifests, stdinPath, type Manifests } from '../manifests/read-manifests.ts';
import { displayFault } from './display-fault.ts';

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/: for Helm, the release. */
const releaseLabel = 'app.kubernetes.io/instance';

/** Where the documentation installs. */
export const usualNamespace = 'tenantgate-system';

export type RegistrationReading =
  | { readonly ok: true; readonly value: readonly WebhookConfiguration[] }
  | { readonly ok: false; readonly faults: readonly string[] };

/**
 * The webhook configurations among the manifests, those of one name only where it is given: what Helm renders for a release
 * may hold those of others. What stands beside them is not read, and its faults do not matter once they are found.
 */
export function registrationIn({ documents, faults }: Manifests, from: string, name?: string): RegistrationReading {
  const all = [...documents, ...documents.flatMap(renderedInto)].flatMap(configurationIn);
  const read = all.filter(({ parsed }) => !parsed.ok || name === undefined || parsed.value.name === name);
  const broken = read.flatMap(({ document, parsed }) =>
    parsed.ok ? [] : parsed.faults.map((fault) => displayFault(locate(document, fault))),
  );
  const found = distinct(read.flatMap(({ parsed }) => (parsed.ok ? [parsed.value] : [])));
  const unreadable = found.length > 0 ? [] : faults.map((fault) => displayFault({ ...fault, field: '' }));
  const names = all.flatMap(({ parsed }) => (parsed.ok ? [JSON.stringify(parsed.value.name)] : []));
  const wrong = [...broken, ...unreadable, ...setFaults(found, from, name, [...new Set(names)].sort())];
  return wrong.length > 0 ? { ok: false, faults: wrong } : { ok: true, value: found };
}

/**
 * What the chart mounts for the servers. `helm get manifest` holds no hooks, and at the first installation the
 * configurations are hooks; this is among the objects all the same.
 */
function renderedInto({ value }: ManifestDocument): readonly ManifestDocument[] {
  const data = ownMember(value, 'kind') === 'ConfigMap' ? ownMember(value, 'data') : undefined;
  const text = isJsonObject(data) ? ownMember(data, 'registration.yaml') : undefined;
  return typeof text === 'string' ? readManifests([stdinPath], Buffer.from(text)).documents : [];
}

function configurationIn(document: ManifestDocument) {
  const kind = configurationKindOf(document.value);
  if (kind === undefined) return [];
  return [{ document, parsed: readWebhookConfiguration(kind, document.value) }];
}

/** Hooks and mounted copies say the same again, but for their annotations and the caBundle; the first says most. */
function distinct(configurations: readonly WebhookConfiguration[]): readonly WebhookConfiguration[] {
  return configurations.filter((one, index) => configurations.findIndex((other) => isSame(one, other)) === index);
}

function isSame(one: WebhookConfiguration, other: WebhookConfiguration): boolean {
  return one.kind === other.kind && one.name === other.name && isDeepStrictEqual(asRendered(one), asRendered(other));
}

function asRendered({ webhooks }: WebhookConfiguration): readonly object[] {
  return webhooks.map((webhook) => ({ ...webhook, caBundle: '' }));
}

function locate(document: ManifestDocument, fault: { readonly field: string; readonly message: string }): LocatedFault {
  return { file: document.file, ...document.positionOf(fault.field), ...fault };
}

function setFaults(
  found: readonly WebhookConfiguration[],
  from: string,
  name: string | undefined,
  names: readonly string[],
): readonly string[] {
  const called = name === undefined ? '' : ` named ${JSON.stringify(name)}`;
  if (found.length === 0) {
    const others = names.length === 0 ? '' : `; it has ${names.join(', ')}`;
    return [`${from} holds no ValidatingWebhookConfiguration or MutatingWebhookConfiguration${called}${others}`];
  }
  const twice = found.filter(({ kind }, index) => found.findIndex((other) => other.kind === kind) !== index);
  return twice.map(({ kind }) => `${from} holds more than one ${kind}${called}`);
}

/**
 * The command that registers all of it once more. A file that names no source of the CA is not applied: it would register
 * webhooks that nobody can call.
 */
export function reapplyOf(configurations: readonly WebhookConfiguration[], file: string | undefined): string {
  if (file !== undefined && configurations.every(hasCaSource)) return applyCommand(file);
  const [release = 'tenantgate'] = configurations.map(({ labels, name }) => labels[releaseLabel] ?? name);
  const targets = configurations.flatMap(({ webhooks }) => webhooks.map(({ target }) => target));
  const service = targets.find((target) => target.kind === 'service');
  return upgradeReleaseCommand(release, service?.namespace ?? usualNamespace);
}

function hasCaSource({ annotations, webhooks }: WebhookConfiguration): boolean {
  return annotations[certManagerSource] !== undefined || webhooks.every(({ caBundle }) => caBundle !== '');
}

/** A file that is looked at again each time it is asked for; while it is wrong, what it said before holds. */
export class RegistrationFile {
  readonly #path: string;
  #seen: string | undefined;
  #current: ExpectedRegistration;

  private constructor(path: string, seen: string | undefined, configurations: readonly WebhookConfiguration[]) {
    this.#path = path;
    this.#seen = seen;
    this.#current = expectedFrom(configurations);
  }

  /** Opens the file, or tells every fault of it. */
  static open(path: string): RegistrationFile | { readonly faults: readonly string[] } {
    const seen = contentOf(path);
    const reading = registrationIn(readManifests([path], undefined), path);
    return reading.ok ? new RegistrationFile(path, seen, reading.value) : { faults: reading.faults };
  }

  current(): ExpectedRegistration {
    const content = contentOf(this.#path);
    if (content === this.#seen) return this.#current;
    this.#seen = content;
    const reading = registrationIn(readManifests([this.#path], undefined), this.#path);
    this.#current = reading.ok ? expectedFrom(reading.value) : { ...this.#current, problem: reading.faults.join('; ') };
    return this.#current;
  }
}

function expectedFrom(configurations: readonly WebhookConfiguration[]): ExpectedRegistration {
  // Whoever reads the log does not have the file of the server.
  return { configurations, problem: undefined, reapply: reapplyOf(configurations, undefined) };
}

/** Read whole: it is small, and parsing it each time would cost more than all the rest. */
function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // Reading it as manifests tells why; between two versions of a mounted file the next look finds it.
    return undefined;
  }
}
