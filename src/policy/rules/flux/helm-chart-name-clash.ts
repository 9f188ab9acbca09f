import { Type } from '../../../algebra/schema.ts';
import { doesNoMore } from '../../objects/flux.ts';
import { textAt } from '../../objects/object-fields.ts';
import { defineCheckRule } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';

export const helmChartNameClash = defineCheckRule({
  id: 'flux/helm-chart-name-clash',
  title: 'Charts of two HelmReleases do not meet under one name',
  severity: 'low',
  rationale:
    'For a source in another namespace Flux makes a HelmChart there, named <namespace>-<name> of the HelmRelease. Two HelmReleases of two namespaces can come to the same name and then replace each other’s chart: a in a-b and b-a in a, for instance.',
  remediation: 'Keep the source in the namespace of the HelmRelease, or name either without hyphens.',
  kinds: ['HelmRelease'],
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object({}, { additionalProperties: false }),
  references: ['https://fluxcd.io/flux/components/helm/helmreleases/#chart-template'],
  since: '0.1.0',
  judges: 'state',
  doesNoMore,
  *check(subject) {
    const field = 'spec.chart.spec.sourceRef.namespace';
    const source = textAt(subject.object, field);
    const own = namespaceOf(subject);
    // A name that is still to be made cannot be chosen to clash.
    if (source === undefined || source === own || subject.name.endsWith('*')) return;
    const twin = twinOf(own, subject.name);
    if (twin === undefined) return;
    const chart = JSON.stringify(`${own}-${subject.name}`);
    const message = `makes HelmChart ${chart} in namespace ${JSON.stringify(source)}; HelmRelease ${JSON.stringify(twin.name)} of namespace ${JSON.stringify(twin.namespace)} would make the same`;
    yield { field, message, fix: 'Put the source into the namespace of the HelmRelease and remove the field.' };
  },
});

interface Release {
  readonly namespace: string;
  readonly name: string;
}

/** Another HelmRelease whose chart would have the same name: the two parts are joined by a hyphen, and may have more. */
function twinOf(namespace: string, name: string): Release | undefined {
  const inName = name.indexOf('-');
  if (inName > 0 && !name.slice(0, inName).includes('.')) {
    return { namespace: `${namespace}-${name.slice(0, inName)}`, name: name.slice(inName + 1) };
  }
  const inNamespace = namespace.lastIndexOf('-');
  if (inNamespace < 1) return undefined;
  return { namespace: namespace.slice(0, inNamespace), name: `${namespace.slice(inNamespace + 1)}-${name}` };
}
