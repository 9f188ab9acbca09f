import t from 'tap';

import { podTemplateFactOf, portsOfPodSpec } from '../../../src/policy/objects/container-ports.ts';
import type { Pod } from '../../../src/policy/objects/pod.ts';
import { PodView } from '../../../src/policy/objects/pod-view.ts';

const web = { containerPort: 80, name: 'http', protocol: 'TCP' };
const dns = { containerPort: 53, name: undefined, protocol: undefined };

t.test('ports of init containers and containers, as far as they are well-formed', (t) => {
  const spec = {
    initContainers: [{ ports: [{ containerPort: 53, name: 7, protocol: null }] }],
    containers: [{ ports: [web, 'odd', { containerPort: '80' }, null] }, 'odd', { ports: 'odd' }, {}],
  };
  t.same(portsOfPodSpec(spec), [dns, web]);
  for (const odd of [undefined, null, 'odd', {}, { containers: 'odd' }]) t.same(portsOfPodSpec(odd), []);
  t.end();
});

t.test('a pod as far as NetworkPolicies see it', (t) => {
  // Rules read no more of a port than its hostPort.
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: { hostNetwork: true, containers: [{ name: 'web', image: 'web', ports: [web] }] },
  } as Pod;
  const fact = podTemplateFactOf(new PodView(pod, ''));
  t.same(fact, { labels: { app: 'web' }, hostNetwork: true, ports: [web] });
  t.end();
});
