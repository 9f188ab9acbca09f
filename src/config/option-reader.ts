import { existsSync } from 'node:fs';

import type { Fault } from '../algebra/fault.ts';
import { environmentName, serveOptions } from './serve-options.ts';

/** Values by flag: one text each, or several for lists. */
export type FlagValues = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Reads options from flags and environment, and keeps every fault. */
export class OptionReader {
  readonly faults: Fault[] = [];
  readonly #flags: FlagValues;
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(flags: FlagValues, environment: Readonly<Record<string, string | undefined>>) {
    this.#flags = flags;
    this.#environment = environment;
  }

  fault(flag: string, message: string): void {
    this.faults.push({ field: `--${flag}`, message });
  }

  text(flag: string): string | undefined {
    return this.list(flag)?.at(-1);
  }

  /** All values: flags win over the environment, where commas separate them. */
  list(flag: string): readonly string[] | undefined {
    const given = this.#flags[flag];
    if (given !== undefined) return typeof given === 'string' ? [given] : given;
    const variable = this.#environment[environmentName(flag)];
    const value = variable === undefined || variable === '' ? defaultOf(flag) : variable;
    return value === undefined ? undefined : value.split(',').map((item) => item.trim());
  }

  path(flag: string): string | undefined {
    const value = this.text(flag);
    this.#mustExist(flag, value);
    return value;
  }

  /** Paths that exist, and names that stand for something else. */
  paths(flag: string, isName: (value: string) => boolean = () => false): readonly string[] | undefined {
    const values = this.list(flag);
    for (const value of values ?? []) if (!isName(value)) this.#mustExist(flag, value);
    return values;
  }

  integer(flag: string, lowest: number, highest: number): number {
    const text = this.text(flag) ?? '';
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= lowest && value <= highest) return value;
    this.fault(flag, `must be a whole number from ${lowest} to ${highest}, not ${JSON.stringify(text)}`);
    return lowest;
  }

  oneOf<const T extends string>(flag: string, allowed: readonly [T, ...T[]]): T {
    const text = this.text(flag);
    const found = allowed.find((value) => value === text);
    if (found !== undefined) return found;
    this.fault(flag, `must be one of ${allowed.join(', ')}, not ${JSON.stringify(text ?? '')}`);
    return allowed[0];
  }

  #mustExist(flag: string, value: string | undefined): void {
    if (value !== undefined && !existsSync(value)) this.fault(flag, `${JSON.stringify(value)} does not exist`);
  }
}

function defaultOf(flag: string): string | undefined {
  return serveOptions.find((option) => option.flag === flag)?.default;
}
