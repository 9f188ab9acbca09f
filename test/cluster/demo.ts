import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { demoChapters, demoUser, type DemoStep } from '../../src/cli/demo-steps.ts';
import { findBinaries } from './binaries.ts';
import { type Cluster } from './cluster.ts';
import { startControlPlane } from './control-plane.ts';
import { installFluxCrds } from './flux-crds.ts';
import { expectSuccess } from './kubectl.ts';
import { startTenantgate } from './tenantgate.ts';

const examples = join(import.meta.dirname, '../../examples');

/** Runs the demo's steps with kubectl against a control plane of their own. Returns the exit code. */
export async function runClusterDemo(): Promise<number> {
  const found = await findBinaries();
  if (!found.ok) {
    process.stderr.write(`${found.message}\n`);
    return 1;
  }
  const cluster = await startControlPlane(found.binaries);
  try {
    return await demonstrate(cluster);
  } finally {
    await cluster.stop();
  }
}

async function demonstrate(cluster: Cluster): Promise<number> {
  const flux = await installFluxCrds(cluster);
  const tenantgate = await startTenantgate(cluster);
  try {
    expectSuccess(await cluster.apply(await readFile(join(examples, 'cluster.yaml'), 'utf8')));
    const bind = ['create', 'rolebinding', 'deployer', '-n', 'acme-dev', '--clusterrole=cluster-admin'];
    expectSuccess(await cluster.kubectl([...bind, '--serviceaccount=acme-dev:deployer']));
    process.stdout.write(
      `kube-apiserver ${cluster.kubernetesVersion} calls Tenantgate; acting as ${demoUser.username}.\n`,
    );
    let isAsExpected = true;
    for (const { title, steps } of demoChapters) {
      if (!flux.ok && title.startsWith('Flux')) continue;
      process.stdout.write(`\n${title}\n`);
      for (const step of steps) isAsExpected = (await runStep(cluster, step)) && isAsExpected;
    }
    return isAsExpected ? 0 : 1;
  } finally {
    await tenantgate.stop();
  }
}

async function runStep(cluster: Cluster, step: DemoStep): Promise<boolean> {
  const file = join('examples', step.file);
  const target = step.only === undefined ? ['-f', file] : ['networkpolicy', step.only, '-n', 'acme-dev'];
  process.stdout.write(`\n$ kubectl ${[step.verb, ...target].join(' ')}\n`);
  const path = target.map((part) => (part === file ? join(examples, step.file) : part));
  const user = { as: demoUser.username, asGroups: demoUser.groups };
  const { code, stdout, stderr } = await cluster.kubectl([step.verb, ...path], user);
  process.stdout.write(stderr.replaceAll(examples, 'examples') + stdout);
  return (code === 0 ? 'admitted' : 'denied') === step.expected;
}
