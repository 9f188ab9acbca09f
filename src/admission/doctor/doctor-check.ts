import type { DriftCode } from '../registration/registration-drift.ts';

/** Checks in the order in which they are shown. */
export const checkTitles = {
  'api-server': 'The API server answers, and its clock agrees with this one',
  registration: 'Both configurations are there, with their webhooks and no others',
  rules: 'The API server sends what the rules judge, and nothing else',
  'failure-policy': 'Requests fail closed while no server answers',
  selectors: 'The selectors cover the namespaces and objects that they should',
  calls: 'The API server calls Tenantgate as it should',
  'ca-bundle': 'caBundle holds a CA in its time',
  resources: 'What the rules name is served by the API server',
  'control-plane': 'The control plane does not depend on Tenantgate',
  service: 'The Service is there, with ready endpoints',
  servers: 'Every server decides by one policy set, with a certificate in its time',
  'other-webhooks': 'Other webhooks do not stand in the way',
} as const satisfies Readonly<Record<string, string>>;

export type CheckId = keyof typeof checkTitles;

/** One thing that a check found. */
export interface DoctorRemark {
  /** A note is worth knowing and changes nothing. */
  readonly status: 'wrong' | 'unknown' | 'note';
  readonly message: string;
  /** How to mend it, or which right is missing; undefined where nothing is to be done. */
  readonly fix: string | undefined;
  /** Of a drift of the registration. */
  readonly code?: DriftCode;
}

export type CheckStatus = 'ok' | 'wrong' | 'unknown';

/** One check and what came of it. */
export interface DoctorCheck {
  readonly id: CheckId;
  readonly title: string;
  readonly status: CheckStatus;
  /** What was looked at and seen. */
  readonly evidence: string;
  readonly remarks: readonly DoctorRemark[];
}

/** A check is as bad as the worst of its remarks; what is wrong is certain, whatever else is not known. */
export function checkOf(id: CheckId, evidence: string, remarks: readonly DoctorRemark[]): DoctorCheck {
  return { id, title: checkTitles[id], status: worstOf(remarks), evidence, remarks };
}

/** The worst of checks or remarks. */
export function worstOf(items: readonly { readonly status: string }[]): CheckStatus {
  const statuses = new Set(items.map(({ status }) => status));
  if (statuses.has('wrong')) return 'wrong';
  return statuses.has('unknown') ? 'unknown' : 'ok';
}
