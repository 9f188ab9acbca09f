import type { ServerResponse } from 'node:http';

import { KubeConfig } from '@kubernetes/client-node';
import { test, type Test } from 'tap';

import { ApiServerClient } from '../../src/kubernetes/api-server-client.ts';
import { LiveFactReader } from '../../src/kubernetes/live-fact-reader.ts';
import { minimalNetworkPolicy } from '../support/minimal-objects.ts';
import { startFakeApiServer, statusOf, writeJson } from './fake-api-server.ts';

const soon = () => AbortSignal.timeout(5_000);
const policiesPath = '/apis/networking.k8s.io/v1/namespaces/acme-dev/networkpolicies';
const podsPath = '/api/v1/namespaces/acme-dev/pods';

async function reading(t: Test) {
  const server = await startFakeApiServer(t, t.testdir({}));
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(server.kubeconfig);
  return { server, reader: new LiveFactReader(new ApiServerClient(kubeConfig)) };
}

void test('a namespace is read with its labels, or known to be missing', async (t) => {
  const { server, reader } = await reading(t);
  server.put('acme-dev', { 'tenantgate.dev/tenant': 'acme' });
  t.strictSame(await reader.readNamespace('acme-dev', soon()), {
    name: 'acme-dev',
    labels: { 'tenantgate.dev/tenant': 'acme' },
  });
  t.equal(await reader.readNamespace('no-such', soon()), 'missing');
});

void test('a name that no namespace can have is missing, and never part of a path', async (t) => {
  const { server, reader } = await reading(t);
  for (const name of ['', '..', '../pods', 'a/b', 'a?b', 'A', 'a.b', '-a', 'a'.repeat(64), 'a%2fb', 'a\n']) {
    t.equal(await reader.readNamespace(name, soon()), 'missing', JSON.stringify(name));
  }
  t.strictSame(server.requests, []);
});

void test('NetworkPolicies are read as they are stored', async (t) => {
  const { server, reader } = await reading(t);
  const { metadata, spec } = minimalNetworkPolicy();
  server.objects.set(policiesPath, {
    kind: 'NetworkPolicyList',
    items: [{ metadata, spec: { ...(spec as object), ingress: [{ from: [] }] } }],
  });
  t.match(await reader.listNetworkPolicies('acme-dev', soon()), [
    { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata, spec: { ingress: [{ from: [] }] } },
  ]);
  server.objects.set(policiesPath, { kind: 'NetworkPolicyList', items: null });
  t.strictSame(await reader.listNetworkPolicies('acme-dev', soon()), [], 'a list that was never filled');
});

void test('pods that are not finished are read, with what NetworkPolicies see of them', async (t) => {
  const { server, reader } = await reading(t);
  server.objects.set(podsPath, {
    kind: 'PodList',
    items: [
      {
        metadata: { name: 'a', labels: { app: 'web', wrong: 7 } },
        spec: {
          initContainers: [{ name: 'proxy', ports: [{ name: 'admin', containerPort: 9000 }] }],
          containers: [
            { name: 'web', ports: [{ name: 'http', containerPort: 80, protocol: 'TCP' }, { name: 'odd' }, 7] },
            { name: 'quiet' },
            null,
          ],
        },
      },
      {
        metadata: { name: 'b' },
        spec: { hostNetwork: true },
        status: { podIPs: [{ ip: '10.0.0.7' }, { ip: 'fd00::7' }, {}] },
      },
    ],
  });
  t.strictSame(await reader.listPods('acme-dev', soon()), [
    {
      name: 'a',
      labels: { app: 'web' },
      hostNetwork: false,
      ports: [
        { containerPort: 9000, name: 'admin', protocol: undefined },
        { containerPort: 80, name: 'http', protocol: 'TCP' },
      ],
      addresses: [],
    },
    { name: 'b', labels: {}, hostNetwork: true, ports: [], addresses: ['10.0.0.7', 'fd00::7'] },
  ]);
  t.match(server.requests.at(-1), '?fieldSelector=status.phase!%3DSucceeded%2Cstatus.phase!%3DFailed');
});

