import { KubeConfig } from '@kubernetes/client-node';
import t from 'tap';

import { ApiServerClient } from '../../src/kubernetes/api-server-client.ts';
import { decode } from '../../src/kubernetes/content-encoding.ts';
import { itemsOf } from '../../src/kubernetes/namespace-fact.ts';
import { auditTourOn, reportIn } from './audit-tour.ts';
import { type KubernetesObject } from './cluster.ts';
import { expectSuccess } from './kubectl.ts';
import { networkPolicy, pod } from './manifests.ts';
import { connectControlPlane } from './session.ts';
import { createTenants } from './tenants.ts';

/** Objects near the largest that etcd takes (1.5 MiB), and more of them than one answer may hold, are judged like others. */
const cluster = await connectControlPlane();
const { acmeDev } = await createTenants(cluster, 'large');
const { audit } = auditTourOn(cluster);
const largeBytes = 1_400_000;
const podCount = 8;

const containers = [{ name: 'app', image: 'registry.example/app:1.0', args: ['x'.repeat(largeBytes)] }];
const largePods = Array.from({ length: podCount }, (_, index) =>
  pod(acmeDev, `large-${index}`, { hostNetwork: true, containers }),
);

/** As many peers as there is room for: more than are judged, which must not look clean. */
function longPolicy(): KubernetesObject {
  const addresses = Array.from({ length: 45_000 }, (_, index) => ({
    ipBlock: { cidr: `192.0.${(index >> 8) & 255}.${index & 255}/32` },
  }));
  return networkPolicy(acmeDev, 'long', {
    policyTypes: ['Ingress'],
    ingress: [{ from: addresses }],
  });
}

t.teardown(async () => {
  expectSuccess(await cluster.kubectl(['delete', 'pods,networkpolicies', '--all', '-n', acmeDev]));
});

t.test('the API server stores them', async () => {
  // One to a request, which has a limit of its own; an apply would keep another copy in an annotation.
  for (const object of [...largePods, longPolicy()])
    expectSuccess(await cluster.kubectl(['create', '-f', '-'], { stdin: JSON.stringify(object) }));
});

t.test('the API server compresses what is asked for so, and it is what it is without', async (t) => {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(cluster.kubeconfig);
  const path = `/api/v1/namespaces/${acmeDev}/pods?limit=1`;
  const bounds = { signal: AbortSignal.timeout(30_000), largestBytes: 2 * largeBytes };
  const { body, contentEncoding } = await new ApiServerClient(kubeConfig).getRaw(path, bounds);
  t.equal(contentEncoding, 'gzip');
  t.ok(body.length < largeBytes / 10, `${body.length} bytes`);
  const plain = expectSuccess(await cluster.kubectl(['get', '--raw', path]));
  t.strictSame(
    itemsOf(JSON.parse(String(decode(body, contentEncoding, bounds.largestBytes)))),
    itemsOf(JSON.parse(plain)),
  );
});

t.test('each of them is judged, and nothing is unknown', async (t) => {
  const { stdout, stderr, code } = await audit(['--namespace', acmeDev, '--output', 'json']);
  t.equal(code, 1, stderr);
  const { results, unknown, scan } = reportIn(stdout);
  t.same(unknown, []);
  t.same(
    results.filter(({ rule }) => rule === 'pods/host-network').map(({ object }) => object.name),
    largePods.map(({ metadata }) => metadata.name),
  );
  t.match(
    results.filter(({ rule, object }) => rule === 'network/confined-peers' && object.name === 'long'),
    [{ field: 'spec.ingress[0].from', message: /which is too large to be judged$/ }],
  );
  for (const resource of ['pods', 'networkpolicies.networking.k8s.io'])
    t.match(
      scan.listings.find((listing) => listing.resource === resource),
      { state: 'read' },
    );
});
