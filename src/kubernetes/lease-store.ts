import type { ObjectAddress } from './object-address.ts';
import { isJsonObject, ownMember, type JsonObject } from '../algebra/json-object.ts';
import { ApiServerError, type ApiServerClient } from './api-server-client.ts';
import { microTime } from './micro-time.ts';

/** What a Lease says (coordination.k8s.io/v1). */
export interface LeaseRecord {
  /** Empty where it was given back. */
  readonly holder: string;
  readonly leaseSeconds: number;
  readonly acquiredAt: Date | undefined;
  readonly renewedAt: Date;
  readonly transitions: number;
}

export interface StoredLease {
  readonly record: LeaseRecord;
  readonly version: string;
}

/** One Lease. Everything rejects where it is not done: a conflict as much as an API server that is away. */
export interface LeaseStore {
  /** Undefined where there is none. */
  read(signal: AbortSignal): Promise<StoredLease | undefined>;
  create(record: LeaseRecord, signal: AbortSignal): Promise<StoredLease>;
  /** Replaces what was read, and nothing that was written since. */
  update(stored: StoredLease, record: LeaseRecord, signal: AbortSignal): Promise<StoredLease>;
}

/** A Lease in a cluster. Needs the verb `create` on leases, and `get` and `update` on this one. */
export class ApiLeaseStore implements LeaseStore {
  readonly #client: ApiServerClient;
  readonly #collection: string;
  readonly #name: string;
  /** Each as it was read: what others wrote into it is kept. */
  readonly #objects = new WeakMap<StoredLease, JsonObject>();

  constructor(client: ApiServerClient, { namespace, name }: ObjectAddress) {
    this.#client = client;
    this.#collection = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;
    this.#name = name;
  }

  async read(signal: AbortSignal): Promise<StoredLease | undefined> {
    try {
      return this.#storedOf(await this.#client.getJson(this.#path(), signal));
    } catch (error) {
      if (error instanceof ApiServerError && error.statusCode === 404) return undefined;
      throw error;
    }
  }

  async create(record: LeaseRecord, signal: AbortSignal): Promise<StoredLease> {
    const metadata = { name: this.#name, labels: { 'app.kubernetes.io/managed-by': 'tenantgate' } };
    const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: specOf(record) };
    return this.#storedOf((await this.#client.postJson(this.#collection, lease, signal)).value);
  }

  async update(stored: StoredLease, record: LeaseRecord, signal: AbortSignal): Promise<StoredLease> {
    const object = this.#objects.get(stored);
    if (object === undefined) throw new Error('The Lease that is replaced was not read from this store.');
    const spec = ownMember(object, 'spec');
    // It carries its resourceVersion: the API server answers 409 when that is no longer the stored one.
    const changed = { ...object, spec: { ...(isJsonObject(spec) ? spec : {}), ...specOf(record) } };
    return this.#storedOf((await this.#client.putJson(this.#path(), changed, signal)).value);
  }

  #path(): string {
    return `${this.#collection}/${encodeURIComponent(this.#name)}`;
  }

  #storedOf(value: unknown): StoredLease {
    const metadata = isJsonObject(value) ? ownMember(value, 'metadata') : undefined;
    const version = isJsonObject(metadata) ? ownMember(metadata, 'resourceVersion') : undefined;
    if (!isJsonObject(value) || typeof version !== 'string') throw new Error('what is stored is no Lease');
    const spec = ownMember(value, 'spec');
    const stored = { record: recordOf(isJsonObject(spec) ? spec : {}), version };
    this.#objects.set(stored, value);
    return stored;
  }
}

function recordOf(spec: JsonObject): LeaseRecord {
  const holder = ownMember(spec, 'holderIdentity');
  return {
    holder: typeof holder === 'string' ? holder : '',
    leaseSeconds: numberIn(spec, 'leaseDurationSeconds'),
    acquiredAt: timeIn(spec, 'acquireTime'),
    renewedAt: timeIn(spec, 'renewTime') ?? new Date(0),
    transitions: numberIn(spec, 'leaseTransitions'),
  };
}

function specOf({ holder, leaseSeconds, acquiredAt, renewedAt, transitions }: LeaseRecord): object {
  return {
    holderIdentity: holder,
    leaseDurationSeconds: leaseSeconds,
    ...(acquiredAt === undefined ? {} : { acquireTime: microTime(acquiredAt) }),
    renewTime: microTime(renewedAt),
    leaseTransitions: transitions,
  };
}

function numberIn(spec: JsonObject, name: string): number {
  const value = ownMember(spec, name);
  return typeof value === 'number' ? value : 0;
}

function timeIn(spec: JsonObject, name: string): Date | undefined {
  const time = new Date(String(ownMember(spec, name)));
  return Number.isNaN(time.getTime()) ? undefined : time;
}
