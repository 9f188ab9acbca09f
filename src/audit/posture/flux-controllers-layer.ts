import type { JsonObject } from '../../algebra/json-object.ts';
import { booleanFlag, memberOf } from '../../policy/command-flags.ts';
import {
  defaultAccountOf,
  fluxDeploymentOf,
  type FluxController,
  type FluxDeployment,
} from '../../policy/flux-controllers.ts';
import type { ClusterLayerPosture } from '../audit-report.ts';
import { layerOf, referenceOf, type Finding } from './finding.ts';
import { fluxFix } from './flux-controllers-fix.ts';
import type { ClusterEvidence } from './posture-evidence.ts';
import { grantFix } from './rule-findings.ts';

/** What a controller has to be started with. */
interface Requirement {
  readonly flag: string;
  /** Whether it is so; undefined where the Deployment does not tell. */
  readonly isMet: (flux: FluxDeployment) => boolean | undefined;
  /** What comes of it where it is not so. */
  readonly otherwise: string;
}

const isOn = (flag: string, otherwise: string): Requirement => ({
  flag,
  isMet: ({ container }) => booleanFlag(container, flag, false),
  otherwise,
});

const noForeignReferences = isOn('--no-cross-namespace-refs', 'it follows references into namespaces of other tenants');
const noRemoteBases = isOn('--no-remote-bases', 'it fetches bases from wherever a kustomization.yaml says');
const fallbackAccount: Requirement = {
  flag: '--default-service-account',
  isMet: ({ controller, container }) => {
    const account = defaultAccountOf(controller, container);
    return account === undefined ? undefined : account !== '';
  },
  otherwise: 'it acts with its own identity for objects that name no service account',
};

/** https://fluxcd.io/flux/installation/configuration/multitenancy/ and https://fluxoperator.dev/docs/crd/resourceset/. */
const requirements: Readonly<Record<FluxController, readonly Requirement[]>> = {
  'kustomize-controller': [noForeignReferences, noRemoteBases, fallbackAccount],
  'helm-controller': [noForeignReferences, fallbackAccount],
  'notification-controller': [noForeignReferences],
  'image-reflector-controller': [noForeignReferences],
  'image-automation-controller': [noForeignReferences],
  'source-watcher': [noForeignReferences],
  'flux-operator': [fallbackAccount],
};

/** Flags that let a kubeconfig of a tenant run programs in the controller, or speak to whom it likes. */
const insecureFlags = ['--insecure-kubeconfig-exec', '--insecure-kubeconfig-tls'];

/** Whether Flux's controllers refuse by themselves what the rules refuse of tenants: the flags are the second lock. */
export function fluxControllersLayer(evidence: ClusterEvidence): ClusterLayerPosture {
  const running = evidence.fluxDeployments?.filter((one) => memberOf(memberOf(one, 'spec'), 'replicas') !== 0);
  const found = (running ?? []).flatMap((deployment) => {
    const flux = fluxDeploymentOf(deployment);
    return flux === undefined ? [] : [{ deployment, flux }];
  });
  const judged = found.flatMap(({ deployment, flux }) => judge(deployment, flux, evidence));
  const isNothing = judged.every(({ state }) => state === 'drifted');
  // Where not one flag is there, nothing of a lockdown is.
  const findings = judged.map((one): Finding =>
    one.state === 'drifted' && isNothing ? { ...one, state: 'missing' } : one,
  );
  const whenInPlace = found.length === 0 ? 'no Flux controllers run here' : 'every Flux controller is locked down';
  return layerOf('flux-controllers', [...findings, ...gapFindings(evidence, found.length)], whenInPlace);
}

function judge(
  deployment: JsonObject,
  flux: FluxDeployment,
  { fluxInstances }: Pick<ClusterEvidence, 'fluxInstances'>,
): readonly Finding[] {
  const { controller, containerIndex } = flux;
  const where = {
    object: referenceOf(deployment, 'Deployment', 'apps/v1'),
    field: `spec.template.spec.containers[${containerIndex}].args`,
  };
  const judged = requirements[controller].map(({ flag, isMet, otherwise }): Finding => {
    const met = isMet(flux);
    if (met === true) return { ...where, state: 'in-place', message: `${controller} runs with ${flag}` };
    const fix = fluxFix(flux, flag, fluxInstances ?? []);
    return met === undefined
      ? { ...where, state: 'unknown', message: `${untold(controller)} ${flag}`, fix }
      : { ...where, state: 'drifted', message: `${controller} runs without ${flag}: ${otherwise}`, fix };
  });
  return [...judged, ...insecureFlags.flatMap((flag) => insecureFinding(flux, flag, where))];
}

function insecureFinding(
  { controller, container }: FluxDeployment,
  flag: string,
  where: Pick<Finding, 'object' | 'field'>,
): readonly Finding[] {
  const isSet = booleanFlag(container, flag, false);
  if (isSet === false) return [];
  const fix = `Take ${flag} out of the arguments of ${controller}.`;
  if (isSet === undefined) return [{ ...where, state: 'unknown', message: `${untold(controller)} ${flag}`, fix }];
  const message = `${controller} runs with ${flag}, so a kubeconfig of a tenant is not made harmless`;
  return [{ ...where, state: 'drifted', message, fix }];
}

function untold(controller: FluxController): string {
  return `its Deployment does not tell whether ${controller} runs with`;
}

/** What was not seen may run without a lock. */
function gapFindings({ fluxDeployments, servesFlux }: ClusterEvidence, count: number): readonly Finding[] {
  if (fluxDeployments === undefined) {
    const fix = grantFix([{ group: 'apps', resource: 'deployments' }]);
    return [{ state: 'unknown', message: 'Deployments of the platform could not be read', fix }];
  }
  if (count > 0 || servesFlux === false) return [];
  const message =
    servesFlux === undefined
      ? 'no Flux controller runs in the platform’s namespaces, and whether the API server serves kinds of Flux is not known'
      : 'the API server serves kinds of Flux, but no controller runs in the platform’s namespaces: it may run elsewhere';
  const fix =
    'Name the namespace of Flux under spec.platform.namespaces of the Tenancy, or remove the CRDs that Flux has left.';
  return [{ state: 'unknown', message, fix }];
}
