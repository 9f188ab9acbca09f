import { test } from 'tap';

import { judge, linesOf, setOf } from '../../../support/judge.ts';
import { minimalObject, tweak } from '../../../support/minimal-objects.ts';

const rule = 'flux/no-kube-config';
const secretRef = { secretRef: { name: 'remote' } };
const configMapRef = { configMapRef: { name: 'remote' } };
const refused = 'spec.kubeConfig: lets the tenant choose where Flux’s controller connects to';
const refusedToken = 'spec.kubeConfig.configMapRef: lets the tenant choose where Flux sends its controller’s token';

for (const kind of ['Kustomization', 'HelmRelease'] as const) {
  const withConfig = (value: unknown) => tweak(minimalObject(kind), 'spec.kubeConfig', value);

  test(`a ${kind} deploys to this cluster`, (t) => {
    t.same(linesOf(judge(rule, minimalObject(kind))), []);
    t.same(linesOf(judge(rule, withConfig(null))), []);
    t.same(linesOf(judge(rule, tweak(minimalObject(kind), 'spec', undefined))), []);
    t.same(linesOf(judge(rule, withConfig(secretRef))), [refused]);
    t.same(linesOf(judge(rule, withConfig(configMapRef))), [refusedToken]);
    t.same(linesOf(judge(rule, withConfig({ ...secretRef, ...configMapRef }))), [refusedToken]);
    t.same(linesOf(judge(rule, withConfig({}))), [refused], 'empty is set');
    t.same(linesOf(judge(rule, withConfig({ configMapRef: null }))), [refused]);
    t.equal(judge(rule, withConfig(secretRef)).violations[0]?.fix, 'Remove spec.kubeConfig.');
    t.end();
  });

  test(`a ${kind} may name a Secret where the policy allows it, and never a ConfigMap`, (t) => {
    const set = setOf(rule, { allowSecretRef: true });
    t.same(linesOf(judge(rule, withConfig(secretRef), { set })), []);
    t.same(linesOf(judge(rule, withConfig(configMapRef), { set })), [refusedToken]);
    t.same(linesOf(judge(rule, withConfig({ ...secretRef, ...configMapRef }), { set })), [refusedToken]);
    t.end();
  });
}
