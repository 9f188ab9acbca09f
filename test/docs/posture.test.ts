import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { test } from 'tap';

import { clusterLayers, namespaceLayers, postureStates } from '../../src/audit/audit-report.ts';
import { networkPlugins } from '../../src/audit/posture/network-plugins.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/posture.md'), 'utf8');

test('every state, layer and network plugin is explained', (t) => {
  for (const state of postureStates) t.match(page, `| \`${state}\` `, state);
  for (const layer of namespaceLayers) t.match(page, `| \`${layer}\` `, layer);
  for (const layer of clusterLayers) t.match(page, `### \`${layer}\``, layer);
  for (const { name } of networkPlugins) t.match(page, name, name);
  t.end();
});