void test('templates are read from all workloads, and where one list cannot be had, none is known', async (t) => {
  const { server, reader } = await reading(t);
  const template = (app: string) => ({
    metadata: { labels: { app } },
    spec: { containers: [{ name: 'a', ports: [{ name: 'http', containerPort: 80 }] }] },
  });
  const apps = '/apis/apps/v1/namespaces/acme-dev';
  const batch = '/apis/batch/v1/namespaces/acme-dev';
  const holding = (...items: readonly object[]) => ({
    items: items.map((spec) => ({ metadata: { name: 'x' }, spec })),
  });
  server.objects.set(`${apps}/deployments`, holding({ template: template('web') }, {}));
  server.objects.set(`${apps}/statefulsets`, holding({ template: { spec: { hostNetwork: true, containers: [] } } }));
  server.objects.set(`${apps}/daemonsets`, holding());
  server.objects.set(`${batch}/jobs`, holding({ template: template('once') }));
  await t.rejects(reader.listPodTemplates('acme-dev', soon()));
  server.objects.set(`${batch}/cronjobs`, holding({ jobTemplate: { spec: { template: template('nightly') } } }));
  const ports = [{ name: 'http', containerPort: 80, protocol: undefined }];
  t.strictSame(await reader.listPodTemplates('acme-dev', soon()), [
    { labels: { app: 'web' }, hostNetwork: false, ports },
    { labels: {}, hostNetwork: true, ports: [] },
    { labels: { app: 'once' }, hostNetwork: false, ports },
    { labels: { app: 'nightly' }, hostNetwork: false, ports },
  ]);
});

void test('quotas and limit ranges are read as they are', async (t) => {
  const { server, reader } = await reading(t);
  const namespace = '/api/v1/namespaces/acme-dev';
  server.objects.set(`${namespace}/resourcequotas`, {
    items: [{ metadata: { name: 'a' }, spec: { hard: { pods: '4' } } }],
  });
  server.objects.set(`${namespace}/limitranges`, { kind: 'LimitRangeList', items: null });
  t.match(await reader.listResourceQuotas('acme-dev', soon()), [
    { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'a' }, spec: { hard: { pods: '4' } } },
  ]);
  t.strictSame(await reader.listLimitRanges('acme-dev', soon()), []);
});

/** Answers that are no facts: each is a failure, never an empty list or a missing namespace. */
const noFacts: readonly (readonly [what: string, status: number, body: string])[] = [
  ['a refusal', 403, JSON.stringify(statusOf(403))],
  ['a fault of the server', 500, JSON.stringify(statusOf(500))],
  ['a redirect', 302, ''],
  ['nothing', 200, ''],
  ['no JSON', 200, '<html>'],
  ['half of it', 200, '{"kind":"PodList","items":['],
  ['null', 200, 'null'],
  ['another object', 200, '{"kind":"Status","metadata":{}}'],
  ['a list without items', 200, '{"kind":"PodList","metadata":{}}'],
  ['items that are none', 200, '{"kind":"PodList","items":{}}'],
];

void test('an answer that is no fact is a failure, never “there is none”', async (t) => {
  const { server, reader } = await reading(t);
  for (const [what, status, body] of noFacts) {
    server.answer = (_request, response) => void response.writeHead(status).end(body);
    await t.rejects(reader.readNamespace('acme-dev', soon()), what);
    await t.rejects(reader.listNetworkPolicies('acme-dev', soon()), what);
    await t.rejects(reader.listPods('acme-dev', soon()), what);
    await t.rejects(reader.listResourceQuotas('acme-dev', soon()), what);
    await t.rejects(reader.listLimitRanges('acme-dev', soon()), what);
  }
  server.answer = (_request, response) => {
    writeJson(response, 404, statusOf(404));
  };
  await t.rejects(reader.listPods('acme-dev', soon()), /answered 404/, 'only a namespace can be missing');
  server.answer = undefined;
  server.objects.set(policiesPath, { items: [{ metadata: { name: 'a' }, spec: { policyTypes: 'Ingress' } }] });
  await t.rejects(reader.listNetworkPolicies('acme-dev', soon()), /no NetworkPolicy/);
});

void test('a read ends with its deadline, whatever the server does', async (t) => {
  const { server, reader } = await reading(t);
  const hangs: readonly ((response: ServerResponse) => void)[] = [
    () => undefined,
    (response) => {
      response.writeHead(200).flushHeaders();
    },
    (response) => void response.writeHead(200).write('{"kind":'),
  ];
  for (const hang of hangs) {
    server.answer = (_request, response) => {
      hang(response);
    };
    await t.rejects(reader.readNamespace('acme-dev', AbortSignal.timeout(150)));
  }
  await t.rejects(reader.readNamespace('acme-dev', AbortSignal.abort()));
  server.answer = (_request, response) => {
    response.writeHead(200).write('{"kind":', () => {
      server.cut();
    });
  };
  await t.rejects(reader.readNamespace('acme-dev', soon()), 'a connection that is cut');
  await server.leave();
  await t.rejects(reader.readNamespace('acme-dev', soon()), 'a server that is away');
});
