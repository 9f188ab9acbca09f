import { laterDate } from '../algebra/full-date.ts';
import type { Owner } from '../tenancy/owner.ts';
import { strongerMode, weakerMode, type Mode } from './policy-document.ts';

/** How strongly a rule acts: in `mode`, and where a day is given, from that day (UTC) on in `later`. */
export interface ModeSchedule {
  readonly mode: Mode;
  readonly from: string | undefined;
  readonly later: Mode;
}

/** Namespaces and tenants with a schedule of their own; undefined means no restriction. */
export interface PlacedSchedule {
  readonly namespaces: ReadonlySet<string> | undefined;
  readonly tenants: ReadonlySet<string> | undefined;
  readonly schedule: ModeSchedule;
}

/** Everything that decides in which mode an entry acts. Of the places the first that fits counts. */
export interface EntryModes {
  readonly usual: ModeSchedule;
  readonly places: readonly PlacedSchedule[];
}

/** The mode of one day and place, and the day from which the rule will be enforced there, where it is not yet. */
export interface Standing {
  readonly mode: Mode;
  readonly enforcedFrom: string | undefined;
}

/** One mode for ever, or the mode until a day from which the rule is enforced. */
export function scheduleOf(mode: Mode, enforceFrom: string | undefined): ModeSchedule {
  return enforceFrom === undefined
    ? { mode, from: undefined, later: mode }
    : { mode, from: enforceFrom, later: 'enforce' };
}

/** The weaker of two modes until the later of two days, and the weaker of the two later ones from then on. */
export function weakerSchedule(a: ModeSchedule, b: ModeSchedule): ModeSchedule {
  const mode = weakerMode(a.mode, b.mode);
  const later = weakerMode(a.later, b.later);
  return { mode, from: laterDate(a.from, b.from), later };
}

/** The strongest mode in which an entry ever acts, wherever. */
export function strongestOf({ usual, places }: EntryModes): Mode {
  return places.map(({ schedule }) => schedule.later).reduce(strongerMode, usual.later);
}

/**
 * How an entry stands in a namespace on a day; an empty name is that of no namespace, or of an unknown one. Where the owner is not known, a place that may fit is read strictly: the
 * strongest of what may hold counts.
 */
export function standingIn(
  { usual, places }: EntryModes,
  namespace: string,
  owner: Owner | undefined,
  today: string,
): Standing {
  let standing: Standing | undefined;
  for (const place of places) {
    const fit = fitOf(place, namespace, owner);
    if (fit === 'no') continue;
    standing = strongerStanding(standing, standingOf(place.schedule, today));
    if (fit === 'yes') return standing;
  }
  return strongerStanding(standing, standingOf(usual, today));
}

type Fit = 'yes' | 'maybe' | 'no';

function fitOf({ namespaces, tenants }: PlacedSchedule, namespace: string, owner: Owner | undefined): Fit {
  // Without owner and namespace nobody knows where it is.
  if (owner === undefined && namespace === '') return 'maybe';
  if (namespaces?.has(namespace) === false) return 'no';
  return tenants === undefined ? 'yes' : tenantFit(tenants, owner);
}

function tenantFit(tenants: ReadonlySet<string>, owner: Owner | undefined): Fit {
  if (owner === undefined) return 'maybe';
  return owner.kind === 'tenant' && tenants.has(owner.tenant) ? 'yes' : 'no';
}

function standingOf({ mode, from, later }: ModeSchedule, today: string): Standing {
  if (from === undefined || from <= today) return { mode: later, enforcedFrom: undefined };
  return { mode, enforcedFrom: later === 'enforce' ? from : undefined };
}

function strongerStanding(a: Standing | undefined, b: Standing): Standing {
  return a === undefined || isStrongerStanding(b, a) ? b : a;
}

/** Whether one denies sooner, or says more until then. */
export function isStrongerStanding(a: Standing, b: Standing): boolean {
  if (a.mode !== b.mode) return strongerMode(a.mode, b.mode) === a.mode;
  return a.enforcedFrom !== undefined && (b.enforcedFrom === undefined || a.enforcedFrom < b.enforcedFrom);
}

/** What becomes of a violation later, in words; undefined where nothing is planned. */
export function noticeOf({ enforcedFrom }: { readonly enforcedFrom?: string | undefined }): string | undefined {
  return enforcedFrom === undefined ? undefined : `will be denied from ${enforcedFrom}`;
}
