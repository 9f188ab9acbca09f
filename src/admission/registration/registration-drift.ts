import type { ConfigurationKind } from './webhook-configuration.ts';

/** What can be wrong with the registration, by stable code. Codes are never reused. */
export const driftCodes = {
  'not-registered': 'The configuration has not been there since this process began: the first registration is awaited.',
  'configuration-missing':
    'The configuration is gone, or only its twin is there: the API server asks for nothing of it.',
  'entry-missing': 'A webhook of the configuration is gone.',
  'entry-unknown': 'The configuration has a webhook that was not rendered.',
  'rules-narrowed': 'Requests that should be sent are not: they go unjudged.',
  'rules-widened': 'Requests are sent that nothing judges: each waits for an answer, and fails with it.',
  'failure-policy': 'What becomes of a request while no server answers is not what was rendered.',
  'namespace-selector-narrowed': 'Namespaces that should be covered are not: requests in them go unjudged.',
  'namespace-selector-widened':
    'Namespaces that should be left alone are covered: the control plane may depend on Tenantgate.',
  'object-selector-narrowed': 'Objects are left out by their labels, which tenants set: a bypass.',
  'object-selector-widened': 'Objects that should be left alone are sent.',
  'match-conditions-narrowed': 'A match condition leaves requests out that should be sent.',
  'match-conditions-widened': 'A match condition that should leave requests out is gone.',
  timeout: 'timeoutSeconds is not what was rendered.',
  'side-effects': 'sideEffects is not what was rendered.',
  'match-policy': 'matchPolicy is not what was rendered.',
  'reinvocation-policy': 'reinvocationPolicy is not what was rendered.',
  'review-versions': 'admissionReviewVersions is not what was rendered.',
  service: 'The API server calls another Service, port or URL.',
  path: 'The API server calls another path.',
  'ca-bundle-missing': 'There is no caBundle: the API server trusts its own roots, and no call succeeds.',
  'ca-bundle-unreadable': 'caBundle holds no certificate that can be read.',
  'ca-bundle-expired': 'Every certificate in caBundle that would do is outside its time.',
  'ca-bundle-mismatch': 'No certificate in caBundle signed the certificate that is being served.',
  'certificate-name': 'The certificate that is being served does not name the host that the API server calls.',
  'certificate-expired': 'The certificate that is being served, or one between it and the CA, is outside its time.',
  'certificate-usage': 'The certificate that is being served is not for servers.',
  'rule-not-covered': 'A rule of the catalogue never sees requests that it judges, whatever was rendered.',
} as const satisfies Readonly<Record<string, string>>;

export type DriftCode = keyof typeof driftCodes;

/** One thing that is wrong with the registration. Texts quote values and hold no times, so that they compare. */
export interface Drift {
  readonly code: DriftCode;
  readonly configuration: ConfigurationKind;
  readonly name: string;
  /** Name of the webhook in the configuration; undefined where all of it is meant. */
  readonly webhook: string | undefined;
  /** Path of the field from the webhook on, the rule that is not covered, or empty where all of it is meant. */
  readonly field: string;
  readonly message: string;
  /** How to mend it: a command where there is one. */
  readonly fix: string;
}

/** Where a drift is, as messages begin. */
export function placeOfDrift({ configuration, name, webhook, field }: Omit<Drift, 'code' | 'message' | 'fix'>): string {
  const where = webhook === undefined ? '' : `, webhook ${webhook}`;
  return `${configuration} ${name}${where}${field === '' ? '' : `: ${field}`}`;
}

/** Always in the same order: by configuration, then the graver first. */
export function sortedDrifts(drifts: readonly Drift[]): readonly Drift[] {
  return [...drifts].sort((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1));
}

const codeOrder = Object.keys(driftCodes);

function rankOf({ configuration, name, webhook = '', field, code }: Drift): string {
  const grave = String(codeOrder.indexOf(code)).padStart(3, '0');
  return [configuration, name, grave, webhook, field].join(' ');
}

/** The same for the same thing gone wrong, also when its message changes. */
export function keyOfDrift({ configuration, name, webhook = '', field, code }: Drift): string {
  return [configuration, name, webhook, field, code].join(' ');
}
