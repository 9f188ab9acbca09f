import type { ReadinessCheck } from '../admission/ports.ts';
import { describeRegistration } from '../admission/registration/describe-registration.ts';
import { RegistrationWatch, type RegistrationWatchDependencies } from '../admission/registration/registration-watch.ts';
import { rules } from '../policy/rules/index.ts';
import { RegistrationFile } from './registration-file.ts';

export type { RegistrationWatch } from '../admission/registration/registration-watch.ts';

/** Prepares a watch over what is registered, against what the file says; or tells every fault of the file. */
export function openRegistrationWatch(
  path: string,
  dependencies: Omit<RegistrationWatchDependencies, 'expected' | 'rules'>,
): RegistrationWatch | { readonly faults: readonly string[] } {
  const file = RegistrationFile.open(path);
  if ('faults' in file) return file;
  return new RegistrationWatch({ ...dependencies, expected: () => file.current(), rules });
}

/**
 * How the registration stands, in readiness too; never against it. A pod that is not ready leaves the Service, and a
 * registration that calls a Service without pods locks the cluster.
 */
export function registrationReadiness(watch: RegistrationWatch | undefined): readonly ReadinessCheck[] {
  return watch === undefined ? [] : [{ name: 'registration', ready: true, detail: describeRegistration(watch.state) }];
}
