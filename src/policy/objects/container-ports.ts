import { isJsonObject, ownMember } from '../../algebra/json-object.ts';
import type { ContainerPort } from '../../algebra/port-set.ts';
import type { PodTemplateFact } from '../facts.ts';
import type { PodView } from './pod-view.ts';

/** The ports that containers declare. What is malformed is left out: nothing can be reached through it. */
function portsOfContainers(containers: readonly unknown[]): readonly ContainerPort[] {
  return containers.flatMap((container) => listOf(container, 'ports').flatMap(portOf));
}

/** The ports that the containers of a pod spec declare; init containers may be sidecars, which have some too. */
export function portsOfPodSpec(spec: unknown): readonly ContainerPort[] {
  return portsOfContainers([...listOf(spec, 'initContainers'), ...listOf(spec, 'containers')]);
}

/** A pod or a template as far as NetworkPolicies see it. */
export function podTemplateFactOf(pod: PodView): PodTemplateFact {
  return {
    labels: pod.labels,
    hostNetwork: pod.spec.hostNetwork === true,
    ports: portsOfContainers(pod.containers().map(({ container }) => container)),
  };
}

function listOf(value: unknown, key: string): readonly unknown[] {
  const list = isJsonObject(value) ? ownMember(value, key) : undefined;
  return Array.isArray(list) ? (list as readonly unknown[]) : [];
}

function portOf(port: unknown): readonly ContainerPort[] {
  if (!isJsonObject(port)) return [];
  const containerPort = ownMember(port, 'containerPort');
  if (typeof containerPort !== 'number') return [];
  const [name, protocol] = [ownMember(port, 'name'), ownMember(port, 'protocol')];
  return [{ containerPort, name: textOf(name), protocol: textOf(protocol) }];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
