import { booleanFlag, environmentOf, listAt, memberOf, textFlag } from './command-flags.ts';

const controllers = [
  'kustomize-controller',
  'helm-controller',
  'notification-controller',
  'image-reflector-controller',
  'image-automation-controller',
  'source-watcher',
  'flux-operator',
] as const;

export type FluxController = (typeof controllers)[number];

/**
 * Flags that make a controller refuse by itself: https://fluxcd.io/flux/installation/configuration/multitenancy/. Undefined
 * where its Deployment does not tell.
 */
export interface FluxLockdown {
  readonly noCrossNamespaceRefs: boolean | undefined;
  /** Whether there is a service account to fall back to, where an object names none. */
  readonly defaultServiceAccount: boolean | undefined;
}

/** The controllers that run, each with its flags. One that is not in the map was not seen. */
export type FluxControllers = ReadonlyMap<FluxController, FluxLockdown>;

/** A Deployment that runs a controller. */
export interface FluxDeployment {
  readonly controller: FluxController;
  /** The container that the controller runs in. */
  readonly container: unknown;
  readonly containerIndex: number;
}

/** Reads the flags of the Flux controllers among some Deployments; of two of one controller, as with shards, the weaker counts. */
export function readFluxControllers(deployments: Iterable<unknown>): FluxControllers {
  const found = new Map<FluxController, FluxLockdown>();
  for (const deployment of deployments) {
    const flux = fluxDeploymentOf(deployment);
    if (flux === undefined) continue;
    const flags = lockdownOf(flux);
    const other = found.get(flux.controller) ?? flags;
    found.set(flux.controller, {
      noCrossNamespaceRefs: both(flags.noCrossNamespaceRefs, other.noCrossNamespaceRefs),
      defaultServiceAccount: both(flags.defaultServiceAccount, other.defaultServiceAccount),
    });
  }
  return found;
}

function both(a: boolean | undefined, b: boolean | undefined): boolean | undefined {
  if (a === false || b === false) return false;
  return a === undefined || b === undefined ? undefined : true;
}

/** The controller that a Deployment runs: it has the controller's name, or, as a shard, its image. */
export function fluxDeploymentOf(deployment: unknown): FluxDeployment | undefined {
  const containers = listAt(deployment, 'spec', 'template', 'spec', 'containers');
  const containerIndex = containers.findIndex((one) => memberOf(one, 'name') === 'manager');
  const container = containers[containerIndex];
  const name = memberOf(memberOf(deployment, 'metadata'), 'name');
  const controller = controllers.find((one) => one === name || one === imageNameOf(container));
  return container === undefined || controller === undefined ? undefined : { controller, container, containerIndex };
}

/** The last part of an image's name, without tag and digest. */
function imageNameOf(container: unknown): string | undefined {
  const image = memberOf(container, 'image');
  return typeof image === 'string' ? /([^/:@]+)(:[^/@]*)?(@.*)?$/.exec(image)?.[1] : undefined;
}

function lockdownOf({ controller, container }: FluxDeployment): FluxLockdown {
  const account = defaultAccountOf(controller, container);
  return {
    noCrossNamespaceRefs: booleanFlag(container, '--no-cross-namespace-refs', false),
    defaultServiceAccount: account === undefined ? undefined : account !== '',
  };
}

/** The service account to fall back to: empty where there is none. The operator takes it from its environment rather than from its flag. */
export function defaultAccountOf(controller: FluxController, container: unknown): string | undefined {
  const given = controller === 'flux-operator' ? environmentOf(container, 'DEFAULT_SERVICE_ACCOUNT') : '';
  return given === '' ? textFlag(container, '--default-service-account') : given;
}
