import type { ReadinessCheck } from '../admission/ports.ts';
import { describeRegistration } from '../admission/registration/describe-registration.ts';
import type { FactSource } from './fact-source.ts';
import type { LivePolicySet } from './live-policy-set.ts';
import type { RegistrationWatch } from './registration-watch.ts';
import type { ServingCertificateSource } from './serving-certificate-source.ts';

/** How far the parts of a server are; a part that is not there yet is undefined. */
export interface ServerState {
  readonly policies: LivePolicySet | undefined;
  readonly facts: FactSource | undefined;
  readonly certificate: ServingCertificateSource | undefined;
  /** What the self-test found: `passed`, or a problem. */
  readonly selfTest: string;
  readonly serving: 'the port is not open yet' | 'serving' | 'draining before the stop';
  readonly registration: RegistrationWatch | undefined;
}

const notYet = 'not read yet';

/** What `/readyz` says of each part. */
export function serverReadiness(state: ServerState): readonly ReadinessCheck[] {
  const { policies, facts, certificate, selfTest, serving, registration } = state;
  return [
    {
      name: 'policies',
      ready: policies !== undefined,
      detail: policies === undefined ? notYet : policyDetail(policies),
      ...policiesInForce(policies),
    },
    { name: 'namespaces', ready: facts?.isFilled() === true, detail: facts === undefined ? notYet : facts.detail() },
    {
      name: 'certificate',
      ready: certificate?.isAvailable() === true,
      detail: certificate === undefined ? notYet : certificate.detail(),
      ...certificateInForce(certificate),
    },
    { name: 'self-test', ready: selfTest === 'passed', detail: selfTest },
    { name: 'serving', ready: serving === 'serving', detail: serving },
    ...registrationReadiness(registration),
  ];
}

/**
 * How the registration stands; never against readiness. A pod that is not ready leaves the Service, and a registration
 * that calls a Service without pods locks the cluster.
 */
function registrationReadiness(watch: RegistrationWatch | undefined): readonly ReadinessCheck[] {
  return watch === undefined ? [] : [{ name: 'registration', ready: true, detail: describeRegistration(watch.state) }];
}

function policiesInForce(policies: LivePolicySet | undefined): Pick<ReadinessCheck, 'inForce' | 'problem'> {
  if (policies === undefined) return {};
  const problem = policies.problem();
  return { inForce: policies.current().hash, ...(problem === undefined ? {} : { problem }) };
}

function certificateInForce(certificate: ServingCertificateSource | undefined): Pick<ReadinessCheck, 'inForce'> {
  const expiry = certificate?.expiry();
  return expiry === undefined ? {} : { inForce: expiry.toISOString() };
}

function policyDetail(policies: LivePolicySet): string {
  const inForce = `set ${policies.current().hash} is in force`;
  const problem = policies.problem();
  return problem === undefined ? inForce : `${inForce}; its files have changed and are wrong: ${problem}`;
}
