import type { Rule } from '../../policy/rule.ts';
import { entryName, webhookRules } from '../webhook-rules.ts';
import type { Drift } from './registration-drift.ts';
import { describeOutside, requestPatterns, requestSpaces, type RequestSpace } from './request-space.ts';
import { everyNamespaceIn } from './selector-drift.ts';
import type {
  ConfigurationKind,
  RegisteredRule,
  RegisteredWebhook,
  WebhookConfiguration,
} from './webhook-configuration.ts';
import { calledAt } from './webhook-drift.ts';

const platformEntry = entryName('platform', 'validate');

export interface CoverageQuestion {
  readonly rules: readonly Rule[];
  readonly live: WebhookConfiguration;
  /** What we are called at, as {@link calledAt} writes it. */
  readonly ours: ReadonlySet<string>;
  /** What mends a registration that lacks something. */
  readonly reapply: string;
}

/** Each rule of the catalogue that some request never reaches, whatever a file says that should be registered. */
export function ruleCoverageDrifts({ rules, live, ours, reapply }: CoverageQuestion): readonly Drift[] {
  const { kind, name, webhooks } = live;
  const [type, path] =
    kind === 'ValidatingWebhookConfiguration' ? (['check', '/validate'] as const) : (['default', '/mutate'] as const);
  const reaching = webhooks.filter((webhook) => reaches(webhook, ours, path));
  // The Namespaces of the platform and all others have entries of their own: neither stands in for the other.
  const spacesWhere = (isPlatforms: boolean): readonly RequestSpace[] =>
    reaching.filter((webhook) => (webhook.name === platformEntry) === isPlatforms).flatMap(spacesOf);
  const [ofPlatform, others] = [spacesWhere(true), spacesWhere(false)];
  return rules
    .filter((rule) => rule.type === type)
    .flatMap((rule) => {
      const spaces = rule.type === 'check' && rule.guardsPlatform === true ? ofPlatform : others;
      const unseen = describeOutside(requestPatterns(neededBy(rule, kind)), spaces);
      if (unseen === undefined) return [];
      const where = { configuration: kind, name, webhook: undefined, field: `rule ${rule.id}` };
      return [{ ...where, code: 'rule-not-covered' as const, message: `never sees ${unseen}`, fix: reapply }];
    });
}

function neededBy(rule: Rule, kind: ConfigurationKind): readonly RegisteredRule[] {
  const { validating, mutating } = webhookRules([rule]);
  return (kind === 'ValidatingWebhookConfiguration' ? validating : mutating).flatMap((entry) => entry.rules);
}

/** Whether the webhook leads to us, and its selectors let anything through. */
function reaches(
  { target, namespaceSelector, objectSelector }: RegisteredWebhook,
  ours: ReadonlySet<string>,
  path: string,
): boolean {
  if (!ours.has(calledAt(target)) || (target.kind === 'service' && target.path !== path)) return false;
  return !everyNamespaceIn(namespaceSelector.space).isEmpty && !objectSelector.space.isEmpty;
}

/** With `Equivalent` a rule on one version of a resource is called for all of them. */
function spacesOf({ rules, matchPolicy }: RegisteredWebhook): readonly RequestSpace[] {
  const isEveryVersion = matchPolicy === 'Equivalent';
  return requestSpaces(rules.map((rule) => (isEveryVersion ? { ...rule, apiVersions: ['*'] } : rule)));
}
