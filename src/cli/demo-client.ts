import { randomUUID } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';

import { readManifests } from '../manifests/read-manifests.ts';
import { kindOf, kinds } from '../policy/objects/kinds.ts';
import { demoUser, type DemoStep } from './demo-steps.ts';

type JsonObject = Readonly<Record<string, unknown>>;

interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** One object on its way through admission. */
export interface DemoRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly object: JsonObject;
  readonly old: JsonObject | undefined;
}

export interface DemoAnswer {
  readonly operation: DemoRequest['operation'];
  readonly isAllowed: boolean;
  readonly message: string;
  readonly warnings: readonly string[];
  /** `networkpolicy.networking.k8s.io`, as kubectl names resources. */
  readonly resource: string;
  readonly name: string;
  /** What mutation added, as `path: value`. */
  readonly patch: readonly string[];
}

/** The admission requests of a step. An object that the example cluster has already is updated. */
export function requestsOf(step: DemoStep, examples: string): readonly DemoRequest[] {
  const stored = readManifests([join(examples, 'cluster.yaml')], undefined).documents.map((document) => document.value);
  return readManifests([join(examples, step.file)], undefined)
    .documents.map((document) => document.value)
    .filter((object) => step.only === undefined || metadataOf(object).name === step.only)
    .map((object) => {
      const old = stored.find((other) => isSame(other, object));
      if (step.verb === 'delete') return { operation: 'DELETE', object, old: object };
      return { operation: old === undefined ? 'CREATE' : 'UPDATE', object, old };
    });
}

function isSame(a: JsonObject, b: JsonObject): boolean {
  const [left, right] = [metadataOf(a), metadataOf(b)];
  return a['kind'] === b['kind'] && left.name === right.name && left.namespace === right.namespace;
}

function metadataOf(object: JsonObject): Metadata {
  return object['metadata'] as Metadata;
}

/** Calls mutation, applies its patch, and calls validation, over HTTPS like an API server. */
export async function sendLikeApiServer(
  request: DemoRequest,
  server: { readonly port: number; readonly caCertificate: string | undefined },
): Promise<DemoAnswer> {
  const patch = request.operation === 'DELETE' ? [] : await mutate(request, server);
  const object = patch.reduce(applyAdd, request.object);
  const { response } = await post('/validate', reviewOf({ ...request, object }), server);
  const { group, kind } = groupAndKindOf(request.object);
  return {
    operation: request.operation,
    isAllowed: response.allowed,
    message: response.status?.message ?? '',
    warnings: response.warnings ?? [],
    resource: `${kind.toLowerCase()}${group === '' ? '' : `.${group}`}`,
    name: metadataOf(request.object).name,
    patch: patch.flatMap(describeAdd),
  };
}

interface AddOperation {
  readonly path: string;
  readonly value: unknown;
}

interface ReviewResponse {
  readonly response: {
    readonly allowed: boolean;
    readonly patch?: string;
    readonly warnings?: readonly string[];
    readonly status?: { readonly message: string };
  };
}

async function mutate(request: DemoRequest, server: Parameters<typeof post>[2]): Promise<readonly AddOperation[]> {
  const { response } = await post('/mutate', reviewOf(request), server);
  if (response.patch === undefined) return [];
  return JSON.parse(Buffer.from(response.patch, 'base64').toString('utf8')) as readonly AddOperation[];
}

/** RFC 6902 `add` on object members, which is all that Tenantgate's patches are made of. */
function applyAdd(object: JsonObject, { path, value }: AddOperation): JsonObject {
  const [token = '', ...rest] = path.slice(1).split('/');
  const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
  if (rest.length === 0) return { ...object, [key]: value };
  return { ...object, [key]: applyAdd((object[key] ?? {}) as JsonObject, { path: `/${rest.join('/')}`, value }) };
}

function describeAdd({ path, value }: AddOperation): readonly string[] {
  const label = path.replace('/metadata/labels', '').slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
  if (typeof value === 'string') return [`label ${label}: ${value}`];
  return Object.entries(value as Readonly<Record<string, string>>).map(([key, text]) => `label ${key}: ${text}`);
}

function groupAndKindOf(object: JsonObject): {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
} {
  const [group = '', version] = String(object['apiVersion']).split('/');
  const kind = String(object['kind']);
  return version === undefined ? { group: '', version: group, kind } : { group, version, kind };
}

/** An AdmissionReview as the API server writes it. */
function reviewOf({ operation, object, old }: DemoRequest): string {
  const { group, version, kind } = groupAndKindOf(object);
  const entry = kinds[kindOf(group, kind) ?? 'Pod'];
  const { name, namespace } = metadataOf(object);
  const named = withNameLabel(object);
  const request = {
    uid: randomUUID(),
    kind: { group, version, kind },
    resource: { group, version, resource: entry.resource },
    name,
    // Of a Namespace the API server says that it is in itself.
    namespace: namespace ?? name,
    operation,
    userInfo: demoUser,
    object: operation === 'DELETE' ? null : named,
    oldObject: old === undefined ? null : withNameLabel(old),
    dryRun: false,
  };
  return JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request });
}

/** The API server puts a namespace's name on it as a label. */
function withNameLabel(object: JsonObject): JsonObject {
  if (object['kind'] !== 'Namespace') return object;
  const metadata = metadataOf(object);
  const labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name };
  return { ...object, metadata: { ...metadata, labels } };
}

const answerTimeoutMs = 10_000;

function post(
  path: string,
  body: string,
  { port, caCertificate }: { readonly port: number; readonly caCertificate: string | undefined },
): Promise<ReviewResponse> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const signal = AbortSignal.timeout(answerTimeoutMs);
    const options = {
      host: 'localhost',
      port,
      path: `${path}?timeout=10s`,
      method: 'POST',
      ca: caCertificate,
      headers,
      signal,
    };
    const request = httpsRequest(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')) as ReviewResponse);
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}
