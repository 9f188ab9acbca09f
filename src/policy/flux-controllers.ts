import { isJsonObject, ownMember } from '../algebra/json-object.ts';

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

/** Flags that make a controller refuse by itself: https://fluxcd.io/flux/installation/configuration/multitenancy/. */
export interface FluxLockdown {
  readonly noCrossNamespaceRefs: boolean;
  /** Whether there is a service account to fall back to, where an object names none. */
  readonly defaultServiceAccount: boolean;
}

/** The controllers that run, each with its flags. One that is not in the map was not seen. */
export type FluxControllers = ReadonlyMap<FluxController, FluxLockdown>;

const container = 'manager';

/** Reads the flags of the Flux controllers among some Deployments; of two of one name, as with shards, the weaker counts. */
export function readFluxControllers(deployments: Iterable<unknown>): FluxControllers {
  const found = new Map<FluxController, FluxLockdown>();
  for (const deployment of deployments) {
    const name = controllers.find((one) => one === memberAt(deployment, ['metadata', 'name']));
    const manager = listAt(deployment, ['spec', 'template', 'spec', 'containers']).find(
      (one) => memberAt(one, ['name']) === container,
    );
    if (name === undefined || manager === undefined) continue;
    const flags = lockdownOf(manager);
    const other = found.get(name) ?? flags;
    found.set(name, {
      noCrossNamespaceRefs: flags.noCrossNamespaceRefs && other.noCrossNamespaceRefs,
      defaultServiceAccount: flags.defaultServiceAccount && other.defaultServiceAccount,
    });
  }
  return found;
}

/** Flags come as arguments, or for the operator as environment variables of the same meaning. */
function lockdownOf(manager: unknown): FluxLockdown {
  const texts = [...listAt(manager, ['args']), ...listAt(manager, ['command'])];
  const isGiven = (flag: string) => texts.some((text) => isFlag(text, flag));
  const isInEnvironment = listAt(manager, ['env']).some(
    (one) => memberAt(one, ['name']) === 'DEFAULT_SERVICE_ACCOUNT' && (memberAt(one, ['value']) ?? '') !== '',
  );
  return {
    noCrossNamespaceRefs: isGiven('--no-cross-namespace-refs'),
    defaultServiceAccount: isGiven('--default-service-account') || isInEnvironment,
  };
}

/** Whether the argument sets the flag: `--flag`, or `--flag=value` with a value that is neither empty nor false. */
function isFlag(text: unknown, flag: string): boolean {
  if (typeof text !== 'string') return false;
  const [name = '', value] = splitOnce(text, '=');
  return name === flag && value !== '' && value !== 'false';
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function memberAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, step) => (isJsonObject(at) ? ownMember(at, step) : undefined), value);
}

function listAt(value: unknown, path: readonly string[]): readonly unknown[] {
  const list = memberAt(value, path);
  return Array.isArray(list) ? (list as readonly unknown[]) : [];
}
