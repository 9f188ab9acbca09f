import { quote, type Fault, type Parsed } from './fault.ts';
import { isJsonObject, ownList, ownMember, unknownMembers, type JsonObject } from './json-object.ts';
import { labelAbsent, labelExists, valueIn, valueNotIn, type LabelConstraint } from './label-constraint.ts';
import { constrainedSpace, type LabelSpace } from './label-space.ts';
import { labelKeyProblem, labelValueProblem } from './label-syntax.ts';

/** A requirement on one label, as the API carries it; all requirements of a selector must hold. */
export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[] | null;
}

/** A metav1.LabelSelector, as the API carries it; without requirements it selects everything. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>> | null;
  readonly matchExpressions?: readonly LabelSelectorRequirement[] | null;
}

type Operator = LabelSelectorRequirement['operator'];
type Requirement = readonly [string, LabelConstraint];

const operators: readonly Operator[] = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/**
 * The label maps that the selector selects, or every fault at once. `field` is the selector's path and starts the path
 * of each fault. A selector that contradicts itself is valid and selects nothing. The rules are those of the API server:
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
export function parseLabelSelector(selector: unknown, field: string): Parsed<LabelSpace> {
  if (!isJsonObject(selector)) {
    const message = `must be a label selector object, not ${quote(selector)}: write {} to select everything`;
    return { ok: false, faults: [{ field, message }] };
  }
  const faults = unknownMembers(selector, ['matchLabels', 'matchExpressions'], field);
  const requirements = readMatchLabels(ownMember(selector, 'matchLabels'), `${field}.matchLabels`, faults);
  const expressions = ownList(selector, 'matchExpressions', field, faults) ?? [];
  for (const [index, expression] of expressions.entries()) {
    const requirement = readRequirement(expression, `${field}.matchExpressions[${index}]`, faults);
    if (requirement !== undefined) {
      requirements.push(requirement);
    }
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, value: constrainedSpace(requirements) };
}

function readMatchLabels(labels: unknown, field: string, faults: Fault[]): Requirement[] {
  if (labels === undefined) {
    return [];
  }
  if (!isJsonObject(labels)) {
    faults.push({ field, message: `must be an object of label keys and values, not ${quote(labels)}` });
    return [];
  }
  const requirements: Requirement[] = [];
  for (const [key, value] of Object.entries(labels)) {
    const isKey = accept(labelKeyProblem(key), field, faults);
    // The path names the key only when it is a sound one, written as the API server writes it: matchLabels[key].
    if (accept(labelValueProblem(value), isKey ? `${field}[${key}]` : field, faults)) {
      requirements.push([key, valueIn([textOf(value)])]);
    }
  }
  return requirements;
}

function readRequirement(requirement: unknown, field: string, faults: Fault[]): Requirement | undefined {
  if (!isJsonObject(requirement)) {
    faults.push({ field, message: `must be an object with key, operator and values, not ${quote(requirement)}` });
    return undefined;
  }
  faults.push(...unknownMembers(requirement, ['key', 'operator', 'values'], field));
  const key = ownMember(requirement, 'key');
  accept(labelKeyProblem(key), `${field}.key`, faults);
  const constraint = readConstraint(requirement, field, faults);
  return constraint === undefined ? undefined : [textOf(key), constraint];
}

function readConstraint(requirement: JsonObject, field: string, faults: Fault[]): LabelConstraint | undefined {
  const given = ownMember(requirement, 'operator');
  const operator = operators.find((known) => known === given);
  const values = readValues(requirement, field, faults);
  if (operator === undefined) {
    const message = `must be In, NotIn, Exists or DoesNotExist, not ${quote(given)}`;
    faults.push({ field: `${field}.operator`, message });
    return undefined;
  }
  if (values === undefined) {
    return undefined;
  }
  accept(valuesProblem(operator, values), `${field}.values`, faults);
  return constraintOf(operator, values);
}

function valuesProblem(operator: Operator, values: readonly string[]): string | undefined {
  if (operator === 'In' || operator === 'NotIn') {
    return values.length > 0
      ? undefined
      : `must not be empty for ${operator}: list the label values, or use Exists or DoesNotExist`;
  }
  return values.length === 0 ? undefined : `must be empty for ${operator}: remove the values, or use In or NotIn`;
}

function constraintOf(operator: Operator, values: readonly string[]): LabelConstraint {
  switch (operator) {
    case 'In':
      return valueIn(values);
    case 'NotIn':
      return valueNotIn(values);
    case 'Exists':
      return labelExists;
    case 'DoesNotExist':
      return labelAbsent;
  }
}

function readValues(requirement: JsonObject, field: string, faults: Fault[]): readonly string[] | undefined {
  return ownList(requirement, 'values', field, faults)?.map((value, index) => {
    accept(labelValueProblem(value), `${field}.values[${index}]`, faults);
    return textOf(value);
  });
}

/** What is no text is a fault already. Written out, a list in ten thousand others would exhaust the stack. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function accept(problem: string | undefined, field: string, faults: Fault[]): boolean {
  if (problem !== undefined) {
    faults.push({ field, message: problem });
  }
  return problem === undefined;
}
