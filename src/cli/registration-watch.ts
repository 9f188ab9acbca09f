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
