import type { TSchema } from 'typebox';

import { kinds } from '../../src/policy/objects/kinds.ts';
import { policyTestDocument } from '../../src/manifests/policy-test/policy-test-document.ts';
import { policyDocument } from '../../src/policy/policy-document.ts';
import type { Rule } from '../../src/policy/rule.ts';
import { tenancyDocument } from '../../src/tenancy/tenancy-document.ts';
import { artefactOf, type Artefact } from './artefact.ts';

type Json = Readonly<Record<string, unknown>>;

/** JSON Schemas of the documents, for editors and CI. */
export async function documentSchemas(rules: readonly Rule[]): Promise<readonly Artefact[]> {
  return [
    await schemaArtefact('tenancy', tenancyDocument),
    await schemaArtefact('policy', completedPolicySchema(rules)),
    await schemaArtefact('policy-test', completedTestSchema(rules)),
  ];
}

/** One published schema, `schemas/<name>.schema.json`. Draft 7 is what YAML editors and Ajv both read. */
export async function schemaArtefact(name: string, schema: TSchema | Json): Promise<Artefact> {
  const head = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: `https://tenantgate.dev/schemas/${name}.schema.json`,
  };
  return artefactOf(`schemas/${name}.schema.json`, JSON.stringify({ ...head, ...plain(schema) }));
}

/** The policy schema, enriched: editors complete rule ids, kinds, and the params of each rule. */
export function completedPolicySchema(rules: readonly Rule[]): Json {
  const schema = plain(policyDocument);
  const spec = at(schema, 'properties', 'spec', 'properties');
  const entry = at(spec, 'rules', 'items');
  const exemption = at(spec, 'exemptions', 'items', 'properties');
  const ids = rules.map(({ id, title }) => ({ const: id, description: title }));
  const kindNames = Object.keys(kinds).sort();
  Object.assign(at(entry, 'properties', 'rule'), { anyOf: ids });
  Object.assign(entry, { allOf: rules.map(paramsOfRule) });
  Object.assign(at(exemption, 'rules', 'items'), { anyOf: ids });
  Object.assign(at(exemption, 'kinds', 'items'), { enum: kindNames });
  Object.assign(at(spec, 'scope', 'properties', 'kinds', 'items'), { enum: kindNames });
  return schema;
}

/** The schema of tests, enriched: editors complete the ids of rules. */
function completedTestSchema(rules: readonly Rule[]): Json {
  const schema = plain(policyTestDocument);
  const ids = rules.filter(({ type }) => type === 'check').map(({ id, title }) => ({ const: id, description: title }));
  const expect = at(schema, 'properties', 'spec', 'properties', 'cases', 'items', 'properties', 'expect', 'properties');
  for (const list of ['violations', 'undecided'])
    Object.assign(at(expect, list, 'items', 'properties', 'rule'), { anyOf: ids });
  return schema;
}

/** `if` this rule `then` these params. A rule without params takes none. Params left out have their defaults. */
function paramsOfRule({ id, params }: Rule): Json {
  const schema = plain(params);
  delete schema['required'];
  return {
    if: { type: 'object', properties: { rule: { const: id } }, required: ['rule'] },
    then: { type: 'object', properties: { params: { ...schema, description: `Params of ${id}.` } } },
  };
}

/** TypeBox schemas are JSON Schema already; the copy is free of their symbols and can be changed. */
function plain(schema: TSchema | Json): Record<string, unknown> {
  return JSON.parse(JSON.stringify(schema)) as Record<string, unknown>;
}

/** The part of a schema at a path. */
function at(schema: Json, ...path: readonly string[]): Record<string, unknown> {
  return path.reduce<Record<string, unknown>>((part, key) => part[key] as Record<string, unknown>, schema);
}
