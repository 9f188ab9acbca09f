import type { JsonObject } from '../../algebra/json-object.ts';
import { memberOf } from '../../policy/command-flags.ts';
import type { FluxDeployment } from '../../policy/flux-controllers.ts';
import { yamlSnippet } from '../../policy/yaml-snippet.ts';

/** How to lock a controller down, by who owns its Deployment: a patch would be undone by the operator. */
export function fluxFix(flux: FluxDeployment, flag: string, fluxInstances: readonly JsonObject[]): string {
  if (flux.controller === 'flux-operator') return operatorFix;
  const [instance] = fluxInstances;
  return instance === undefined ? patchFix(flux, flag) : instanceFix(instance);
}

const operatorFix = yamlSnippet(
  'Give the Flux Operator a service account to fall back to, in the values of its chart:',
  ['multitenancy:', '  enabled: true', '  defaultServiceAccount: default'],
);

function instanceFix(instance: JsonObject): string {
  const metadata = memberOf(instance, 'metadata');
  const [namespace, name] = ['namespace', 'name'].map((key) => String(memberOf(metadata, key)));
  return yamlSnippet('The Flux Operator sets the flags where the FluxInstance says so:', [
    'apiVersion: fluxcd.controlplane.io/v1',
    'kind: FluxInstance',
    'metadata:',
    `  name: ${name}`,
    `  namespace: ${namespace}`,
    'spec:',
    '  cluster:',
    '    multitenant: true',
    '    tenantDefaultServiceAccount: default',
  ]);
}

function patchFix({ controller, containerIndex }: FluxDeployment, flag: string): string {
  return yamlSnippet('Patch the controller in the kustomization.yaml of Flux:', [
    'patches:',
    `  - target: {kind: Deployment, name: ${controller}}`,
    '    patch: |',
    '      - op: add',
    `        path: /spec/template/spec/containers/${containerIndex}/args/-`,
    `        value: ${flag}=${flag === '--default-service-account' ? 'default' : 'true'}`,
  ]);
}
