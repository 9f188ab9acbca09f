import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Ajv, type ValidateFunction } from 'ajv';
import { test } from 'tap';

import { documentSchemas } from '../../scripts/generate/document-schemas.ts';
import { rules } from '../../src/policy/rules/index.ts';
import { shippedDocuments } from '../support/shipped-policies.ts';

const artefacts = new Map((await documentSchemas(rules)).map(({ path, text }) => [path, text]));

function validatorOf(name: string): ValidateFunction {
  const schema = JSON.parse(artefacts.get(`schemas/${name}.schema.json`) ?? '') as object;
  return new Ajv({ strict: true, allErrors: true, allowUnionTypes: true }).compile(schema);
}

function policyWith(entry: object, spec: object = {}): object {
  return {
    apiVersion: 'tenantgate.dev/v1alpha1',
    kind: 'Policy',
    metadata: { name: 'test' },
    spec: { rules: [entry], ...spec },
  };
}

test('every published schema is one that Ajv takes in strict mode', (t) => {
  const folder = join(import.meta.dirname, '../../schemas');
  for (const file of readdirSync(folder)) {
    const schema = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { readonly $id: string };
    t.doesNotThrow(() => new Ajv({ strict: true, allowUnionTypes: true }).compile(schema), file);
    t.equal(schema.$id, `https://tenantgate.dev/schemas/${file}`);
  }
  t.end();
});

test('the documents that ship are valid', (t) => {
  const [tenancy, policy] = [validatorOf('tenancy'), validatorOf('policy')];
  for (const [file, value] of shippedDocuments()) {
    const validate = file === 'tenancy.yaml' ? tenancy : policy;
    t.ok(validate(value), file);
  }
  t.end();
});

test('the policy schema knows the rules and the params of each', (t) => {
  const validate = validatorOf('policy');
  const entries: readonly (readonly [object, boolean])[] = [
    [{ rule: 'network/confined-peers' }, true],
    [{ rule: 'network/confined-peers', params: {} }, true],
    [{ rule: 'network/confined-peers', params: { strict: true } }, false],
    [{ rule: 'network/unheard-of' }, false],
    [{ rule: 'flux/no-kube-config', params: { allowSecretRef: true } }, true],
    [{ rule: 'flux/no-kube-config', params: { allowSecretRef: 'yes' } }, false],
    [{ rule: 'flux/no-kube-config', params: { allowedNames: [] } }, false],
    [{ rule: 'namespaces/pod-security-default', params: { enforce: 'restricted' } }, true],
    [{ rule: 'namespaces/pod-security-default', params: { enforce: 'strict' } }, false],
  ];
  for (const [entry, isValid] of entries) t.equal(validate(policyWith(entry)), isValid, JSON.stringify(entry));
  t.end();
});

test('the policy schema knows the kinds, and the rules that an exemption names', (t) => {
  const validate = validatorOf('policy');
  const rule = { rule: 'pods/host-network' };
  const exemption = { rules: ['pods/host-network'], owner: 'x', reason: 'x', expires: '2027-01-31' };
  const specs: readonly (readonly [object, boolean])[] = [
    [{ scope: { kinds: ['Pod'] } }, true],
    [{ scope: { kinds: ['Node'] } }, false],
    [{ exemptions: [exemption] }, true],
    [{ exemptions: [{ ...exemption, rules: ['pods/unheard-of'] }] }, false],
    [{ exemptions: [{ ...exemption, kinds: ['Node'] }] }, false],
  ];
  for (const [spec, isValid] of specs) t.equal(validate(policyWith(rule, spec)), isValid, JSON.stringify(spec));
  t.end();
});
