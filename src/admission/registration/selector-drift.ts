import { constrainLabel, labelsOutside, type LabelSpace } from '../../algebra/label-space.ts';
import { labelExists } from '../../algebra/label-constraint.ts';
import { namespaceNameLabel } from '../../tenancy/tenancy.ts';
import type { DriftCode } from './registration-drift.ts';
import type { RegisteredWebhook } from './webhook-configuration.ts';

/** What a selector lets go, or takes in. */
export interface SelectorFault {
  readonly code: Extract<DriftCode, `${string}-selector-${string}`>;
  readonly message: string;
}

/** How the live namespaceSelector differs in what it selects; how it is written does not matter. */
export function namespaceSelectorFaults(
  expected: RegisteredWebhook,
  live: RegisteredWebhook,
): readonly SelectorFault[] {
  const wanted = everyNamespaceIn(expected.namespaceSelector.space);
  const found = everyNamespaceIn(live.namespaceSelector.space);
  const [lost, gained] = [labelsOutside(wanted, [found]), labelsOutside(found, [wanted])];
  const faults: SelectorFault[] = [];
  if (lost !== undefined) {
    const message = `leaves out namespaces that it should cover: requests in them go unjudged; for example ${namespaceIn(lost)}`;
    faults.push({ code: 'namespace-selector-narrowed', message });
  }
  if (gained !== undefined) {
    const message = `covers namespaces that it should leave alone; for example ${namespaceIn(gained)}`;
    faults.push({ code: 'namespace-selector-widened', message });
  }
  return faults;
}

/** The same for objectSelector. */
export function objectSelectorFaults(expected: RegisteredWebhook, live: RegisteredWebhook): readonly SelectorFault[] {
  const [wanted, found] = [expected.objectSelector.space, live.objectSelector.space];
  const [lost, gained] = [labelsOutside(wanted, [found]), labelsOutside(found, [wanted])];
  const faults: SelectorFault[] = [];
  if (lost !== undefined) {
    const message = `leaves out objects that should be judged, by labels that tenants set; for example an object ${withLabels(Object.entries(lost))}`;
    faults.push({ code: 'object-selector-narrowed', message });
  }
  if (gained !== undefined) {
    const message = `covers objects that it should leave alone; for example an object ${withLabels(Object.entries(gained))}`;
    faults.push({ code: 'object-selector-widened', message });
  }
  return faults;
}

/** Every namespace carries its name as a label, so a label map without it is no namespace. */
export function everyNamespaceIn(space: LabelSpace): LabelSpace {
  return constrainLabel(space, namespaceNameLabel, labelExists);
}

/** Puts a witness into words. */
function namespaceIn(labels: Readonly<Record<string, string>>): string {
  const { [namespaceNameLabel]: name = '', ...rest } = labels;
  const others = Object.entries(rest);
  return `namespace ${JSON.stringify(name)}${others.length === 0 ? '' : ` ${withLabels(others)}`}`;
}

function withLabels(labels: readonly (readonly [string, string])[]): string {
  return labels.length === 0
    ? 'without labels'
    : `labelled ${labels.map(([key, value]) => `${key}=${value}`).join(',')}`;
}
