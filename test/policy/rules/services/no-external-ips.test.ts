import { test } from 'tap';

import type { Principal } from '../../../../src/tenancy/principal.ts';
import { judge, linesOf } from '../../../support/judge.ts';
import { minimalService, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'services/no-external-ips';
const withIps = (...externalIPs: readonly string[]): Manifest =>
  tweak(minimalService(), 'spec.externalIPs', externalIPs);
const withIngress = (...ingress: readonly unknown[]): Manifest => ({
  ...minimalService(),
  status: { loadBalancer: { ingress } },
});

test('an external IP draws others’ traffic, whoever sets it', (t) => {
  const line =
    'spec.externalIPs[0]: "203.0.113.7" draws to this Service what anybody in the cluster sends to that address';
  const principals: readonly Principal[] = [{ kind: 'platform' }, { kind: 'unknown' }];
  for (const principal of principals) t.same(linesOf(judge(rule, withIps('203.0.113.7'), { principal })), [line]);
  t.same(linesOf(judge(rule, withIps('203.0.113.7'))), [line]);
  for (const none of [[], null, undefined]) {
    t.same(linesOf(judge(rule, tweak(minimalService(), 'spec.externalIPs', none))), []);
  }
  t.same(linesOf(judge(rule, tweak(minimalService(), 'spec', null))), []);
  t.end();
});

test('old external IPs stay or go, in any order, and none comes', (t) => {
  const old = withIps('203.0.113.7', '203.0.113.8');
  t.equal(judge(rule, withIps('203.0.113.8'), { old }).outcome, 'allowed');
  t.equal(judge(rule, withIps('203.0.113.8', '203.0.113.9'), { old }).outcome, 'denied');
  t.end();
});

test('a tenant writes no address of a load balancer, through whichever update', (t) => {
  const [own, stolen] = [{ ip: '198.51.100.1' }, { ip: '203.0.113.7' }];
  t.same(linesOf(judge(rule, withIngress(own, stolen), { old: withIngress(own) })), [
    'status.loadBalancer.ingress[1]: "203.0.113.7" is written by a tenant, and draws to this Service what others send there; only the controller of load balancers knows its addresses',
  ]);
  t.match(linesOf(judge(rule, withIngress({ hostname: 'a.example.com' }), { old: minimalService() })), [
    /"a.example.com" is written by a tenant/,
  ]);
  t.match(linesOf(judge(rule, withIngress({}), { old: minimalService() })), [/: "" is written by a tenant/]);
  t.end();
});

test('what a controller has written is in nobody’s way', (t) => {
  const old = withIngress({ ip: '198.51.100.1' });
  t.same(linesOf(judge(rule, tweak(old, 'metadata.labels', { a: 'b' }), { old })), []);
  t.same(linesOf(judge(rule, minimalService(), { old })), []);
  t.same(linesOf(judge(rule, old)), [], 'the API server drops the status of a new Service');
  for (const kind of ['platform', 'controller'] as const) {
    t.same(linesOf(judge(rule, old, { old: minimalService(), principal: { kind } })), []);
  }
  t.end();
});
