import { isDeepStrictEqual } from 'node:util';

import { quote } from '../../algebra/fault.ts';
import { caBundleFaults } from './ca-bundle.ts';
import { caBundleFix, conditionsPatch, patchCommand, replacing, targetPatch } from './mend-commands.ts';
import type { Drift } from './registration-drift.ts';
import { describeOutside, requestPatterns, requestSpaces } from './request-space.ts';
import { namespaceSelectorFaults, objectSelectorFaults } from './selector-drift.ts';
import type { RegisteredWebhook, WebhookConfiguration, WebhookTarget } from './webhook-configuration.ts';

/** What a live webhook is held against. */
export interface WebhookComparison {
  readonly configuration: Pick<WebhookConfiguration, 'kind' | 'name' | 'annotations'>;
  readonly expected: RegisteredWebhook;
  readonly live: RegisteredWebhook;
  /** PEM of the certificate that is served, or undefined where that is not known. */
  readonly served: string | undefined;
  readonly now: Date;
}

/** A drift without the place that all of one webhook have in common. */
type Difference = Pick<Drift, 'code' | 'field' | 'message' | 'fix'>;

/** Every way in which a live webhook is not the one that was rendered. */
export function webhookDrifts(comparison: WebhookComparison): readonly Drift[] {
  const { kind, name } = comparison.configuration;
  const differences = [
    ...ruleDifferences(comparison),
    ...plainDifferences(comparison),
    ...selectorDifferences(comparison),
    ...conditionDifferences(comparison),
    ...targetDifferences(comparison),
    ...caBundleDifferences(comparison),
  ];
  return differences.map((difference) => ({
    ...difference,
    configuration: kind,
    name,
    webhook: comparison.expected.name,
  }));
}

function patch({ configuration, expected }: WebhookComparison, members: object): string {
  return patchCommand(configuration, expected.name, members);
}

function ruleDifferences(comparison: WebhookComparison): readonly Difference[] {
  const { expected, live } = comparison;
  const lost = describeOutside(requestPatterns(expected.rules), requestSpaces(live.rules));
  const gained = describeOutside(requestPatterns(live.rules), requestSpaces(expected.rules));
  const common = { field: 'rules', fix: patch(comparison, { rules: expected.rules }) };
  return [
    ...(lost === undefined
      ? []
      : [{ ...common, code: 'rules-narrowed' as const, message: `leave out what should be judged: ${lost}` }]),
    ...(gained === undefined
      ? []
      : [{ ...common, code: 'rules-widened' as const, message: `send what nothing judges: ${gained}` }]),
  ];
}

/** Fields that are compared as they are. */
const plainFields = [
  ['failurePolicy', 'failure-policy'],
  ['timeoutSeconds', 'timeout'],
  ['sideEffects', 'side-effects'],
  ['matchPolicy', 'match-policy'],
  ['reinvocationPolicy', 'reinvocation-policy'],
  ['admissionReviewVersions', 'review-versions'],
] as const satisfies readonly (readonly [keyof RegisteredWebhook, Drift['code']])[];

/** What comes of a value, where that is not plain. */
const consequences: Readonly<Record<string, string>> = {
  'failurePolicy Ignore': 'requests go unjudged while no server answers',
  'failurePolicy Fail': 'requests are refused while no server answers',
  'matchPolicy Exact': 'a request through another version of a resource may go unjudged',
  'reinvocationPolicy Never': 'what later webhooks make of an object gets no defaults',
};

function plainDifferences(comparison: WebhookComparison): readonly Difference[] {
  const { expected, live } = comparison;
  return plainFields.flatMap(([field, code]) => {
    if (isDeepStrictEqual(expected[field], live[field])) return [];
    const value = valueText(live[field]);
    const consequence = consequences[`${field} ${value}`];
    const message = `is ${value}, not ${valueText(expected[field])}${consequence === undefined ? '' : `: ${consequence}`}`;
    return [{ code, field, message, fix: patch(comparison, { [field]: expected[field] }) }];
  });
}

