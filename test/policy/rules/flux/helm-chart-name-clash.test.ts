import { test } from 'tap';

import { judge, linesOf } from '../../../support/judge.ts';
import { minimalObject, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'flux/helm-chart-name-clash';
const field = 'spec.chart.spec.sourceRef.namespace';

/** A HelmRelease with a source elsewhere. */
function release(namespace: string, name: string, source: unknown = 'acme-prod'): Manifest {
  const metadata = name.endsWith('*') ? { generateName: name.slice(0, -1), namespace } : { name, namespace };
  return tweak({ ...minimalObject('HelmRelease'), metadata }, field, source);
}

const said = (chart: string, twin: string, namespace: string): string =>
  `${field}: makes HelmChart "${chart}" in namespace "acme-prod"; HelmRelease "${twin}" of namespace "${namespace}" would make the same`;

const namespaces = { acme: {}, 'acme-dev': {}, 'acme-prod': {} };
const lines = (object: Manifest): readonly string[] => linesOf(judge(rule, object, { world: { namespaces } }));

test('a chart whose name another HelmRelease could make is told, with that HelmRelease', (t) => {
  t.same(lines(release('acme', 'dev-web')), [said('acme-dev-web', 'web', 'acme-dev')]);
  t.same(lines(release('acme-dev', 'web')), [said('acme-dev-web', 'dev-web', 'acme')]);
  t.same(lines(release('acme-dev', 'a.b-web')), [said('acme-dev-a.b-web', 'dev-a.b-web', 'acme')]);
  t.end();
});

test('a chart whose name no other can make is not', (t) => {
  t.same(lines(release('acme', 'web')), [], 'no hyphen to part at');
  t.same(lines(release('acme', 'a.b-web')), [], 'no namespace has a dot');
  t.same(lines(release('acme-dev', 'web', null)), []);
  t.same(
    lines(release('acme-dev', 'web', 'acme-dev')),
    [],
    'Flux names it after the own namespace, where names are its own',
  );
  t.same(lines(tweak(release('acme-dev', 'web'), 'spec.chart', null)), []);
  const generated = tweak(release('acme-dev', 'web'), 'metadata', { namespace: 'acme-dev', name: 'web-*' });
  t.same(lines(generated), [], 'a name to be made');
  t.end();
});
