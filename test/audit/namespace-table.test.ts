import { test } from 'tap';

import type { JsonObject } from '../../src/algebra/json-object.ts';
import { NamespaceTable } from '../../src/audit/namespace-table.ts';
import type { ObjectSource } from '../../src/audit/ports.ts';

const unbounded = new AbortController().signal;

function tableOf(...texts: readonly string[]): NamespaceTable {
  const source: Pick<ObjectSource, 'list'> = {
    // eslint-disable-next-line @typescript-eslint/require-await -- lists are async, and this one has nothing to wait for
    list: async function* () {
      yield texts.map((text) => JSON.parse(text) as JsonObject);
    },
  };
  return new NamespaceTable(source as ObjectSource, unbounded);
}

void test('what is kept of a Namespace is what was read', async (t) => {
  const plain = { metadata: { name: 'acme-dev', labels: { a: 'ü"\\' } }, spec: {}, status: { phase: 'Active' } };
  const table = tableOf(JSON.stringify(plain));
  await table.read();
  t.match(table.object('acme-dev'), { kind: 'Namespace', name: 'acme-dev', namespace: undefined });
  t.strictSame(table.object('acme-dev')?.value, plain);
  t.strictSame(table.get('acme-dev'), { name: 'acme-dev', labels: { a: 'ü"\\' } });
  t.equal(table.object('acme-prod'), undefined);
});

void test('one that is nested more deeply than can be written is kept too', async (t) => {
  const depth = 50_000;
  const deep = `{"metadata":{"name":"deep"},"spec":${'['.repeat(depth)}${']'.repeat(depth)}}`;
  t.throws(() => JSON.stringify(JSON.parse(deep)), RangeError);
  const table = tableOf(deep, '{"metadata":{"name":"other"}}');
  await table.read();
  t.strictSame(table.names(), ['deep', 'other']);
  t.equal(table.object('deep')?.name, 'deep');
});
