import { test } from 'tap';

import { readFluxControllers } from '../../src/policy/flux-controllers.ts';

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

test('the environment sets the default service account too', (t) => {
  const withEnvironment = (value: unknown): unknown => ({
    name: 'manager',
    env: [
      { name: 'OTHER', value: 'x' },
      { name: 'DEFAULT_SERVICE_ACCOUNT', value },
    ],
  });
  t.equal(flagsOf(withEnvironment('flux'))?.defaultServiceAccount, true);
  t.equal(flagsOf(withEnvironment(''))?.defaultServiceAccount, false);
  t.equal(flagsOf(withEnvironment(undefined))?.defaultServiceAccount, false);
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
