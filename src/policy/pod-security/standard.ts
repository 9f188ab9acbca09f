import type { Control, ControlVersion, JudgeContainer, JudgePod, Level } from './control.ts';
import { controls, newestMinor } from './controls.ts';

/** A judgement under the name of its control. */
interface Named<J> {
  readonly control: string;
  readonly judge: J;
}

/** A level at one version: what there is to judge, looked up and put in order once. */
export interface Standard {
  readonly level: Level;
  readonly podJudgements: readonly Named<JudgePod>[];
  readonly containerJudgements: readonly Named<JudgeContainer>[];
}

const privileged: Standard = { level: 'privileged', podJudgements: [], containerJudgements: [] };

const minors = Array.from({ length: newestMinor + 1 }, (_, minor) => minor);

/** Every level at every version: a table of constants, as the controls are. */
const standards: Readonly<Record<Level, readonly Standard[]>> = {
  privileged: minors.map(() => privileged),
  baseline: minors.map((minor) => compile('baseline', minor)),
  restricted: minors.map((minor) => compile('restricted', minor)),
};

/** A level at the minor version; one that is newer than all that is known means the newest, as the API server reads it. */
export function standardOf(level: Level, minor: number): Standard {
  return standards[level][Math.min(minor, newestMinor)] ?? privileged;
}

interface Effective {
  readonly control: Control;
  readonly version: ControlVersion;
}

function compile(level: Exclude<Level, 'privileged'>, minor: number): Standard {
  const inForce = controls
    .filter((control) => level === 'restricted' || control.level === 'baseline')
    .flatMap((control): Effective[] => {
      const version = control.versions.findLast(({ since }) => since <= minor);
      return version === undefined ? [] : [{ control, version }];
    });
  const replaced = new Set(inForce.flatMap(({ version }) => version.replaces ?? []));
  const effective = inForce.filter(({ control }) => !replaced.has(control.id));
  return {
    level,
    podJudgements: effective.flatMap(({ control, version }) => named(control, version.judgePod)),
    containerJudgements: effective.flatMap(({ control, version }) => named(control, version.judgeContainer)),
  };
}

function named<J>({ id: control }: Control, judge: J | undefined): Named<J>[] {
  return judge === undefined ? [] : [{ control, judge }];
}
