import t from 'tap';

import { podFactOf } from '../../../src/policy/objects/pod-facts.ts';
import type { Pod } from '../../../src/policy/objects/pod.ts';
import { minimalPod, tweak } from '../../support/minimal-objects.ts';

const factOf = (field: string, value: unknown) => podFactOf(tweak(minimalPod(), field, value) as unknown as Pod);

t.test('a pod is known by its name, labels, ports and addresses', (t) => {
  const running = { phase: 'Running', podIPs: [{ ip: '10.0.0.1' }, { ip: 7 }, 'odd', { ip: 'fd00::1' }] };
  const nothing = { labels: {}, hostNetwork: false, ports: [] };
  t.same(factOf('status', running), { ...nothing, name: 'web', addresses: ['10.0.0.1', 'fd00::1'] });
  t.same(factOf('metadata.name', undefined), { ...nothing, name: '', addresses: [] });
  t.same(factOf('status', { podIPs: 'odd' }), { ...nothing, name: 'web', addresses: [] });
  t.end();
});

t.test('a replica has of its own its name, its addresses, and whether it is finished', (t) => {
  const common = { labels: { app: 'web' }, hostNetwork: false, ports: [] };
  const pod = tweak(minimalPod(), 'metadata.name', 'web-2');
  const replica = (status: object) => podFactOf(tweak(pod, 'status', status) as unknown as Pod, common);
  t.same(replica({ podIPs: [{ ip: '10.0.0.2' }] }), { ...common, name: 'web-2', addresses: ['10.0.0.2'] });
  t.equal(replica({ phase: 'Failed' }), undefined);
  t.end();
});

t.test('one that is finished is none', (t) => {
  for (const phase of ['Succeeded', 'Failed']) t.equal(factOf('status', { phase }), undefined, phase);
  t.end();
});
