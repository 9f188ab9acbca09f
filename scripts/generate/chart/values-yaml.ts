import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { TSchema } from 'typebox';
import { stringify } from 'yaml';

import { chartValues } from './chart-values.ts';

/** A schema as far as the text needs it. */
export interface ValueSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, ValueSchema>>;
}

const commentWidth = 116;

/** The text of `values.yaml`: every value with its default, explained by what the schema says of it. */
export function valuesYaml(): string {
  const head =
    '# Values of the Tenantgate chart. Made from scripts/generate/chart/chart-values.ts by `npm run generate`.';
  return `${head}\n\n${[...members(schemaOf(chartValues), '')].join('\n')}`;
}

/** TypeBox types say nothing of the JSON that they are. */
export function schemaOf(schema: TSchema): ValueSchema {
  return JSON.parse(JSON.stringify(schema)) as ValueSchema;
}

function* members({ properties = {} }: ValueSchema, indent: string): Iterable<string> {
  for (const [name, schema] of Object.entries(properties)) {
    yield [...comment(schema, indent), ...entry(name, schema, indent)].join('\n') + (indent === '' ? '\n' : '');
  }
}

function entry(name: string, schema: ValueSchema, indent: string): readonly string[] {
  if (schema.properties !== undefined) return [`${indent}${name}:`, ...members(schema, `${indent}  `)];
  if (name === 'tenancy') return [`${indent}${name}:`, ...shippedTenancySpec()];
  const text = stringify({ [name]: schema.default }, { lineWidth: 0 }).trimEnd();
  return text.split('\n').map((line) => `${indent}${line}`);
}

/** The spec of the Tenancy that ships, with its comments. */
function shippedTenancySpec(): readonly string[] {
  const text = readFileSync(join(import.meta.dirname, '../../../policies/tenancy.yaml'), 'utf8');
  const [, spec = ''] = text.split('\nspec:\n');
  return spec.trimEnd().split('\n');
}

function comment({ description = '', enum: choices }: ValueSchema, indent: string): readonly string[] {
  // In a comment of YAML a link is read as its path.
  const plain = description.replaceAll(/\[[^\]]+\]\((?:\.\.\/)*([^)]+)\)/g, '$1');
  const text = choices === undefined ? plain : `${plain} One of: ${choices.map(String).join(', ')}.`;
  return wrapped(text, commentWidth - indent.length).map((line) => `${indent}# ${line}`);
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
