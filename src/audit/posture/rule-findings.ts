import { kinds, type Kind } from '../../policy/objects/kinds.ts';
import { yamlSnippet } from '../../policy/yaml-snippet.ts';
import type { AuditResult, NamespaceLayer } from '../audit-report.ts';
import type { Finding } from './finding.ts';
import { layerRules } from './layer-rules.ts';
import type { NamespaceEvidence } from './posture-evidence.ts';

/** What the rules of a layer found, and what they could not look at. */
export function ruleFindings(evidence: NamespaceEvidence, layer: NamespaceLayer): readonly Finding[] {
  const { rules } = layerRules[layer];
  return [
    ...evidence.results.filter(({ rule }) => rules.includes(rule)).map(findingOf),
    ...unreadFindings(evidence, layer),
    ...unjudgedFindings(evidence, layer),
  ];
}

/** An exemption is the operator's word, and who wrote an object is not stored: neither makes a layer drift, and both are told. */
function findingOf({ object, field, message, fix, rule, exemption, writer }: AuditResult): Finding {
  const where = { object, field };
  if (exemption !== undefined) {
    const { owner, reason, expires } = exemption;
    const until = `exempt until ${expires} (${reason}; ${owner} answers for it)`;
    return { ...where, state: 'in-place', message: `${until}: ${rule}: ${message}` };
  }
  if (writer === 'tenant') {
    return { ...where, state: 'in-place', message: `to confirm, wrong only if a tenant wrote it: ${rule}: ${message}` };
  }
  return { ...where, state: 'drifted', message: `${rule}: ${message}`, fix };
}

function unreadFindings({ unread }: NamespaceEvidence, layer: NamespaceLayer): readonly Finding[] {
  const missing = layerRules[layer].kinds.filter((kind) => unread.has(kind));
  if (missing.length === 0) return [];
  const names = missing.map((kind) => resourceName(kind)).sort();
  return [
    {
      state: 'unknown',
      message: `not all could be read or judged: ${names.join(', ')}`,
      fix: grantFix(missing.map((kind) => kinds[kind])),
    },
  ];
}

/** How to let whoever audits list something. */
export function grantFix(resources: readonly { readonly group: string; readonly resource: string }[]): string {
  const byGroup = [...Map.groupBy(resources, ({ group }) => group)].sort(([a], [b]) => (a < b ? -1 : 1));
  const rules = byGroup.map(([group, entries]) => {
    const names = entries.map(({ resource }) => resource).sort();
    return `  - {apiGroups: ["${group}"], resources: [${names.join(', ')}], verbs: [list]}`;
  });
  return yamlSnippet(
    'The report says under `unknown` why. Where a right is missing, grant it to who audits, in a ClusterRole:',
    ['rules:', ...rules],
  );
}

/** Where nobody looks, nothing is known to be right. */
function unjudgedFindings({ inForce, present }: NamespaceEvidence, layer: NamespaceLayer): readonly Finding[] {
  return Object.entries(layerRules[layer].needed).flatMap(([rule, judged]): readonly Finding[] => {
    const unjudged = judged.filter((kind) => present.has(kind) && inForce.get(rule)?.has(kind) !== true);
    if (unjudged.length === 0) return [];
    return [
      {
        state: 'unknown',
        message: `no policy in force here holds ${rule}, so nobody has judged: ${unjudged
          .map((kind) => resourceName(kind))
          .sort()
          .join(', ')}`,
        fix: yamlSnippet('Hold the rule in a Policy that covers the namespace:', [
          'spec:',
          '  rules:',
          `    - rule: ${rule}`,
        ]),
      },
    ];
  });
}

function resourceName(kind: Kind): string {
  const { group, resource } = kinds[kind];
  return group === '' ? resource : `${resource}.${group}`;
}