function valueText(value: string | number | readonly string[]): string {
  return typeof value === 'object' ? `[${value.join(', ')}]` : String(value);
}

function selectorDifferences(comparison: WebhookComparison): readonly Difference[] {
  const { expected, live } = comparison;
  const selectors = [
    ['namespaceSelector', namespaceSelectorFaults(expected, live)],
    ['objectSelector', objectSelectorFaults(expected, live)],
  ] as const;
  return selectors.flatMap(([field, faults]) =>
    faults.map(({ code, message }) => {
      const fix = patch(comparison, { [field]: replacing(expected[field].written) });
      return { code, field, message, fix };
    }),
  );
}

/** All conditions must hold, so one more lets requests go and one less takes requests in. What they say is not compared. */
function conditionDifferences(comparison: WebhookComparison): readonly Difference[] {
  const { expected, live } = comparison;
  const added = expressionsBeyond(live, expected);
  const gone = expressionsBeyond(expected, live);
  const common = { field: 'matchConditions', fix: patch(comparison, conditionsPatch(expected)) };
  return [
    ...(added === ''
      ? []
      : [
          {
            ...common,
            code: 'match-conditions-narrowed' as const,
            message: `leave out what should be judged: ${added}`,
          },
        ]),
    ...(gone === '' ? [] : [{ ...common, code: 'match-conditions-widened' as const, message: `lack ${gone}` }]),
  ];
}

function expressionsBeyond(one: RegisteredWebhook, other: RegisteredWebhook): string {
  const known = new Set(other.matchConditions.map(({ expression }) => expression));
  const beyond = one.matchConditions.flatMap(({ expression }) => (known.has(expression) ? [] : [expression]));
  return beyond.map(quote).sort().join(', ');
}

function targetDifferences(comparison: WebhookComparison): readonly Difference[] {
  const [expected, live] = [comparison.expected.target, comparison.live.target];
  const fix = patch(comparison, targetPatch(expected));
  const differences: Difference[] = [];
  if (calledAt(expected) !== calledAt(live)) {
    const message = `is ${calledAt(live)}, not ${calledAt(expected)}: Tenantgate is not asked`;
    differences.push({ code: 'service', field: 'clientConfig', message, fix });
  } else if (expected.kind === 'service' && live.kind === 'service' && expected.path !== live.path) {
    const message = `is ${JSON.stringify(live.path)}, not ${JSON.stringify(expected.path)}`;
    differences.push({ code: 'path', field: 'clientConfig.service.path', message, fix });
  }
  return differences;
}

/** The target but for its path. */
export function calledAt(target: WebhookTarget): string {
  return target.kind === 'url' ? target.url : `Service ${target.namespace}/${target.name}:${target.port}`;
}

function caBundleDifferences({ configuration, expected, live, served, now }: WebhookComparison): readonly Difference[] {
  const host = hostOf(live.target);
  // What another answers is not ours to judge, and a URL may be served under a public CA, which needs no bundle.
  if (host === undefined || host !== hostOf(expected.target)) return [];
  if (live.target.kind === 'url' && live.caBundle === '') return [];
  const fix = caBundleFix(configuration, expected.name);
  return caBundleFaults({ caBundle: live.caBundle, served, host, now }).map(({ code, message }) => ({
    code,
    field: code.startsWith('certificate-') ? '' : 'clientConfig.caBundle',
    message,
    fix: code.startsWith('certificate-') ? certificateFix(host) : fix,
  }));
}

function certificateFix(host: string): string {
  return `Issue a certificate for servers with the DNS name ${host} and give it to Tenantgate (--tls-cert-file).`;
}

/** The name that the certificate must have. */
function hostOf(target: WebhookTarget): string | undefined {
  if (target.kind === 'service') return `${target.name}.${target.namespace}.svc`;
  return URL.canParse(target.url) ? new URL(target.url).hostname : undefined;
}
