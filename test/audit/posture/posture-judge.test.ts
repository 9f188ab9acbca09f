import { test } from 'tap';

import { clusterLayers, namespaceLayers } from '../../../src/audit/audit-report.ts';
import { nothingSeen } from '../../../src/audit/posture/posture-evidence.ts';
import { postureJudge } from '../../../src/audit/posture/posture-judge.ts';
import { namespaceEvidence, tenancy } from '../../support/posture.ts';

const judge = postureJudge(tenancy);

test('a judge knows every layer of namespaces, tenants and the cluster', (t) => {
  const namespace = judge.ofNamespace(namespaceEvidence());
  t.same(
    namespace.layers.map(({ layer }) => layer),
    namespaceLayers,
  );
  const tenant = judge.ofTenant('acme', [namespace]);
  t.match(tenant, { tenant: 'acme', namespaces: [{ namespace: 'acme-dev' }] });
  t.same(
    tenant.layers.map(({ layer }) => layer),
    namespaceLayers,
  );
  const cluster = judge.ofCluster(nothingSeen);
  t.same(
    cluster.map(({ layer }) => layer),
    clusterLayers,
  );
  t.ok(
    cluster.every(({ state }) => state === 'unknown'),
    'what was not seen is not known',
  );
  t.same(judge.configMaps([]), [{ namespace: 'kube-system', name: 'amazon-vpc-cni' }]);
  t.end();
});
