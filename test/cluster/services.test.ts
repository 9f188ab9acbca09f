import t from 'tap';

import { isDenied } from './assertions.ts';
import type { KubernetesObject } from './cluster.ts';
import { expectSuccess } from './kubectl.ts';
import { pod } from './manifests.ts';
import { connectControlPlane } from './session.ts';
import { createTenants } from './tenants.ts';
import { startTenantgate } from './tenantgate.ts';

/** Services lead to the tenant's own pods, on a real API server with the addresses that pods are given. */
const cluster = await connectControlPlane();
const tenantgate = await startTenantgate(cluster);
t.teardown(() => tenantgate.stop());
const { acmeDev, globex, asAcme } = await createTenants(cluster, 'services');

function service(name: string, spec: object): KubernetesObject {
  const base = { selector: { app: 'web' }, ports: [{ port: 80 }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: acmeDev }, spec: { ...base, ...spec } };
}

function slice(name: string, address: string, addressType = 'IPv4'): KubernetesObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: acmeDev, labels: { 'kubernetes.io/service-name': 'web' } },
    addressType,
    endpoints: [{ addresses: [address] }],
    ports: [{ port: 8080, protocol: 'TCP' }],
  };
}

function endpoints(address: string): KubernetesObject {
  const subsets = [{ addresses: [{ ip: address }], ports: [{ port: 8080 }] }];
  return { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'by-hand', namespace: acmeDev }, subsets };
}

/** Gives a pod an address, as its kubelet would. */
async function giveAddress(namespace: string, name: string, ip: string): Promise<void> {
  expectSuccess(await cluster.apply([pod(namespace, name, {}, { app: 'web' })]));
  const ready = { type: 'Ready', status: 'True' };
  const status = JSON.stringify({ status: { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions: [ready] } });
  const patch = ['patch', 'pod', name, '-n', namespace, '--subresource=status', '--type=merge', '-p', status];
  expectSuccess(await cluster.kubectl(patch));
}

t.test('external IPs are refused, in the spec and in the status', async (t) => {
  const rule = '[services/no-external-ips]';
  isDenied(
    t,
    await cluster.apply([service('stolen', { externalIPs: ['203.0.113.7'] })], asAcme),
    'spec.externalIPs[0]',
    rule,
  );
  expectSuccess(
    await cluster.apply(
      [service('balanced', { type: 'LoadBalancer', loadBalancerSourceRanges: ['203.0.113.0/24'] })],
      asAcme,
    ),
  );
  const status = JSON.stringify({ status: { loadBalancer: { ingress: [{ ip: '203.0.113.7' }] } } });
  const patch = ['patch', 'service', 'balanced', '-n', acmeDev, '--subresource=status', '--type=merge', '-p', status];
  isDenied(t, await cluster.kubectl(patch, asAcme), 'status.loadBalancer.ingress[0]', rule);
  expectSuccess(await cluster.kubectl(patch));
  expectSuccess(await cluster.kubectl(['label', 'service', 'balanced', '-n', acmeDev, 'team=web'], asAcme));
});

t.test('an alias leads to nobody else', async (t) => {
  const alias = (externalName: string): KubernetesObject => service('alias', { type: 'ExternalName', externalName });
  const foreign = [
    `api.${globex}.svc.cluster.local`,
    `api.${globex}.svc.cluster.local.`,
    `api.${globex}`,
    '169.254.169.254',
  ];
  for (const name of [...foreign, 'kubernetes.default.svc.cluster.local', 'metadata.google.internal']) {
    isDenied(t, await cluster.apply([alias(name)], asAcme), 'spec.externalName', '[services/no-foreign-external-name]');
  }
  expectSuccess(await cluster.apply([alias('db.example.com')], asAcme));
});

t.test('endpoints by hand are the tenant’s own pods; what the controllers write is not asked about', async (t) => {
  const rule = '[services/no-foreign-endpoints]';
  await giveAddress(acmeDev, 'own', '10.0.1.5');
  await giveAddress(globex, 'foreign', '10.0.3.5');
  for (const address of ['10.0.3.5', '168.63.129.16', '203.0.113.9']) {
    isDenied(t, await cluster.apply([slice('by-hand', address)], asAcme), 'endpoints[0].addresses[0]', rule);
  }
  isDenied(t, await cluster.apply([endpoints('10.0.3.5')], asAcme), 'subsets[0].addresses[0].ip', rule);
  expectSuccess(await cluster.apply([slice('by-hand', '10.0.1.5'), endpoints('10.0.1.5')], asAcme));
  const controller = {
    as: 'system:serviceaccount:kube-system:endpointslice-controller',
    asGroups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
  };
  expectSuccess(
    await cluster.kubectl(['create', '-f', '-'], { ...controller, stdin: JSON.stringify(slice('made', '10.0.3.5')) }),
  );
});

t.test('a load balancer for everybody is told of', async (t) => {
  const open = await cluster.apply([service('open', { type: 'LoadBalancer' })], { ...asAcme, dryRun: true });
  expectSuccess(open);
  t.match(open.stderr, /Warning: .*open to the whole internet.*\[services\/load-balancer-source-ranges\]/);
});

/** As much of the Gateway API's own CRD as the test needs; groups of k8s.io want the annotation. */
const httpRouteCrd: KubernetesObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: 'httproutes.gateway.networking.k8s.io',
    annotations: { 'api-approved.kubernetes.io': 'unapproved, a part of it for a test' },
  },
  spec: {
    group: 'gateway.networking.k8s.io',
    scope: 'Namespaced',
    names: { plural: 'httproutes', singular: 'httproute', kind: 'HTTPRoute' },
    versions: ['v1', 'v1beta1'].map((name) => ({
      name,
      served: true,
      storage: name === 'v1',
      schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    })),
  },
};

t.test('a route sends to the tenant’s own Services, in every served version', async (t) => {
  expectSuccess(await cluster.apply([httpRouteCrd]));
  expectSuccess(
    await cluster.kubectl([
      'wait',
      '--for=condition=Established',
      `crd/${httpRouteCrd.metadata.name ?? ''}`,
      '--timeout=30s',
    ]),
  );
  const route = (version: string, namespace: string): KubernetesObject => ({
    apiVersion: `gateway.networking.k8s.io/${version}`,
    kind: 'HTTPRoute',
    metadata: { name: 'web', namespace: acmeDev },
    spec: { rules: [{ backendRefs: [{ name: 'web', namespace, port: 80 }] }] },
  });
  for (const version of ['v1', 'v1beta1']) {
    isDenied(
      t,
      await cluster.apply([route(version, globex)], asAcme),
      'spec.rules[0].backendRefs[0].namespace',
      '[services/route-within-tenant]',
    );
    expectSuccess(await cluster.apply([route(version, acmeDev)], asAcme));
  }
});

t.test('an Ingress writes no configuration of the shared controller', async (t) => {
  const ingress = (annotations: Record<string, string>): KubernetesObject => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'web', namespace: acmeDev, annotations },
    spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } },
  });
  const snippet = { 'nginx.ingress.kubernetes.io/configuration-snippet': 'return 200;' };
  isDenied(
    t,
    await cluster.apply([ingress(snippet)], asAcme),
    'configuration-snippet',
    '[services/route-within-tenant]',
  );
  expectSuccess(await cluster.apply([ingress({})], asAcme));
});
