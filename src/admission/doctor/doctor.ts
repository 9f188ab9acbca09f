import type { Rule } from '../../policy/rule.ts';
import { compareRegistration, type LiveRegistration } from '../registration/compare-registration.ts';
import { readConfiguration, type ConfigurationReading } from '../registration/configuration-request.ts';
import {
  configurationKinds,
  type ConfigurationKind,
  type RegisteredRule,
  type WebhookConfiguration,
} from '../registration/webhook-configuration.ts';
import { webhookRules } from '../webhook-rules.ts';
import { checkApiServer } from './check-api-server.ts';
import { checkControlPlane } from './check-control-plane.ts';
import { checkOtherWebhooks } from './check-other-webhooks.ts';
import { registrationChecks } from './check-registration.ts';
import { checkResources } from './check-resources.ts';
import { checkServers } from './check-servers.ts';
import { checkService } from './check-service.ts';
import type { ClusterReader } from './cluster-question.ts';
import type { DoctorCheck } from './doctor-check.ts';
import { usualRegistration, type RegistrationIdentity } from './usual-registration.ts';

export interface DoctorQuestion extends RegistrationIdentity {
  readonly reader: ClusterReader;
  readonly rules: readonly Rule[];
  /** What was rendered, and the file that says so; undefined: what is usual. */
  readonly rendered: { readonly configurations: readonly WebhookConfiguration[]; readonly file: string } | undefined;
  /** The command that registers everything once more. */
  readonly reapply: string;
  readonly now: () => Date;
}

const readMs = 10_000;

/** Looks at a cluster from outside and says, check by check, what is right, what is wrong, and what cannot be told. */
export async function examine(question: DoctorQuestion): Promise<readonly DoctorCheck[]> {
  const { reader, rules, rendered, name, serviceNamespace, reapply, now } = question;
  const { check: apiServer, isReachable } = await checkApiServer(reader, now);
  // Without an answer to the plainest question all others would only repeat that there is none.
  if (!isReachable) return [apiServer];
  const readings = await readConfigurations(reader, name);
  const live: LiveRegistration = new Map(
    [...readings].flatMap(([kind, reading]) => (reading.ok ? [[kind, reading.value] as const] : [])),
  );
  const expected = rendered?.configurations ?? usualRegistration(rules, question, live);
  const drifts = compareRegistration({
    expected,
    live,
    wasRegistered: true,
    rules,
    served: undefined,
    now: now(),
    reapply,
  });
  const present = [...live.values()].filter((found): found is WebhookConfiguration => found !== 'missing');
  const isPartial = [...readings.values()].some(({ ok }) => !ok);
  const called = present.length === 0 ? expected : present;
  const [resources, ...rest] = await Promise.all([
    checkResources({ reader, live: present, expected, catalogue: catalogueOf(rules) }),
    checkService(reader, called, reapply),
    checkServers({ reader, configurations: called, now: now() }),
    checkOtherWebhooks({ reader, live: present, name, serviceNamespace }),
  ]);
  return [
    apiServer,
    ...registrationChecks({ name, readings, drifts, rendered: rendered?.file, now: now() }),
    resources,
    checkControlPlane({ live: present, expected, serviceNamespace, isPartial }),
    ...rest,
  ];
}

function catalogueOf(rules: readonly Rule[]): readonly RegisteredRule[] {
  const { validating, mutating } = webhookRules(rules);
  return [...validating, ...mutating].flatMap((entry) => entry.rules);
}

async function readConfigurations(
  reader: ClusterReader,
  name: string,
): Promise<ReadonlyMap<ConfigurationKind, ConfigurationReading>> {
  const readings = configurationKinds.map(
    async (kind) => [kind, await readConfiguration(reader, kind, name, AbortSignal.timeout(readMs))] as const,
  );
  return new Map(await Promise.all(readings));
}
