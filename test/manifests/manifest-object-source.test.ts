import t from 'tap';

import type { OtherResource } from '../../src/audit/ports.ts';
import { ManifestObjectSource } from '../../src/manifests/manifest-object-source.ts';
import { readManifests } from '../../src/manifests/read-manifests.ts';
import type { Kind } from '../../src/policy/objects/kinds.ts';
import { createObjectReader } from '../../src/policy/objects/read-object.ts';
import { scanned } from '../support/scan.ts';

const signal = new AbortController().signal;

const files = {
  'cluster.yaml': `
apiVersion: v1
kind: Namespace
metadata: {name: acme, labels: {tenantgate.dev/tenant: acme}}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: acme}
spec: {hostNetwork: true, containers: [{name: a, image: a}]}
---
apiVersion: v1
kind: Pod
metadata: {name: c, namespace: acme-dev}
---
apiVersion: v1
kind: Pod
metadata: {name: a}
---
apiVersion: v1
kind: Node
metadata: {name: node-1}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: cilium-config, namespace: kube-system}
`,
  'broken.yaml': 'a: [',
};

function sourceOf(folder: string): ManifestObjectSource {
  const manifests = readManifests([folder], undefined);
  return new ManifestObjectSource({ manifests, name: folder, defaultNamespace: 'default', read: createObjectReader() });
}

async function placesOf(pages: AsyncIterable<readonly object[]>): Promise<readonly string[]> {
  const found = [];
  for await (const page of pages) found.push(...page);
  return found.map((object) => {
    const { namespace = '', name } = (object as { metadata: { namespace?: string; name: string } }).metadata;
    return `${namespace}/${name}`;
  });
}

t.test(
  'documents are listed by kind, in the order of keys, each in the namespace that kubectl would put it in',
  async (t) => {
    const source = sourceOf(t.testdir(files));
    const list = (kind: Kind, namespace?: string) => placesOf(source.list(kind, signal, namespace));
    t.same(await list('Pod'), ['acme-dev/c', 'acme/b', 'default/a']);
    t.same(await list('Pod', 'acme'), ['acme/b']);
    t.same(await list('Namespace', 'acme'), ['/acme']);
    await t.rejects(list('Deployment'), { state: 'absent', message: 'no manifest is of its API group' });
    t.same(await list('Service'), [], 'another kind of a group that is there');
    const other = (resource: OtherResource) => placesOf(source.listOther(resource));
    t.same(await other({ apiVersion: 'v1', resource: 'nodes' }), ['/node-1']);
    const only = { namespace: 'kube-system', name: 'cilium-config' };
    t.same(await other({ apiVersion: 'v1', resource: 'configmaps', only }), ['kube-system/cilium-config']);
    t.same(await other({ apiVersion: 'v1', resource: 'configmaps', only: { ...only, name: 'other' } }), []);
  },
);

t.test('manifests are scanned', async (t) => {
  const folder = t.testdir(files);
  const report = await scanned(sourceOf(folder));
  t.equal(report.scan.source, folder);
  t.match(
    report.results.filter(({ writer }) => writer === 'any'),
    [{ rule: 'pods/host-network', object: { namespace: 'acme', name: 'b' } }],
  );
});
