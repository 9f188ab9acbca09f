import { test } from 'tap';

import { readFluxControllers, type FluxController } from '../../src/policy/flux-controllers.ts';

const deployment = (name: string, container: unknown): unknown => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: { template: { spec: { containers: [{ name: 'sidecar', args: ['--no-cross-namespace-refs'] }, container] } } },
});
const manager = (...args: readonly unknown[]): unknown => ({ name: 'manager', args });
const flagsOf = (container: unknown) =>
  readFluxControllers([deployment('kustomize-controller', container)]).get('kustomize-controller');

test('flags are read as the controller reads them', (t) => {
  const cases: readonly (readonly [args: readonly unknown[], refs: boolean, account: boolean])[] = [
    [[], false, false],
    [['--no-cross-namespace-refs'], true, false],
    [['--no-cross-namespace-refs=true', '--default-service-account=default'], true, true],
    [['--no-cross-namespace-refs=false', '--default-service-account='], false, false],
    [['--no-cross-namespace-refs-x', 'no-cross-namespace-refs', 7], false, false],
    [['--default-service-account', 'default'], false, true],
  ];
  for (const [args, noCrossNamespaceRefs, defaultServiceAccount] of cases) {
    t.same(flagsOf(manager(...args)), { noCrossNamespaceRefs, defaultServiceAccount }, JSON.stringify(args));
  }
  t.same(flagsOf({ name: 'manager', command: ['/manager', '--no-cross-namespace-refs'] }), {
    noCrossNamespaceRefs: true,
    defaultServiceAccount: false,
  });
  t.end();
});

test('the operator takes its default service account from its environment too, and rather', (t) => {
  const accountOf = (name: string, env: unknown, ...args: readonly string[]) =>
    readFluxControllers([deployment(name, { name: 'manager', args, env: [env] })]).get(name as FluxController)
      ?.defaultServiceAccount;
  const variable = (value: unknown): unknown => ({ name: 'DEFAULT_SERVICE_ACCOUNT', value });
  t.equal(accountOf('flux-operator', variable('flux')), true);
  t.equal(accountOf('flux-operator', variable('')), false);
  t.equal(accountOf('flux-operator', variable(undefined)), false);
  t.equal(accountOf('flux-operator', variable(''), '--default-service-account=flux'), true);
  t.equal(accountOf('flux-operator', { name: 'DEFAULT_SERVICE_ACCOUNT', valueFrom: {} }), undefined);
  t.equal(accountOf('kustomize-controller', variable('flux')), false, 'the others do not look there');
  t.end();
});

test('what a Deployment does not tell is not known, unless another Deployment is weak for certain', (t) => {
  const told = deployment('helm-controller', manager('--no-cross-namespace-refs', '--default-service-account=a'));
  const untold = deployment('helm-controller', manager('--no-cross-namespace-refs=$(REFS)'));
  t.same(readFluxControllers([told, untold]).get('helm-controller'), {
    noCrossNamespaceRefs: undefined,
    defaultServiceAccount: false,
  });
  t.equal(
    readFluxControllers([untold, deployment('helm-controller', manager())]).get('helm-controller')
      ?.noCrossNamespaceRefs,
    false,
  );
  t.end();
});

test('a shard is known by its image', (t) => {
  const images = [
    'ghcr.io/fluxcd/helm-controller',
    'ghcr.io/fluxcd/helm-controller:v1.6.3',
    'registry.example:5000/flux/helm-controller:v1@sha256:00',
    'helm-controller@sha256:00',
  ];
  for (const image of images) {
    const shard = deployment('helm-controller-shard1', { name: 'manager', image });
    t.ok(readFluxControllers([shard]).has('helm-controller'), image);
  }
  const other = deployment('x', { name: 'manager', image: 'example/not-helm-controller:v1' });
  t.equal(readFluxControllers([other]).size, 0);
  t.end();
});

test('of two Deployments of one name the weaker counts', (t) => {
  const strong = deployment('helm-controller', manager('--no-cross-namespace-refs', '--default-service-account=a'));
  const weak = deployment('helm-controller', manager('--no-cross-namespace-refs'));
  for (const both of [
    [strong, weak],
    [weak, strong],
  ]) {
    t.same(readFluxControllers(both).get('helm-controller'), {
      noCrossNamespaceRefs: true,
      defaultServiceAccount: false,
    });
  }
  t.end();
});

test('what is no controller of Flux says nothing', (t) => {
  const none = [
    null,
    7,
    {},
    { metadata: null },
    deployment('web', manager()),
    deployment('helm-controller', { name: 'web' }),
  ];
  t.equal(readFluxControllers(none).size, 0);
  t.end();
});
