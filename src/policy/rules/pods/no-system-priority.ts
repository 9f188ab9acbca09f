import { Type } from '../../../algebra/schema.ts';
import { display, quotedList } from '../../display.ts';
import { podKinds } from '../../objects/kinds.ts';
import { joinField, podViewOf } from '../../objects/pod-view.ts';
import { defineCheckRule } from '../../rule.ts';

/** Classes of this prefix are the system’s; nobody can create one. */
const systemPrefix = 'system-';

/** HighestUserDefinablePriority: the API server gives more than this to the system’s classes only. */
const highestUserPriority = 1_000_000_000;

export const noSystemPriority = defineCheckRule({
  id: 'pods/no-system-priority',
  title: 'Tenants do not run at the system’s priority',
  severity: 'high',
  rationale:
    'The scheduler evicts pods of lower priority to make room for those of a higher one, whosever they are. Any namespace may use system-node-critical and system-cluster-critical, so a tenant that does drives out all others, and the cluster’s own services.',
  remediation: 'Remove priorityClassName, or use a class that the platform made for tenants.',
  kinds: podKinds,
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object(
    {
      allowed: Type.Array(Type.String({ minLength: 1 }), {
        default: [],
        description: 'Priority classes that pods may name; empty means all but the system’s.',
      }),
    },
    { additionalProperties: false },
  ),
  references: ['https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/'],
  since: '0.1.0',
  judges: 'state',
  *check(subject, { params: { allowed } }) {
    const pod = podViewOf(subject.kind, subject.object);
    if (pod === undefined) return;
    const name = pod.spec.priorityClassName ?? '';
    if (name !== '' && (allowed.length > 0 ? !allowed.includes(name) : name.startsWith(systemPrefix))) {
      yield {
        field: joinField(pod.field, 'spec.priorityClassName'),
        message:
          allowed.length > 0
            ? `${display(name)} is not a priority class for tenants; these are: ${quotedList(allowed)}`
            : `${display(name)} is the system’s: pods of that priority drive out those of every tenant`,
        fix: allowed.length > 0 ? `Use one of ${quotedList(allowed)}, or remove the field.` : 'Remove the field.',
      };
      return;
    }
    const priority = pod.spec.priority ?? 0;
    if (priority <= highestUserPriority) return;
    yield {
      field: joinField(pod.field, 'spec.priority'),
      message: `${priority} is above ${highestUserPriority}, the highest that is not the system’s`,
      fix: 'Remove the field: the API server fills it in from the priority class.',
    };
  },
});
