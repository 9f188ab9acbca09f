import type {
  ConfigurationKind,
  RegisteredWebhook,
  WebhookConfiguration,
  WebhookTarget,
} from './webhook-configuration.ts';

/** What a command line holds as one word, whatever is in it. */
export function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** How kubectl calls the kind. */
export function resourceOfConfiguration(kind: ConfigurationKind): string {
  return kind === 'ValidatingWebhookConfiguration'
    ? 'validatingwebhookconfigurations'
    : 'mutatingwebhookconfigurations';
}

/**
 * Sets members of one webhook and leaves the others alone, `caBundle` above all, which another may own. Webhooks merge by
 * their name in a strategic merge patch (admissionregistration.k8s.io/v1, patchMergeKey).
 */
export function patchCommand(
  { kind, name }: Pick<WebhookConfiguration, 'kind' | 'name'>,
  webhook: string,
  members: object,
): string {
  const patch = JSON.stringify({ webhooks: [{ name: webhook, ...members }] });
  return `kubectl patch ${resourceOfConfiguration(kind)} ${shellWord(name)} --type=strategic --patch ${shellWord(patch)}`;
}

/** Takes one webhook out of its configuration. */
export function removeCommand(configuration: Pick<WebhookConfiguration, 'kind' | 'name'>, webhook: string): string {
  return patchCommand(configuration, webhook, { $patch: 'delete' });
}

/** Members that must be what they are, not what they were merged with. */
export function replacing(members: object): object {
  return { $patch: 'replace', ...members };
}

/** The match conditions, in place of any that are there: they would merge by their names. */
export function conditionsPatch({ matchConditions }: RegisteredWebhook): object {
  return { matchConditions: matchConditions.length === 0 ? null : [...matchConditions, { $patch: 'replace' }] };
}

/** The target, in place of the other kind of target. */
export function targetPatch(target: WebhookTarget): object {
  if (target.kind === 'url') return { clientConfig: { url: target.url, service: null } };
  const { namespace, name, port, path } = target;
  return { clientConfig: { url: null, service: { namespace, name, port, path } } };
}

/** Where cainjector finds the CA that it writes. */
export const certManagerSource = 'cert-manager.io/inject-ca-from';

/** How caBundle comes to hold the right CA, by who writes it. */
export function caBundleFix(
  configuration: Pick<WebhookConfiguration, 'kind' | 'name' | 'annotations'>,
  webhook: string,
): string {
  const source = configuration.annotations[certManagerSource] ?? '';
  const [namespace, certificate] = source.split('/');
  if (namespace === undefined || certificate === undefined) {
    const where = `clientConfig.caBundle of webhook ${webhook} in ${configuration.kind} ${configuration.name}`;
    return `Write the CA that signed the serving certificate into ${where}.`;
  }
  const see = `kubectl --namespace ${shellWord(namespace)} get certificate ${shellWord(certificate)}`;
  const restart = 'kubectl --namespace cert-manager rollout restart deployment cert-manager-cainjector';
  return `cert-manager writes it from a Certificate; see that it is ready and that cainjector runs: ${see} && ${restart}`;
}

/**
 * Lets Helm put right what it has installed: it registers only when a server is ready, with all that lets the caBundle be
 * written. CHART is whatever the release was installed from.
 */
export function upgradeReleaseCommand(release: string, namespace: string): string {
  return `helm upgrade ${shellWord(release)} CHART --namespace ${shellWord(namespace)} --reuse-values`;
}

/** Applies a file once more. Server-side, so that a caBundle that another wrote stays. */
export function applyCommand(file: string): string {
  return `kubectl apply --server-side --force-conflicts --filename ${shellWord(file)}`;
}
