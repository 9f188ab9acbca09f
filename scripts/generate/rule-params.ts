import type { TObject } from 'typebox';

import { code, table } from './markdown.ts';

interface ParamSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly items?: ParamSchema;
  readonly default?: unknown;
  readonly description?: string;
}

/** The params of a rule as a table, or undefined where it has none. */
export function paramTable(params: TObject): string | undefined {
  const properties = Object.entries(params.properties as Readonly<Record<string, ParamSchema>>);
  if (properties.length === 0) return undefined;
  const rows = properties.map(([name, schema]) => [
    code(name),
    typeText(schema),
    code(JSON.stringify(schema.default)),
    schema.description ?? '',
  ]);
  return table(['Param', 'Type', 'Default', 'Description'], rows);
}

function typeText({ type, enum: values, items }: ParamSchema): string {
  if (values !== undefined) return values.map(code).join(' or ');
  if (type === 'array' && items !== undefined) return `list of ${typeText(items)}`;
  return type ?? 'any';
}
