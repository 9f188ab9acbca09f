import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { addonsModuleFolder } from './addons.ts';
import { readGoMod } from './go-module.ts';
import { helmFor } from './helm.ts';
import { expectSuccess } from './kubectl.ts';
import { requireAddons } from './require-addons.ts';
import { connectControlPlane } from './session.ts';

const cluster = await connectControlPlane();
const helm = helmFor(cluster, requireAddons(t, cluster));
const namespace = 'helm-test';

const template = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  greeting: {{ .Values.greeting | quote }}
  server: {{ .Capabilities.KubeVersion.Version }}
`;

async function writeChart(folder: string): Promise<string> {
  const chart = join(folder, 'greeter');
  await mkdir(join(chart, 'templates'), { recursive: true });
  await writeFile(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: greeter\nversion: 0.1.0\n');
  await writeFile(join(chart, 'values.yaml'), 'greeting: hello\n');
  await writeFile(join(chart, 'templates', 'config-map.yaml'), template);
  return chart;
}

const chart = await writeChart(t.testdir());

t.test('it is the version that the Go module names', async (t) => {
  const { versionOf } = await readGoMod(addonsModuleFolder);
  t.equal(expectSuccess(await helm(['version', '--template={{.Version}}'])), versionOf('helm.sh/helm/v4'));
});

t.test('it renders a chart without a cluster', async (t) => {
  const rendered = expectSuccess(await helm(['template', 'web', chart, '--set=greeting=hi']));
  t.match(rendered, 'greeting: "hi"');
});

t.test('it installs a chart into the cluster, and takes it away again', async (t) => {
  expectSuccess(await helm(['install', 'web', chart, `--namespace=${namespace}`, '--create-namespace', '--wait']));
  const get = ['get', 'configmap', 'web', `--namespace=${namespace}`, '--output=jsonpath={.data}'];
  t.same(JSON.parse(expectSuccess(await cluster.kubectl(get))), {
    greeting: 'hello',
    server: cluster.kubernetesVersion,
  });
  t.match(expectSuccess(await helm(['list', `--namespace=${namespace}`])), /web\s+helm-test\s+1\s.*deployed/);
  expectSuccess(await helm(['uninstall', 'web', `--namespace=${namespace}`]));
  t.match((await cluster.kubectl(get)).stderr, 'NotFound');
});

t.test('a chart that is wrong is an outcome, not an error', async (t) => {
  const outcome = await helm(['template', 'web', join(chart, 'absent')]);
  t.not(outcome.code, 0);
  t.match(outcome.stderr, 'absent');
});
