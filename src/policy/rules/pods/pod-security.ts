import { Type } from '../../../algebra/schema.ts';
import type { NamespaceFact } from '../../../tenancy/owner.ts';
import { podKinds } from '../../objects/kinds.ts';
import { podViewOf } from '../../objects/pod-view.ts';
import { levels } from '../../pod-security/control.ts';
import { controls, newestMinor } from '../../pod-security/controls.ts';
import { askedStandard, enforcedStandard, type AskedStandard } from '../../pod-security/enforced-standard.ts';
import { judgeBoth, type AskedBreach } from '../../pod-security/judge-both.ts';
import { runsNoMore } from '../../pod-security/runs-no-more.ts';
import { versionPattern } from '../../pod-security/version.ts';
import { defineCheckRule, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';

export const podSecurity = defineCheckRule({
  id: 'pods/pod-security',
  title: 'Pods keep to a level of the Pod Security Standards',
  severity: 'critical',
  rationale:
    'Whoever gets out of a container is on the node, where every tenant’s pods are. The standards name what leads out. The API server enforces them by namespace labels, on Pods only, and not at all where a label is missing; here a level holds for all tenants, and the denial comes when the workload is applied. Every control has its own name and version history.',
  remediation:
    'Change what each control names. Where a workload needs more than the level allows, the platform can give it a namespace or an exemption of its own.',
  kinds: podKinds,
  operations: ['CREATE', 'UPDATE'],
  facts: ['namespace'],
  params: Type.Object(
    {
      level: Type.Enum([...levels], {
        default: 'baseline',
        description: 'The level that pods keep to at least. `privileged` demands nothing.',
      }),
      version: Type.String({
        pattern: versionPattern,
        default: 'latest',
        description: `Version of the standard: \`latest\`, or \`v1.0\` to \`v1.${newestMinor}\`, the newest that is known.`,
      }),
      namespaceLabels: Type.Boolean({
        default: true,
        description:
          'Whether the level and version in the namespace’s own `pod-security.kubernetes.io/enforce` labels hold as well, so that the stricter one counts.',
      }),
      exclude: Type.Array(Type.Enum(controls.map(({ id }) => id)), {
        default: [],
        description: 'Controls that are left out, such as those that another rule holds.',
      }),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://kubernetes.io/docs/concepts/security/pod-security-standards/',
    'https://kubernetes.io/docs/concepts/security/pod-security-admission/',
    'https://github.com/kubernetes/enhancements/tree/master/keps/sig-auth/2579-psp-replacement',
  ],
  since: '0.1.0',
  judges: 'state',
  check(subject, { params, facts }) {
    const pod = podViewOf(subject.kind, subject.object);
    if (pod === undefined) return [];
    const own = askedStandard(params.level, params.version);
    const labelled = enforcedStandard(params.namespaceLabels ? labelsOf(facts.namespace(namespaceOf(subject))) : {});
    return judgeBoth(pod, own, labelled)
      .filter(({ breach }) => !params.exclude.includes(breach.control))
      .map(({ asked, breach }) => violationOf(asked, breach, asked === labelled));
  },
  doesNoMore: runsNoMore,
});

/** A namespace that is not there, or not known, asks for nothing; that it is not known is noted as a gap. */
function labelsOf(namespace: NamespaceFact | 'missing' | undefined): NamespaceFact['labels'] {
  return namespace === undefined || namespace === 'missing' ? {} : namespace.labels;
}

function violationOf({ level, version }: AskedStandard, breach: AskedBreach['breach'], isLabelled: boolean): Violation {
  const origin = isLabelled ? ', which the namespace’s label enforces' : '';
  const { control, field, words, fix, basis } = breach;
  return { field, fix, basis, message: `violates PodSecurity "${level}:${version}"${origin}: ${control}: ${words}` };
}
