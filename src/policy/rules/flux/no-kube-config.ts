import { Type } from '../../../algebra/schema.ts';
import { doesNoMore } from '../../objects/flux.ts';
import { defineCheckRule } from '../../rule.ts';

export const noKubeConfig = defineCheckRule({
  id: 'flux/no-kube-config',
  title: 'Tenants do not send Flux to other clusters',
  severity: 'critical',
  rationale:
    'spec.kubeConfig makes Flux’s controller connect to an address of the tenant’s choice from inside the platform; with configMapRef it may even ask for a token for its own service account and send it there.',
  remediation: 'Remove spec.kubeConfig; remote clusters are deployed by the platform.',
  kinds: ['Kustomization', 'HelmRelease'],
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object(
    {
      allowSecretRef: Type.Boolean({
        default: false,
        description: 'Allow kubeConfig.secretRef. configMapRef is refused always.',
      }),
    },
    { additionalProperties: false },
  ),
  references: ['https://fluxcd.io/flux/components/kustomize/kustomizations/#kubeconfig-remote-clusters'],
  since: '0.1.0',
  judges: 'state',
  doesNoMore,
  *check(subject, { params }) {
    const kubeConfig = subject.object.spec?.kubeConfig;
    if (kubeConfig === undefined || kubeConfig === null) return;
    const fix = 'Remove spec.kubeConfig.';
    if (kubeConfig.configMapRef !== undefined && kubeConfig.configMapRef !== null) {
      yield {
        field: 'spec.kubeConfig.configMapRef',
        message: 'lets the tenant choose where Flux sends its controller’s token',
        fix,
      };
    } else if (!params.allowSecretRef) {
      yield { field: 'spec.kubeConfig', message: 'lets the tenant choose where Flux’s controller connects to', fix };
    }
  },
});
