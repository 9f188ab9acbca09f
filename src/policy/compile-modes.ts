import type { Fault } from '../algebra/fault.ts';
import { isCalendarDate } from '../algebra/full-date.ts';
import { scheduleOf, weakerSchedule, type EntryModes, type ModeSchedule } from './mode-schedule.ts';
import type { Mode, PlacedModeDocument, PolicyDocument } from './policy-document.ts';
import type { Rule } from './rule.ts';

type Spec = PolicyDocument['spec'];
type RuleEntry = Spec['rules'][number];

/** A mode and the day on which it ends, as they stand beside each other in a document. */
type WrittenMode = Pick<PlacedModeDocument, 'mode' | 'enforceFrom'>;

/** The modes of one rule of a policy. No rule acts stronger than `strongestMode`. */
export function modesOf(spec: Spec, entry: RuleEntry, rule: Rule, strongestMode: Mode): EntryModes {
  const cap = weakerSchedule(scheduleOf(strongestMode, undefined), scheduleOf(strongestModeOf(rule), undefined));
  const own = written(entry);
  const usual = own ?? written(spec) ?? scheduleOf('enforce', undefined);
  const places = (spec.modes ?? []).map(({ namespaces, tenants, ...mode }) => {
    const ofPlace = written(mode) ?? usual;
    return {
      namespaces: namespaces && new Set(namespaces),
      tenants: tenants && new Set(tenants),
      schedule: weakerSchedule(cap, own === undefined ? ofPlace : weakerSchedule(own, ofPlace)),
    };
  });
  return { usual: weakerSchedule(cap, usual), places };
}

/** Undefined where a document says neither. */
function written({ mode, enforceFrom }: WrittenMode): ModeSchedule | undefined {
  if (enforceFrom !== undefined) return scheduleOf(mode ?? 'audit', enforceFrom);
  return mode && scheduleOf(mode, undefined);
}

/** Advice never denies, whatever mode a document gives it: it is silent where facts are missing, so it guards nothing. */
function strongestModeOf(rule: Rule): Mode {
  return isAdvice(rule) ? 'warn' : 'enforce';
}

function isAdvice(rule: Rule | undefined): boolean {
  return rule?.type === 'check' && rule.isAdvice === true;
}

/** Days that no calendar has, and modes that contradict each other or never hold. */
export function modeFaults({ spec }: PolicyDocument, rules: ReadonlyMap<string, Rule>): readonly Fault[] {
  return [
    ...writtenFaults(spec, 'spec'),
    ...spec.rules.flatMap((entry, index) => ruleFaults(entry, rules.get(entry.rule), `spec.rules[${index}]`)),
    ...(spec.modes ?? []).flatMap((place, index, places) => placeFaults(place, index, places, spec)),
  ];
}

function ruleFaults(entry: RuleEntry, rule: Rule | undefined, field: string): readonly Fault[] {
  if (entry.enforceFrom === undefined || !isAdvice(rule)) return writtenFaults(entry, field);
  const message = `${JSON.stringify(entry.rule)} advises and never denies: there is no day from which it is enforced`;
  return [{ field: `${field}.enforceFrom`, message }];
}

function writtenFaults({ mode, enforceFrom }: WrittenMode, field: string): readonly Fault[] {
  if (enforceFrom === undefined) return [];
  const date = dateFaults(enforceFrom, `${field}.enforceFrom`);
  if (mode !== 'enforce') return date;
  const message = 'contradicts mode "enforce" beside it, which is the mode until that day: audit, when absent, or warn';
  return [...date, { field: `${field}.enforceFrom`, message }];
}

/** A day that no calendar has. */
export function dateFaults(date: string, field: string): readonly Fault[] {
  if (isCalendarDate(date)) return [];
  return [{ field, message: `${JSON.stringify(date)} is no day of the calendar; write YYYY-MM-DD` }];
}

function placeFaults(
  place: PlacedModeDocument,
  index: number,
  places: readonly PlacedModeDocument[],
  spec: Spec,
): readonly Fault[] {
  const field = `spec.modes[${index}]`;
  const { namespaces, tenants, mode, enforceFrom } = place;
  const faults: Fault[] = [...writtenFaults(place, field)];
  if (mode === undefined && enforceFrom === undefined)
    faults.push({ field, message: 'says nothing: mode, enforceFrom or both are needed' });
  if (namespaces === undefined && tenants === undefined)
    faults.push({ field, message: 'names neither namespaces nor tenants; the mode of all the others is spec.mode' });
  const { include, exclude } = spec.scope?.namespaces ?? {};
  return [
    ...faults,
    ...beyondScope(namespaces, include, exclude, `${field}.namespaces`),
    ...beyondScope(tenants, spec.scope?.tenants, undefined, `${field}.tenants`),
    ...neverReached(place, index, places),
  ];
}

function beyondScope(
  names: readonly string[] | undefined,
  include: readonly string[] | undefined,
  exclude: readonly string[] | undefined,
  field: string,
): readonly Fault[] {
  return (names ?? []).flatMap((name, index) => {
    if (include?.includes(name) !== false && exclude?.includes(name) !== true) return [];
    return [
      {
        field: `${field}[${index}]`,
        message: `${JSON.stringify(name)} is beyond spec.scope: the policy does not hold there`,
      },
    ];
  });
}

/** Names for which an earlier place always counts, since it names them and restricts them no further. */
function neverReached(
  place: PlacedModeDocument,
  index: number,
  places: readonly PlacedModeDocument[],
): readonly Fault[] {
  const earlier = places.slice(0, index);
  return (['namespaces', 'tenants'] as const).flatMap((part) => {
    const other = part === 'namespaces' ? 'tenants' : 'namespaces';
    return (place[part] ?? []).flatMap((name, position) => {
      const first = earlier.findIndex((one) => one[other] === undefined && one[part]?.includes(name) === true);
      if (first < 0) return [];
      const message = `${JSON.stringify(name)} has its mode from spec.modes[${first}] already: of several that fit the first counts`;
      return [{ field: `spec.modes[${index}].${part}[${position}]`, message }];
    });
  });
}
