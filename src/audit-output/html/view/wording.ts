import type { AuditResult, ClusterLayer, NamespaceLayer, PostureState } from '../../../audit/audit-report.ts';
import type { Part } from './page-data.ts';

interface LayerText {
  /** For the head of a column. */
  readonly short: string;
  readonly title: string;
  /** What it means to have it, in a sentence for everybody. */
  readonly meaning: string;
}

/** As in the report, whose schema has no place in a browser. */
export const layerOrder = [
  'labels',
  'access',
  'pod-security',
  'quota',
  'network-isolation',
  'network-flows',
  'flux',
] as const satisfies readonly NamespaceLayer[];

export const namespaceLayerTexts: Readonly<Record<NamespaceLayer, LayerText>> = {
  labels: {
    short: 'Labels',
    title: 'Namespace labels',
    meaning: 'Every namespace says by its labels whose it is, and the tenant cannot change that.',
  },
  access: {
    short: 'Access',
    title: 'Access',
    meaning: 'Roles and bindings reach nothing outside the tenant.',
  },
  'pod-security': {
    short: 'Pod security',
    title: 'Pod security',
    meaning: 'Pods cannot take over the node that they run on.',
  },
  quota: {
    short: 'Quota',
    title: 'Quota and limits',
    meaning: 'The tenant cannot use up what all share.',
  },
  'network-isolation': {
    short: 'Isolation',
    title: 'Network isolation',
    meaning: 'Every pod is closed in both directions until something is allowed, and can still resolve names.',
  },
  'network-flows': {
    short: 'Flows',
    title: 'Network flows',
    meaning: 'What is allowed stays inside the tenant or is an approved flow.',
  },
  flux: {
    short: 'Flux',
    title: 'Flux',
    meaning: 'Flux works for the tenant with the tenant’s own rights.',
  },
};

export const clusterLayerTexts: Readonly<Record<ClusterLayer, LayerText>> = {
  'flux-controllers': {
    short: 'Flux controllers',
    title: 'Lockdown of the Flux controllers',
    meaning: 'The controllers refuse what crosses from one tenant to another.',
  },
  'network-enforcement': {
    short: 'Network enforcement',
    title: 'Enforcement of network policies',
    meaning: 'The network plugin does what network policies say.',
  },
};

export const stateTexts: Readonly<Record<PostureState, string>> = {
  'in-place': 'in place',
  unknown: 'unknown',
  drifted: 'drifted',
  missing: 'missing',
};

export const stateMeanings: Readonly<Record<PostureState, string>> = {
  'in-place': 'as it should be',
  unknown: 'could not be read',
  drifted: 'there, but not as it should be',
  missing: 'nothing of it is there',
};

export const partTexts: Readonly<Record<Part, string>> = {
  violations: 'Violations',
  confirm: 'To confirm',
  exempt: 'Exempt',
  fixed: 'Fixed',
  unknown: 'Not judged',
};

export const partMeanings: Readonly<Record<Part, string>> = {
  violations: 'What is wrong, whoever wrote it.',
  confirm:
    'Wrong only if a tenant wrote the object. Who did is not stored, so somebody has to look. These are not counted as violations.',
  exempt: 'What an exemption lets pass, with who answers for it. These are not counted as violations.',
  fixed: 'What the earlier audit found and this one does not.',
  unknown: 'What could not be read or judged. None of it is counted as clean.',
};

export const modeTexts: Readonly<Record<AuditResult['mode'], string>> = {
  enforce: 'would be denied',
  warn: 'would be warned of',
  audit: 'would be recorded',
};

export const severities = ['critical', 'high', 'medium', 'low'] as const satisfies readonly AuditResult['severity'][];
export const modes = ['enforce', 'warn', 'audit'] as const satisfies readonly AuditResult['mode'][];

/** `1 tenant`, `12 tenants`; thousands have a thin gap that no line breaks at. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

export function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** `2026-11-02 14:03 UTC`; what is no instant stays as it is. */
export function instantText(instant: string): string {
  const [, day, minute] = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})[\d:.]*Z$/.exec(instant) ?? [];
  return day === undefined || minute === undefined ? instant : `${day} ${minute} UTC`;
}

export function dayText(instant: string): string {
  return /^\d{4}-\d{2}-\d{2}(?=T)/.exec(instant)?.[0] ?? instant;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
}

/** For a title in the middle of a sentence. All that are titles here begin with a word that is no name. */
export function lowerFirst(title: string): string {
  return title.charAt(0).toLowerCase() + title.slice(1);
}
