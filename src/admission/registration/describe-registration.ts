import { placeOfDrift } from './registration-drift.ts';
import type { ConfigurationState, RegistrationState } from './registration-watch.ts';

/** A line of readiness stays a line. */
const maxDrifts = 3;

/** How the registration stands, on one line. */
export function describeRegistration({ configurations, fileProblem }: RegistrationState): string {
  const states = configurations.map(describeConfiguration);
  const isFine = configurations.every(({ problem, drifts }) => problem === undefined && drifts.length === 0);
  const file = fileProblem === undefined ? [] : [`its file has changed and is wrong: ${fileProblem}`];
  return [...(isFine ? ['as expected'] : states.filter((text) => text !== '')), ...file].join('; ');
}

function describeConfiguration({ kind, name, problem, drifts }: ConfigurationState): string {
  if (problem !== undefined) return `${kind} ${name} is not known: ${problem}`;
  const told = drifts.slice(0, maxDrifts).map((drift) => `${placeOfDrift(drift)} ${drift.message}`);
  const rest = drifts.length - told.length;
  return [...told, ...(rest > 0 ? [`${rest} more of ${kind} ${name}`] : [])].join('; ');
}
