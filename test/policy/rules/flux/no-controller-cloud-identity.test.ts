import { test } from 'tap';

import { judge, linesOf } from '../../../support/judge.ts';
import { minimalObject, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'flux/no-controller-cloud-identity';
const said = (value: string): string =>
  `"${value}" without credentials of the tenant’s has Flux use the cloud identity of its controller`;

/** What chooses a cloud in each kind, what chooses none, and whether a Secret will do. */
const clouds = {
  GitRepository: ['spec.provider', ['aws', 'azure'], ['generic', 'github'], false],
  OCIRepository: ['spec.provider', ['aws', 'azure', 'gcp'], ['generic'], true],
  Bucket: ['spec.provider', ['aws', 'azure', 'gcp'], ['generic'], true],
  HelmRepository: ['spec.provider', ['aws', 'azure', 'gcp'], ['generic'], true],
  ImageRepository: ['spec.provider', ['aws', 'azure', 'gcp'], ['generic'], true],
  Provider: ['spec.type', ['azuredevops', 'azureeventhub', 'googlepubsub'], ['slack', 'generic'], true],
  ResourceSetInputProvider: ['spec.type', ['ECRArtifactTag', 'AzureDevOpsTag'], ['OCIArtifactTag', 'Static'], true],
} as const;

for (const [name, [field, inCloud, elsewhere, takesSecret]] of Object.entries(clouds)) {
  const kind = name as keyof typeof clouds;

  test(`a ${kind} in a cloud brings credentials of the tenant`, (t) => {
    const object = minimalObject(kind);
    const withCloud = (value: unknown): Manifest => tweak(object, field, value);
    for (const value of [undefined, null, '', ...elsewhere])
      t.same(linesOf(judge(rule, withCloud(value))), [], String(value));
    for (const value of inCloud) {
      const decision = judge(rule, withCloud(value));
      t.same(linesOf(decision), [`${field}: ${said(value)}`]);
      t.match(decision.violations[0]?.fix, kind === 'HelmRepository' ? 'secretRef' : 'serviceAccountName');
      t.same(linesOf(judge(rule, tweak(withCloud(value), 'spec.serviceAccountName', 'tenant'))), []);
      t.equal(judge(rule, tweak(withCloud(value), 'spec.serviceAccountName', '')).outcome, 'denied');
      const withSecret = tweak(withCloud(value), 'spec.secretRef', { name: 'cloud' });
      t.equal(judge(rule, withSecret).outcome, takesSecret ? 'allowed' : 'denied');
    }
    t.end();
  });
}
