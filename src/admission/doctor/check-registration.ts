import type { X509Certificate } from 'node:crypto';

import { certificatesOf } from '../registration/ca-bundle.ts';
import type { ConfigurationReading } from '../registration/configuration-request.ts';
import { displayRbacRule } from '../registration/rbac-rule.ts';
import { placeOfDrift, type Drift, type DriftCode } from '../registration/registration-drift.ts';
import type {
  ConfigurationKind,
  RegisteredWebhook,
  WebhookConfiguration,
} from '../registration/webhook-configuration.ts';
import { calledAt } from '../registration/webhook-drift.ts';
import { checkOf, type CheckId, type DoctorCheck, type DoctorRemark } from './doctor-check.ts';
import { excludedNames, includedNames } from './usual-registration.ts';

/** What the checks of the registration are made from. */
export interface RegistrationFindings {
  readonly name: string;
  readonly readings: ReadonlyMap<ConfigurationKind, ConfigurationReading>;
  readonly drifts: readonly Drift[];
  /** The file that it was compared with; undefined: what is usual. */
  readonly rendered: string | undefined;
  readonly now: Date;
}

type RegistrationCheckId = Extract<
  CheckId,
  'registration' | 'rules' | 'failure-policy' | 'selectors' | 'calls' | 'ca-bundle'
>;

/** The check that each code belongs to. */
export const checkOfCode: Readonly<Record<DriftCode, RegistrationCheckId>> = {
  'not-registered': 'registration',
  'configuration-missing': 'registration',
  'entry-missing': 'registration',
  'entry-unknown': 'registration',
  'rules-narrowed': 'rules',
  'rules-widened': 'rules',
  'rule-not-covered': 'rules',
  'failure-policy': 'failure-policy',
  'namespace-selector-narrowed': 'selectors',
  'namespace-selector-widened': 'selectors',
  'object-selector-narrowed': 'selectors',
  'object-selector-widened': 'selectors',
  'match-conditions-narrowed': 'selectors',
  'match-conditions-widened': 'selectors',
  timeout: 'calls',
  'side-effects': 'calls',
  'match-policy': 'calls',
  'reinvocation-policy': 'calls',
  'review-versions': 'calls',
  service: 'calls',
  path: 'calls',
  'ca-bundle-missing': 'ca-bundle',
  'ca-bundle-unreadable': 'ca-bundle',
  'ca-bundle-expired': 'ca-bundle',
  'ca-bundle-mismatch': 'ca-bundle',
  'certificate-name': 'ca-bundle',
  'certificate-expired': 'ca-bundle',
  'certificate-usage': 'ca-bundle',
};

/** A CA that ends so soon should have been renewed, unless it was made for a short life. */
const soonDays = 14;
const soonShare = 1 / 4;
const dayMs = 86_400_000;

/** Sorts what the comparison found by what it is about. */
export function registrationChecks(findings: RegistrationFindings): readonly DoctorCheck[] {
  const { readings, drifts, rendered, now } = findings;
  const live = [...readings.values()].flatMap((reading) =>
    reading.ok && reading.value !== 'missing' ? [reading.value] : [],
  );
  const webhooks = live.flatMap((configuration) => configuration.webhooks);
  const check = (id: RegistrationCheckId, evidence: string, more: readonly DoctorRemark[] = []): DoctorCheck =>
    checkOf(id, evidence, [
      ...drifts.filter(({ code }) => checkOfCode[code] === id).map(driftRemark),
      ...unreadRemarks(findings, id),
      ...more,
    ]);
  return [
    check(
      'registration',
      `${presentText(live)}; compared with ${rendered ?? 'the rules of this version and the usual shape'}`,
    ),
    check('rules', `${webhooks.length} webhooks`),
    check(
      'failure-policy',
      distinct(webhooks.map(({ failurePolicy }) => failurePolicy)),
      rendered === undefined ? openRemarks(live) : [],
    ),
    check('selectors', distinct(webhooks.map(selectionText))),
    check(
      'calls',
      distinct(webhooks.map(({ target, timeoutSeconds }) => `${calledAt(target)} within ${timeoutSeconds} s`)),
    ),
    check(
      'ca-bundle',
      distinct(bundlesOf(webhooks).map((bundle) => validityText(bundle, now))),
      endingRemarks(webhooks, now),
    ),
  ];
}

