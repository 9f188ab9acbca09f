import { matchesLabels } from '../../../algebra/label-space.ts';
import { Type } from '../../../algebra/schema.ts';
import { display } from '../../display.ts';
import { subjectsOf } from '../../extent.ts';
import { findPod, mayBeKeptElsewhere } from '../../known-pods.ts';
import { tooLarge } from '../../objects/network-policy-bounds.ts';
import { defineCheckRule } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';

export const selectsNothing = defineCheckRule({
  id: 'network/selects-nothing',
  title: 'The podSelector of a NetworkPolicy selects something',
  severity: 'medium',
  rationale:
    'A policy whose selector matches no pod isolates nothing and allows nothing, and nobody is told. Most often a label is misspelt, or is that of a workload and not that of its pod template. Pods that run and the templates of Deployments, StatefulSets, DaemonSets, Jobs and CronJobs count. In a namespace without any pod or template nothing is said: policies may come first.',
  remediation:
    'Select by labels that stand in the pod template, `spec.template.metadata.labels` of a Deployment. Where the pods are yet to come, the warning goes away with them.',
  kinds: ['NetworkPolicy'],
  operations: ['CREATE', 'UPDATE'],
  facts: ['podsOf', 'podTemplatesOf'],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-resource',
    'https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors',
  ],
  since: '0.1.0',
  judges: 'state',
  isAdvice: true,
  *check(subject, { facts, owner, tenancy }) {
    const { object } = subject;
    if (tooLarge(object) !== undefined) return;
    const subjects = subjectsOf(object);
    if (subjects === undefined || (!subjects.isEmpty && subjects.constraints.size === 0)) return;
    const common = { field: 'spec.podSelector', selector: display(object.spec?.podSelector) };
    if (subjects.isEmpty) {
      yield {
        field: common.field,
        message: `${common.selector} contradicts itself: no pod can match it, so the policy governs nothing`,
        fix: 'Remove one of the requirements that exclude each other.',
      };
      return;
    }
    if (mayBeKeptElsewhere(subject)) return;
    const namespace = namespaceOf(subject);
    const place = { namespace, owner, tenancy, facts };
    if (findPod(place, ({ labels }) => matchesLabels(subjects, labels)) !== 'none') return;
    yield {
      field: common.field,
      message: `${common.selector} selects no pod and no pod template of namespace ${JSON.stringify(namespace)}, so the policy governs nothing there now`,
      fix: 'Select by labels of the pods that are meant, as `kubectl get pods --show-labels` prints them; to select every pod write:\n  podSelector: {}',
    };
  },
});
