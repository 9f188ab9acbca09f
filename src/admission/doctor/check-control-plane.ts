import { intersectLabelSpaces, labelSpaceOf } from '../../algebra/label-space.ts';
import { namespaceNameLabel } from '../../tenancy/tenancy.ts';
import { conditionsPatch, patchCommand, replacing } from '../registration/mend-commands.ts';
import { overlapsRequests, requestSpaces } from '../registration/request-space.ts';
import type { RegisteredWebhook, WebhookConfiguration } from '../registration/webhook-configuration.ts';
import { entryName, notTheControlPlane } from '../webhook-rules.ts';
import { checkOf, type DoctorCheck, type DoctorRemark } from './doctor-check.ts';
import { unguardedNamespaces } from './usual-registration.ts';

/**
 * What a webhook must not wait in front of: leader election, nodes that report, and authentication and authorization itself.
 * https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices/
 */
const vitalResources = [
  ['coordination.k8s.io', 'leases'],
  ['', 'nodes'],
  ['authentication.k8s.io', 'tokenreviews'],
  ['authorization.k8s.io', 'subjectaccessreviews'],
  ['authorization.k8s.io', 'localsubjectaccessreviews'],
  ['authorization.k8s.io', 'selfsubjectaccessreviews'],
  ['authorization.k8s.io', 'selfsubjectrulesreviews'],
  ['certificates.k8s.io', 'certificatesigningrequests'],
] as const;

const platformEntry = entryName('platform', 'validate');

export interface ControlPlaneQuestion {
  readonly live: readonly WebhookConfiguration[];
  readonly expected: readonly WebhookConfiguration[];
  readonly serviceNamespace: string;
  /** Whether a configuration could not be read. */
  readonly isPartial: boolean;
}

/** Whether the cluster could heal itself without us. */
export function checkControlPlane(question: ControlPlaneQuestion): DoctorCheck {
  const { live, isPartial } = question;
  const remarks = live.flatMap((configuration) =>
    configuration.webhooks.flatMap((webhook) => [
      ...vitalRemarks(configuration, webhook, question),
      ...namespaceRemarks(configuration, webhook, question),
    ]),
  );
  const gap: readonly DoctorRemark[] = isPartial
    ? [{ status: 'unknown', message: 'What could not be read may match anything', fix: undefined }]
    : [];
  const names = unguardedNamespaces(question).join(', ');
  return checkOf('control-plane', `leases, nodes, reviews of access; namespaces ${names}`, [...remarks, ...gap]);
}

function vitalRemarks(
  configuration: WebhookConfiguration,
  webhook: RegisteredWebhook,
  { expected }: ControlPlaneQuestion,
): readonly DoctorRemark[] {
  const spaces = requestSpaces(webhook.rules);
  const matched = vitalResources.filter(([group, resource]) => overlapsRequests(spaces, { group, resource }));
  if (matched.length === 0) return [];
  const names = matched.map(([group, resource]) => (group === '' ? resource : `${resource}.${group}`));
  const wanted = twinOf(expected, configuration, webhook);
  return [
    {
      status: 'wrong',
      message: `${placeOf(configuration, webhook)} matches ${names.join(', ')}: the control plane waits for Tenantgate`,
      fix: wanted && patchCommand(configuration, webhook.name, { rules: wanted.rules }),
    },
  ];
}

function namespaceRemarks(
  configuration: WebhookConfiguration,
  webhook: RegisteredWebhook,
  question: ControlPlaneQuestion,
): readonly DoctorRemark[] {
  if (webhook.name === platformEntry) return conditionRemarks(configuration, webhook, question);
  const { space } = webhook.namespaceSelector;
  const covered = unguardedNamespaces(question).filter(
    (name) => !intersectLabelSpaces(space, labelSpaceOf({ [namespaceNameLabel]: name })).isEmpty,
  );
  if (covered.length === 0) return [];
  const wanted = twinOf(question.expected, configuration, webhook);
  return [
    {
      status: 'wrong',
      message: `${placeOf(configuration, webhook)} can cover ${covered.join(', ')}: exclude them by ${namespaceNameLabel}, which no label can stand in for`,
      fix:
        wanted &&
        patchCommand(configuration, webhook.name, { namespaceSelector: replacing(wanted.namespaceSelector.written) }),
    },
  ];
}

/** The entry of the platform's Namespaces covers them on purpose, and leaves out by who they are those who must not wait. */
function conditionRemarks(
  configuration: WebhookConfiguration,
  webhook: RegisteredWebhook,
  { expected }: ControlPlaneQuestion,
): readonly DoctorRemark[] {
  const { name, expression } = notTheControlPlane;
  if (webhook.matchConditions.some((condition) => condition.expression === expression)) return [];
  const wanted = twinOf(expected, configuration, webhook);
  return [
    {
      status: 'wrong',
      message: `${placeOf(configuration, webhook)} lacks the condition ${name}: the control plane waits for Tenantgate`,
      fix: wanted && patchCommand(configuration, webhook.name, conditionsPatch(wanted)),
    },
  ];
}

function placeOf({ kind, name }: WebhookConfiguration, webhook: RegisteredWebhook): string {
  return `${kind} ${name}, webhook ${webhook.name}`;
}

function twinOf(
  expected: readonly WebhookConfiguration[],
  { kind }: WebhookConfiguration,
  { name }: RegisteredWebhook,
): RegisteredWebhook | undefined {
  return expected.find((other) => other.kind === kind)?.webhooks.find((other) => other.name === name);
}
