import type { Rule } from '../../policy/rule.ts';
import { removeCommand } from './mend-commands.ts';
import { sortedDrifts, type Drift } from './registration-drift.ts';
import { ruleCoverageDrifts } from './rule-coverage.ts';
import type { ConfigurationKind, RegisteredWebhook, WebhookConfiguration } from './webhook-configuration.ts';
import { calledAt, webhookDrifts } from './webhook-drift.ts';

/** What is registered, by kind; a kind that could not be read is absent, and nothing is said of it. */
export type LiveRegistration = ReadonlyMap<ConfigurationKind, WebhookConfiguration | 'missing'>;

export interface RegistrationQuestion {
  readonly expected: readonly WebhookConfiguration[];
  readonly live: LiveRegistration;
  /** Whether any configuration has been there before: only then is it known to be gone. */
  readonly wasRegistered: boolean;
  readonly rules: readonly Rule[];
  /** PEM of the certificate that is served, or undefined where that is not known. */
  readonly served: string | undefined;
  readonly now: Date;
  /** The command that registers everything once more. */
  readonly reapply: string;
}

/** Every way in which the live registration is not the one that is expected, or leaves a rule blind; sorted. */
export function compareRegistration(question: RegistrationQuestion): readonly Drift[] {
  const { expected, live } = question;
  return sortedDrifts(
    expected.flatMap((configuration) => {
      const found = live.get(configuration.kind);
      if (found === undefined) return [];
      return found === 'missing'
        ? [missingDrift(configuration, question)]
        : configurationDrifts(configuration, found, question);
    }),
  );
}

function missingDrift(
  { kind, name }: WebhookConfiguration,
  { live, wasRegistered, reapply }: RegistrationQuestion,
): Drift {
  const where = { configuration: kind, name, webhook: undefined, field: '', fix: reapply };
  const isExpectedSoon = !wasRegistered && [...live.values()].every((found) => found === 'missing');
  return isExpectedSoon
    ? { ...where, code: 'not-registered', message: 'is not registered yet: nothing is sent to Tenantgate' }
    : { ...where, code: 'configuration-missing', message: 'is missing: nothing of it is sent to Tenantgate' };
}

function configurationDrifts(
  expected: WebhookConfiguration,
  live: WebhookConfiguration,
  { rules, served, now, reapply }: RegistrationQuestion,
): readonly Drift[] {
  const liveByName = new Map(live.webhooks.map((webhook) => [webhook.name, webhook]));
  const known = new Set(expected.webhooks.map(({ name }) => name));
  const where = { configuration: live.kind, name: live.name };
  const drifts = expected.webhooks.flatMap((webhook): readonly Drift[] => {
    const found = liveByName.get(webhook.name);
    if (found !== undefined) {
      return webhookDrifts({ configuration: withSource(live, expected), expected: webhook, live: found, served, now });
    }
    const message = 'is missing: what it should send goes unjudged';
    return [{ ...where, webhook: webhook.name, field: '', code: 'entry-missing', message, fix: reapply }];
  });
  const ours = new Set(expected.webhooks.map(({ target }) => calledAt(target)));
  const unknown = live.webhooks
    .filter(({ name }) => !known.has(name))
    .map((webhook) => unknownDrift(live, webhook, ours));
  return [...drifts, ...unknown, ...ruleCoverageDrifts({ rules, live, ours, reapply })];
}

/** Who writes caBundle stands in an annotation; where that was taken away, the rendered one still tells. */
function withSource(live: WebhookConfiguration, expected: WebhookConfiguration): WebhookConfiguration {
  return { ...live, annotations: { ...live.annotations, ...expected.annotations } };
}

function unknownDrift(
  live: WebhookConfiguration,
  { name, target }: RegisteredWebhook,
  ours: ReadonlySet<string>,
): Drift {
  const called = calledAt(target);
  return {
    configuration: live.kind,
    name: live.name,
    webhook: name,
    field: '',
    code: 'entry-unknown',
    message: `was not rendered, and sends requests to ${ours.has(called) ? 'Tenantgate' : called}`,
    fix: removeCommand(live, name),
  };
}
