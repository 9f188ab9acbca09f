import { test } from 'tap';
import { parse } from 'yaml';

import { compileDocuments } from '../../src/config/compile-documents.ts';
import { policyTestDocument } from '../../src/manifests/policy-test/policy-test-document.ts';
import { rules } from '../../src/policy/rules/index.ts';
import { createSchemaCompiler } from '../../src/policy/schema-compiler.ts';
import { documentOf, shippedDocuments } from '../support/shipped-policies.ts';
import { markdownFiles } from './markdown-files.ts';

interface Example {
  readonly place: string;
  readonly value: { readonly kind: string };
}

/** The Tenantgate documents among the yaml blocks of the docs. */
const examples = markdownFiles()
  .filter(({ path }) => path.startsWith('docs/'))
  .flatMap(({ path, text }) =>
    [...text.matchAll(/^```yaml\n(.*?)^```$/gms)]
      .map(([, block = '']) => block)
      .filter((block) => block.startsWith('apiVersion: tenantgate.dev'))
      .map((block, index): Example => ({
        place: `${path}, document ${index + 1}`,
        value: parse(block) as Example['value'],
      })),
  );

test('every PolicyTest in the docs is one', (t) => {
  const tests = examples.filter(({ value }) => value.kind === 'PolicyTest');
  t.ok(tests.length > 0, 'there are examples');
  const validate = createSchemaCompiler({ allErrors: true }).compile(policyTestDocument);
  for (const { place, value } of tests) t.ok(validate(value), `${place}: ${JSON.stringify(validate.errors)}`);
  t.end();
});

test('every Tenancy and Policy document in the docs compiles', (t) => {
  const documents = examples.filter(({ value }) => value.kind !== 'PolicyTest');
  t.ok(documents.length > 0, 'there are examples');
  const shipped = [...shippedDocuments().values()] as readonly Example['value'][];
  for (const { place, value } of documents) {
    const completed = [...shipped.filter(({ kind }) => kind !== value.kind), value];
    const result = compileDocuments(
      completed.map((document) => documentOf(document)),
      { rules, strongestMode: 'enforce' },
    );
    t.same(result.ok ? [] : result.faults.map(({ field, message }) => `${field}: ${message}`), [], place);
  }
  t.end();
});
