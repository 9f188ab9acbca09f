import type { ObjectReading, StoredObjectReader } from '../object-ports.ts';
import type { ApiRequest } from '../registration/configuration-request.ts';
import { serviceTargets, slicesOf, type ServiceTarget } from './check-service.ts';
import { ask, memberOf, objectsOf, textOf, unansweredRemark } from './cluster-question.ts';
import { checkOf, type DoctorCheck, type DoctorRemark } from './doctor-check.ts';
import type { WebhookConfiguration } from '../registration/webhook-configuration.ts';

/** A server that gets calls, and where it tells of its health. */
interface ServerPod {
  readonly namespace: string;
  readonly name: string;
  /**
   * `<scheme>:<name>:<port>` as the proxy takes it. First the webhook's port, which the API server reaches; where that demands
   * client certificates, the one of metrics, which a NetworkPolicy may keep to others.
   */
  readonly doors: readonly string[];
}

/** What a server says of itself; undefined where it does not say it. */
interface ServerState {
  readonly pod: ServerPod;
  readonly policyHash: string | undefined;
  readonly policyProblem: string | undefined;
  readonly certificateEnd: Date | undefined;
}

export interface ServersQuestion {
  readonly reader: StoredObjectReader;
  readonly configurations: readonly WebhookConfiguration[];
  readonly now: Date;
}

const soonDays = 7;
const dayMs = 86_400_000;

/** What the servers behind the Service say of themselves, asked through the API server: the policies in force are seen nowhere else. */
export async function checkServers({ reader, configurations, now }: ServersQuestion): Promise<DoctorCheck> {
  const targets = serviceTargets(configurations);
  const behind = await Promise.all(targets.map((target) => podsBehind(reader, target)));
  const pods = behind.flatMap((found) => found ?? []);
  const gaps = targets.filter((_target, index) => behind[index] === undefined).map(gapOf);
  const answers = await Promise.all(uniquePods(pods).map((pod) => askServer(reader, pod)));
  const states = answers.flatMap(({ state }) => state ?? []);
  const remarks = answers.flatMap(({ remark }) => remark ?? []);
  if (answers.length === 0 && gaps.length === 0) {
    const message = 'No pod is known behind the Service, so none can be asked for the policies in force';
    return checkOf('servers', 'no server was asked', [{ status: 'note', message, fix: undefined }]);
  }
  return checkOf('servers', evidenceOf(states, answers.length), [
    ...gaps,
    ...remarks,
    ...policyRemarks(states),
    ...states.flatMap((state) => certificateRemarks(state, now)),
  ]);
}

/** The check of the Service tells why. */
function gapOf({ namespace, name }: ServiceTarget): DoctorRemark {
  return { status: 'unknown', message: `The pods behind Service ${namespace}/${name} are not known`, fix: undefined };
}

async function podsBehind(
  reader: StoredObjectReader,
  target: ServiceTarget,
): Promise<readonly ServerPod[] | undefined> {
  const { namespace } = target;
  const slices = await slicesOf(reader, target);
  return slices?.flatMap((slice) => {
    const ports = objectsOf(slice, 'ports');
    return objectsOf(slice, 'endpoints')
      .filter((endpoint) => memberOf(memberOf(endpoint, 'conditions'), 'ready') !== false)
      .map((endpoint) => memberOf(endpoint, 'targetRef'))
      .filter((reference) => textOf(reference, 'kind') === 'Pod')
      .map((reference) => textOf(reference, 'name'))
      .map((name) => ({ namespace, name, doors: doorsOf(name, ports) }));
  });
}

function doorsOf(name: string, ports: readonly object[]): readonly string[] {
  const [webhook] = ports.filter((port) => textOf(port, 'name') !== 'metrics').flatMap(numberOf);
  const [metrics] = ports.filter((port) => textOf(port, 'name') === 'metrics').flatMap(numberOf);
  return [
    ...(webhook === undefined ? [] : [`https:${name}:${webhook}`]),
    ...(metrics === undefined ? [] : [`${name}:${metrics}`]),
  ];
}

function numberOf(port: unknown): readonly number[] {
  const number = memberOf(port, 'port');
  return typeof number === 'number' ? [number] : [];
}

