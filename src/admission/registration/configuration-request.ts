import { resourceOfConfiguration } from './mend-commands.ts';
import type { RbacRule } from './rbac-rule.ts';
import {
  readWebhookConfiguration,
  type ConfigurationKind,
  type WebhookConfiguration,
} from './webhook-configuration.ts';
import type { StoredObjectReader } from '../object-ports.ts';

const group = 'admissionregistration.k8s.io';

/** A question to the API server, and the right that it takes. */
export interface ApiRequest {
  readonly path: string;
  readonly rule: RbacRule;
  /** Where a Role is enough. */
  readonly namespace?: string;
}

/** GET of one configuration by its name: the least that sees every change of it. */
function configurationRequest(kind: ConfigurationKind, name: string): ApiRequest {
  const resource = resourceOfConfiguration(kind);
  return {
    path: `/apis/${group}/v1/${resource}/${encodeURIComponent(name)}`,
    rule: { apiGroups: [group], resources: [resource], resourceNames: [name], verbs: ['get'] },
  };
}

/** All configurations of a kind, those of others too. */
export function configurationsRequest(kind: ConfigurationKind): ApiRequest {
  const resource = resourceOfConfiguration(kind);
  return {
    path: `/apis/${group}/v1/${resource}`,
    rule: { apiGroups: [group], resources: [resource], verbs: ['list'] },
  };
}

/** What is known of a configuration. */
export type ConfigurationReading =
  | { readonly ok: true; readonly value: WebhookConfiguration | 'missing' }
  /** `lacks`: the right that was refused. */
  | { readonly ok: false; readonly problem: string; readonly lacks: RbacRule | undefined };

/** Reads one configuration. Whatever is neither an answer nor a plain "not there" is not known. */
export async function readConfiguration(
  reader: StoredObjectReader,
  kind: ConfigurationKind,
  name: string,
  signal: AbortSignal,
): Promise<ConfigurationReading> {
  const request = configurationRequest(kind, name);
  const reading = await reader.read(request.path, signal);
  switch (reading.state) {
    case 'missing':
      return { ok: true, value: 'missing' };
    case 'forbidden':
      return { ok: false, problem: 'RBAC refuses it', lacks: request.rule };
    case 'failed':
      return { ok: false, problem: reading.problem, lacks: undefined };
    case 'read': {
      const parsed = readWebhookConfiguration(kind, reading.object);
      if (parsed.ok) return parsed;
      const faults = parsed.faults.map(({ field, message }) => `${field} ${message}`.trim());
      return { ok: false, problem: `the answer is no ${kind}: ${faults.join('; ')}`, lacks: undefined };
    }
  }
}
