import t from 'tap';

import { findBinaries } from '../cluster/binaries.ts';
import { startControlPlane } from '../cluster/control-plane.ts';
import { expectSuccess } from '../cluster/kubectl.ts';
import { networkPolicy, pod } from '../cluster/manifests.ts';
import { startTenantgate } from '../cluster/tenantgate.ts';
import { createTenants } from '../cluster/tenants.ts';
import { waitFor } from '../cluster/wait-for.ts';
import { goodReview } from '../e2e/review.ts';
import { loadUntilRefused } from '../server/load-until-refused.ts';
import { launchInImage } from './container.ts';
import { connectImage } from './image-session.ts';

/** The server in the image, called by a real API server. */
const image = await connectImage();
const found = await findBinaries();
if (!found.ok) throw new Error(found.message);
const cluster = await startControlPlane(found.binaries);
t.teardown(() => cluster.stop());
const tenantgate = await startTenantgate(cluster, { launch: launchInImage(image) });
t.teardown(() => tenantgate.stop());
const { acmeDev, asAcme } = await createTenants(cluster, 'image');

t.test('a NetworkPolicy that lets another tenant in is refused', async (t) => {
  const open = networkPolicy(acmeDev, 'open', {
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ namespaceSelector: {} }] }],
  });
  const { code, stderr } = await cluster.apply([open], asAcme);
  t.equal(code, 1);
  t.match(stderr, /admission webhook "validate\.tenantgate\.dev" denied the request: .*\[network\/confined-peers\]/);
});

t.test('a good one is admitted, with the tenant’s label', async (t) => {
  const closed = networkPolicy(acmeDev, 'closed', {
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ podSelector: {} }] }],
  });
  for (const object of [closed, pod(acmeDev, 'web')]) {
    const label = ['--output=jsonpath={.metadata.labels.tenantgate\\.dev/tenant}'];
    t.equal(expectSuccess(await cluster.apply([object], { ...asAcme, args: label })), 'acme', object.kind);
  }
});

t.test('SIGTERM ends it with 0 after all that was asked is answered', async (t) => {
  const load = loadUntilRefused({
    port: tenantgate.port,
    ca: tenantgate.caCertificate,
    connections: 8,
    path: '/validate',
    body: goodReview,
  });
  await waitFor('answers', () => load.report.answered > 100, { timeoutMs: 30_000 });
  const before = load.report.answered;
  const code = await tenantgate.stopProcess();
  await load.ended;
  t.equal(code, 0);
  t.strictSame(load.report.lost, []);
  t.ok(
    before > 0 && load.report.answered > before,
    `${before} before the signal, ${load.report.answered - before} after`,
  );
  t.ok(load.report.toldToClose >= 8);
});