/** A pod with two addresses stands in two slices. */
function uniquePods(pods: readonly ServerPod[]): readonly ServerPod[] {
  const byName = new Map(pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod]));
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pod]) => pod);
}

interface ServerAnswer {
  readonly state?: ServerState;
  readonly remark?: DoctorRemark;
}

async function askServer(reader: StoredObjectReader, pod: ServerPod): Promise<ServerAnswer> {
  const reading = await readHealth(reader, pod);
  if (reading.state !== 'read')
    return { remark: unansweredRemark(`What pod ${pod.name} says of itself`, reading, proxyRight(pod)) };
  const checks = objectsOf(reading.object, 'checks');
  const named = (name: string) => checks.find((check) => textOf(check, 'name') === name);
  const [policies, certificate] = [named('policies'), named('certificate')];
  const end = textOf(certificate, 'inForce');
  return {
    state: {
      pod,
      policyHash: textOf(policies, 'inForce') || undefined,
      policyProblem: textOf(policies, 'problem') || undefined,
      certificateEnd: Number.isNaN(Date.parse(end)) ? undefined : new Date(end),
    },
  };
}

/** Asks at one door after the other. A refusal by RBAC is the same at each. */
async function readHealth(reader: StoredObjectReader, { namespace, doors }: ServerPod): Promise<ObjectReading> {
  let reading: ObjectReading = { state: 'missing' };
  for (const door of doors) {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${door}/proxy/readyz`;
    reading = await ask(reader, { path });
    if (reading.state === 'read' || reading.state === 'forbidden') return reading;
  }
  return reading;
}

function proxyRight({ namespace }: ServerPod): Pick<ApiRequest, 'rule' | 'namespace'> {
  return { rule: { apiGroups: [''], resources: ['pods/proxy'], verbs: ['get'] }, namespace };
}

function evidenceOf(states: readonly ServerState[], asked: number): string {
  const sets = distinct(states.flatMap(({ policyHash }) => policyHash ?? []));
  const ends = distinct(states.flatMap(({ certificateEnd }) => certificateEnd?.toISOString() ?? []));
  return [
    `${states.length} of ${asked} servers answered`,
    ...(sets.length === 0 ? [] : [`policy set ${sets.join(', ')}`]),
    ...(ends.length === 0 ? [] : [`certificate valid until ${ends.join(', ')}`]),
  ].join('; ');
}

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}

function policyRemarks(states: readonly ServerState[]): readonly DoctorRemark[] {
  const problems = states.flatMap(({ pod, policyProblem }): readonly DoctorRemark[] => {
    if (policyProblem === undefined) return [];
    const message = `Pod ${pod.name} keeps its old policies: its files have changed and are wrong: ${policyProblem}`;
    return [{ status: 'wrong', message, fix: 'Mend the documents; tenantgate check names every fault of them.' }];
  });
  const silent = states
    .filter(({ policyHash }) => policyHash === undefined)
    .map(({ pod }) => silenceOf(pod, 'policies'));
  const hashes = distinct(states.flatMap(({ policyHash }) => policyHash ?? []));
  if (hashes.length < 2) return [...problems, ...silent];
  const message = `Servers decide by different policy sets: ${hashes.join(', ')}`;
  const fix = `kubectl --namespace ${states[0]?.pod.namespace ?? ''} rollout status deployment`;
  return [{ status: 'wrong', message, fix }, ...problems, ...silent];
}

function certificateRemarks({ pod, certificateEnd }: ServerState, now: Date): readonly DoctorRemark[] {
  if (certificateEnd === undefined) return [silenceOf(pod, 'its certificate')];
  const days = Math.floor((certificateEnd.getTime() - now.getTime()) / dayMs);
  const fix = 'See that whoever issues the certificate renews it; servers take a new one without a restart.';
  if (days < 0) {
    const message = `The certificate of pod ${pod.name} has ended: no call succeeds`;
    return [{ status: 'wrong', message, fix }];
  }
  if (days >= soonDays) return [];
  return [{ status: 'note', message: `The certificate of pod ${pod.name} ends in ${days} days`, fix: undefined }];
}

function silenceOf(pod: ServerPod, what: string): DoctorRemark {
  return { status: 'unknown', message: `Pod ${pod.name} does not tell of ${what}`, fix: undefined };
}
