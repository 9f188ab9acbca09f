import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { expectSuccess } from './kubectl.ts';
import { networkPolicy } from './manifests.ts';
import { connectControlPlane } from './session.ts';
import { startTenantOnFlux } from './tenant-on-flux.ts';

/** The guide for Flux shows what kubectl shows: its commands are run here. */
const cluster = await connectControlPlane();
const { tenants, deliver } = await startTenantOnFlux(t, cluster, { prefix: 'guide', isLockedDown: true });
const guide = await readFile(join(import.meta.dirname, '../../docs/flux.md'), 'utf8');
const blocks = [...guide.matchAll(/^```text\n\$ kubectl ([^\n]+)\n([^]*?)^```$/gm)].map(
  ([, command = '', shown = '']) => ({
    command,
    shown,
  }),
);

/** Lines without what differs from run to run: times, ages, and how wide a column is. */
function comparable(text: string): readonly string[] {
  return text
    .replaceAll(tenants.acmeDev, 'acme-dev')
    .replaceAll(/\d{4}-\d{2}-\d{2}T[\d:]+Z/g, 'TIME')
    .replaceAll(/(?<= )(\d+[smh])+(?= )/g, 'AGE')
    .split('\n')
    .map((line) => line.trim().replaceAll(/\s+/g, ' '));
}

/** The first line of an excerpt that does not follow in the whole; … stands for lines that were left out. */
function firstStrangeLine(excerpt: readonly string[], whole: readonly string[]): string | undefined {
  let position = 0;
  let mayLeaveOut = false;
  for (const line of excerpt.filter((text) => text !== '')) {
    if (line === '…') mayLeaveOut = true;
    else {
      const found = whole.indexOf(line, position);
      if (found === -1 || (!mayLeaveOut && whole.slice(position, found).some((text) => text !== ''))) return line;
      position = found + 1;
      mayLeaveOut = false;
    }
  }
  return undefined;
}

t.before(async () => {
  const app = await deliver(tenants.acmeDev, 'app', { interval: '10m', retryInterval: '2m' });
  const web = networkPolicy(tenants.acmeDev, 'web', {
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ namespaceSelector: {} }] }],
  });
  await app.outcomeOf(await app.push([web]));
});

t.ok(blocks.length >= 2, 'there are commands');
for (const { command, shown } of blocks) {
  t.test(command, async (t) => {
    const args = command.replaceAll('acme-dev', tenants.acmeDev).split(' ');
    const output = expectSuccess(await cluster.kubectl(args));
    t.equal(firstStrangeLine(comparable(shown), comparable(output)), undefined, output);
  });
}
