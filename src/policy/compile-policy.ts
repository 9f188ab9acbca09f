import type { TObject } from 'typebox';

import type { Fault, Parsed } from '../algebra/fault.ts';
import { dateFaults, modeFaults, modesOf } from './compile-modes.ts';
import type { Scope } from './entry-index.ts';
import { kinds } from './objects/kinds.ts';
import { strongestOf } from './mode-schedule.ts';
import type { ExemptionDocument, Mode, PolicyDocument } from './policy-document.ts';
import type { PolicyEntry } from './policy-set.ts';
import type { Rule } from './rule.ts';
import { createSchemaCompiler } from './schema-compiler.ts';
import { faultsOf } from './schema-fault.ts';

/**
 * Compiles one Policy document that its schema has accepted. Unknown rules and kinds, wrong params and dates that no
 * calendar has are faults: all at once, each with its field. No rule acts stronger than `strongestMode`.
 */
export function compilePolicy(
  policy: PolicyDocument,
  rules: readonly Rule[],
  strongestMode: Mode,
): Parsed<readonly PolicyEntry[]> {
  const { spec } = policy;
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const faults: Fault[] = [
    ...modeFaults(policy, byId),
    ...scopeFaults(policy),
    ...exemptionFaults(spec.exemptions ?? [], byId),
  ];
  const scope = scopeOf(policy);
  const entries = spec.rules.flatMap((entry, index): PolicyEntry[] => {
    const field = `spec.rules[${index}]`;
    const rule = byId.get(entry.rule);
    if (rule === undefined) {
      faults.push({ field: `${field}.rule`, message: unknownRule(entry.rule) });
      return [];
    }
    const params = readParams(rule.params, entry.params, `${field}.params`);
    if (!params.ok) {
      faults.push(...params.faults);
      return [];
    }
    const modes = modesOf(spec, entry, rule, strongestMode);
    return [
      {
        policy: policy.metadata.name,
        rule,
        params: params.value,
        modes,
        mode: strongestOf(modes),
        undecided: spec.undecided ?? 'deny',
        scope,
        exemptions: (spec.exemptions ?? []).filter((exemption) => exemption.rules.includes(rule.id)),
      },
    ];
  });
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value: entries };
}

function unknownRule(id: string): string {
  return `${JSON.stringify(id)} is not a rule; \`tenantgate rules\` lists them`;
}

function scopeOf(policy: PolicyDocument): Scope {
  const { scope } = policy.spec;
  return {
    includedNamespaces: setOf(scope?.namespaces?.include),
    excludedNamespaces: new Set(scope?.namespaces?.exclude),
    tenants: setOf(scope?.tenants),
    kinds: setOf(scope?.kinds),
  };
}

function setOf(values: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return values === undefined ? undefined : new Set(values);
}

function scopeFaults(policy: PolicyDocument): Fault[] {
  return kindFaults(policy.spec.scope?.kinds, 'spec.scope.kinds');
}

function kindFaults(names: readonly string[] | undefined, field: string): Fault[] {
  return (names ?? []).flatMap((name, index) =>
    Object.hasOwn(kinds, name)
      ? []
      : [
          {
            field: `${field}[${index}]`,
            message: `${JSON.stringify(name)} is not a kind that rules judge; these are: ${Object.keys(kinds).sort().join(', ')}`,
          },
        ],
  );
}

function exemptionFaults(exemptions: readonly ExemptionDocument[], rules: ReadonlyMap<string, Rule>): Fault[] {
  return exemptions.flatMap((exemption, index) => {
    const field = `spec.exemptions[${index}]`;
    const unknown = exemption.rules.flatMap((id, ruleIndex) =>
      rules.has(id) ? [] : [{ field: `${field}.rules[${ruleIndex}]`, message: unknownRule(id) }],
    );
    return [
      ...unknown,
      ...kindFaults(exemption.kinds, `${field}.kinds`),
      ...dateFaults(exemption.expires, `${field}.expires`),
    ];
  });
}

/** Params as the rule's schema accepts them, defaults filled in. */
function readParams(
  schema: TObject,
  params: Readonly<Record<string, unknown>> | undefined,
  field: string,
): Parsed<Readonly<Record<string, unknown>>> {
  const value: Record<string, unknown> = { ...paramDefaults(schema), ...params };
  if (params === undefined) return { ok: true, value };
  const validate = createSchemaCompiler({ allErrors: true }).compile(schema);
  if (validate(value)) return { ok: true, value };
  const faults = faultsOf(validate.errors).map((fault) => ({ ...fault, field: joinPath(field, fault.field) }));
  return { ok: false, faults };
}

function joinPath(prefix: string, field: string): string {
  return field === '' || field.startsWith('[') ? `${prefix}${field}` : `${prefix}.${field}`;
}

/** Defaults of a closed params schema: every param has one, so a rule without params is complete. */
export function paramDefaults(schema: TObject): Record<string, unknown> {
  const properties = schema.properties as Readonly<Record<string, { readonly default?: unknown }>>;
  return Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, property.default]));
}