function driftRemark(drift: Drift): DoctorRemark {
  return { status: 'wrong', code: drift.code, message: `${placeOfDrift(drift)} ${drift.message}`, fix: drift.fix };
}

/** Right in modes audit and warn and in a staged roll-out, wrong in mode enforce; which it is cannot be seen from outside. */
function openRemarks(live: readonly WebhookConfiguration[]): readonly DoctorRemark[] {
  return live.flatMap(({ kind, name, webhooks }) => {
    const open = webhooks.filter(({ failurePolicy }) => failurePolicy !== 'Fail').map((webhook) => webhook.name);
    if (open.length === 0) return [];
    const message = `${kind} ${name}, webhooks ${open.join(', ')}: failurePolicy is Ignore, which is right unless the mode is enforce: give what was rendered by --registration`;
    return [{ status: 'unknown' as const, message, fix: undefined }];
  });
}

/** In the first check with the reason, so that it is told once; in the others the gap alone. */
function unreadRemarks({ name, readings }: RegistrationFindings, id: RegistrationCheckId): readonly DoctorRemark[] {
  return [...readings].flatMap(([kind, reading]): readonly DoctorRemark[] => {
    if (reading.ok) return [];
    if (id !== 'registration') return [{ status: 'unknown', message: `${kind} ${name} is not known`, fix: undefined }];
    const fix = reading.lacks === undefined ? undefined : `Grant ${displayRbacRule(reading.lacks)}`;
    return [{ status: 'unknown', message: `${kind} ${name} cannot be read: ${reading.problem}`, fix }];
  });
}

function presentText(live: readonly WebhookConfiguration[]): string {
  return live.length === 0 ? 'nothing is there' : live.map(({ kind, name }) => `${kind} ${name}`).join(', ');
}

function distinct(texts: readonly string[]): string {
  return texts.length === 0 ? 'nothing to see' : [...new Set(texts)].join('; ');
}

function selectionText({ namespaceSelector: { space } }: RegisteredWebhook): string {
  const [excluded, included] = [excludedNames(space), includedNames(space)].map((names) => names.join(', '));
  if (space.constraints.size !== 1 || (excluded === '' && included === '')) return 'another selection of namespaces';
  return excluded === '' ? `the namespaces ${included}` : `every namespace but ${excluded}`;
}

function bundlesOf(webhooks: readonly RegisteredWebhook[]): readonly string[] {
  return [...new Set(webhooks.map(({ caBundle }) => caBundle))];
}

function validityText(caBundle: string, now: Date): string {
  const last = lastOf(caBundle);
  if (last === undefined) return 'no certificate';
  return `valid until ${last.validToDate.toISOString()}, ${daysLeft(last, now)} days left`;
}

function endingRemarks(webhooks: readonly RegisteredWebhook[], now: Date): readonly DoctorRemark[] {
  return bundlesOf(webhooks).flatMap((bundle): readonly DoctorRemark[] => {
    const last = lastOf(bundle);
    if (last === undefined || !endsSoon(last, now)) return [];
    const message = `caBundle ends in ${daysLeft(last, now)} days: whoever renews it should have done so`;
    return [{ status: 'note', message, fix: undefined }];
  });
}

function endsSoon(certificate: X509Certificate, now: Date): boolean {
  const { validFromDate, validToDate } = certificate;
  const lifeMs = validToDate.getTime() - validFromDate.getTime();
  const leftMs = validToDate.getTime() - now.getTime();
  return leftMs >= 0 && leftMs < lifeMs * soonShare && daysLeft(certificate, now) <= soonDays;
}

/** The certificate of the bundle that ends last. */
function lastOf(caBundle: string): X509Certificate | undefined {
  return [...certificatesOf(caBundle)].sort((a, b) => b.validToDate.getTime() - a.validToDate.getTime())[0];
}

function daysLeft({ validToDate }: X509Certificate, now: Date): number {
  return Math.floor((validToDate.getTime() - now.getTime()) / dayMs);
}
