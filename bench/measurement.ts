import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { commandsOf, type ServerName, small, type TenantgateProgram } from './commands.ts';
import type { Cores } from './cores.ts';
import type { Fixture } from './fixture.ts';
import type { InProcessTimes } from './in-process.ts';
import { connections, Load, type LoadResult } from './load.ts';
import { percentileOf } from './percentile.ts';
import {
  type ExpectedAnswer,
  type PodOptions,
  prepareRequest,
  type PreparedRequest,
  type WebhookPath,
} from './reviews.ts';
import { type MemoryUse, type ServerCommand, type ServerProcess, startServerProcess } from './server-process.ts';

export interface MeasurementOptions extends TenantgateProgram {
  readonly rounds: number;
  readonly seconds: number;
}

/** What the load of one kind did to one server. */
export interface Throughput {
  readonly perSecond: number;
  /** CPU time of the server per request: less disturbed by other work on the machine than requests per second. */
  readonly cpuUs: number;
  /** Share of the time in which the server's core worked for it; well below 1 the generator or other work is in the way. */
  readonly busy: number;
}

/** All values of one round. */
export interface Round {
  readonly load: Readonly<Record<LoadName, Throughput>>;
  readonly p99Ms: number;
  readonly p99FastifyMs: number;
  readonly inProcess: InProcessTimes;
  readonly inProcessMany: InProcessTimes;
  readonly inProcessOnce: InProcessTimes;
  readonly startMs: number;
  readonly startWithoutCacheMs: number;
  readonly startFastifyMs: number;
}

export interface Measured {
  readonly rounds: readonly Round[];
  readonly idle: readonly [tenantgate: MemoryUse | undefined, fastify: MemoryUse | undefined];
  readonly peak: readonly [tenantgate: MemoryUse | undefined, fastify: MemoryUse | undefined];
  readonly answers: number;
  readonly wrongAnswers: number;
}

interface LoadPlan {
  readonly server: ServerName;
  readonly path: WebhookPath;
  readonly pod: PodOptions;
  readonly expected: ExpectedAnswer;
}

const large: PodOptions = { sizeBytes: 20_000 };

/** Beside each other stands what is divided by each other. */
const plans = {
  fastify5: { server: 'fastify', path: '/validate', pod: small, expected: 'allowed' },
  validate5: { server: 'tenantgate', path: '/validate', pod: small, expected: 'allowed' },
  many5: { server: 'tenantgateMany', path: '/validate', pod: small, expected: 'allowed' },
  mutate5: { server: 'tenantgate', path: '/mutate', pod: { ...small, isLabelled: false }, expected: 'patched' },
  https5: { server: 'https', path: '/validate', pod: small, expected: 'allowed' },
  https20: { server: 'https', path: '/validate', pod: large, expected: 'allowed' },
  fastify20: { server: 'fastify', path: '/validate', pod: large, expected: 'allowed' },
  validate20: { server: 'tenantgate', path: '/validate', pod: large, expected: 'allowed' },
} as const satisfies Readonly<Record<string, LoadPlan>>;

export type LoadName = keyof typeof plans;

const loadNames = Object.keys(plans) as readonly LoadName[];
const requestsPerConnection = 4;
/** Short, so that what else happens on the machine meets all loads of a round alike. */
const turnSeconds = 0.25;

/** Measures everything, round by round. Servers live through all rounds, so that memory tells of the whole run. */
export async function measure(options: MeasurementOptions, cores: Cores, fixture: Fixture): Promise<Measured> {
  const bench = new Bench(options, cores, fixture);
  try {
    return await bench.run();
  } finally {
    await bench.stop();
  }
}

class Bench {
  readonly #options: MeasurementOptions;
  readonly #cores: Cores;
  readonly #fixture: Fixture;
  readonly #servers = new Map<ServerName, ServerProcess>();
  readonly #loads = new Map<LoadName, Load>();
  #answers = 0;
  #wrongAnswers = 0;

  constructor(options: MeasurementOptions, cores: Cores, fixture: Fixture) {
    this.#options = options;
    this.#cores = cores;
    this.#fixture = fixture;
  }

  async run(): Promise<Measured> {
    const commands = commandsOf(this.#options, this.#fixture);
    // Fills the compile cache: a server on a machine starts for the first time only once.
    await (await this.#start(commands.tenantgate)).stop();
    for (const name of ['tenantgate', 'tenantgateMany', 'fastify', 'https'] as const) {
      this.#servers.set(name, await this.#start(commands[name]));
    }
    const idle = this.#memory();
    const { caCertificate } = this.#fixture;
    for (const name of loadNames) {
      const { port } = this.#server(plans[name].server);
      this.#loads.set(name, await Load.open({ port, caCertificate, requests: requestsOf(plans[name]) }));
    }
    await this.#saturateAll();
    const rounds: Round[] = [];
    for (let round = 0; round < this.#options.rounds; round += 1) rounds.push(await this.#round(commands));
    return { rounds, idle, peak: this.#memory(), answers: this.#answers, wrongAnswers: this.#wrongAnswers };
  }

  async stop(): Promise<void> {
    for (const load of this.#loads.values()) load.close();
    await Promise.all([...this.#servers.values()].map((server) => server.stop()));
  }

  async #round(commands: Readonly<Record<ServerName | 'withoutCache', ServerCommand>>): Promise<Round> {
    const load = await this.#saturateAll();
    const perSecond = load.validate5.perSecond / 2;
    return {
      load,
      p99Ms: await this.#p99('validate5', perSecond),
      p99FastifyMs: await this.#p99('fastify5', perSecond),
      inProcess: this.#inProcess(this.#fixture.policies),
      inProcessMany: this.#inProcess(this.#fixture.manyPolicies),
      inProcessOnce: this.#inProcess(this.#fixture.eachRuleOnce),
      startMs: await this.#startMs(commands.tenantgate),
      startWithoutCacheMs: await this.#startMs(commands.withoutCache),
      startFastifyMs: await this.#startMs(commands.fastify),
    };
  }

  #memory(): readonly [MemoryUse | undefined, MemoryUse | undefined] {
    return [this.#server('tenantgate').memory(), this.#server('fastify').memory()];
  }

  #server(name: ServerName): ServerProcess {
    return this.#servers.get(name)!;
  }

  #start(command: ServerCommand): Promise<ServerProcess> {
    return startServerProcess(command, { cores: this.#cores, fixture: this.#fixture });
  }

  async #startMs(command: ServerCommand): Promise<number> {
    const server = await this.#start(command);
    await server.stop();
    return server.startMs;
  }

  /** All loads in short turns, forwards and backwards, so that what else happens on the machine meets them all alike. */
  async #saturateAll(): Promise<Readonly<Record<LoadName, Throughput>>> {
    const sums = Object.fromEntries(loadNames.map((name) => [name, new Sum()])) as Record<LoadName, Sum>;
    const turns = Math.max(1, Math.round(this.#options.seconds / turnSeconds));
    for (let turn = 0; turn < turns; turn += 1) {
      for (const name of turn % 2 === 0 ? loadNames : loadNames.toReversed()) await this.#saturate(name, sums[name]);
    }
    return Object.fromEntries(loadNames.map((name) => [name, sums[name].throughput()])) as Record<LoadName, Throughput>;
  }

  async #saturate(name: LoadName, sum: Sum): Promise<void> {
    const server = this.#server(plans[name].server);
    const cpuBefore = server.cpuSeconds();
    const result = this.#counted(await this.#load(name).saturate(Math.min(turnSeconds, this.#options.seconds)));
    sum.add(result, (server.cpuSeconds() ?? Number.NaN) - (cpuBefore ?? Number.NaN));
  }

  async #p99(name: LoadName, perSecond: number): Promise<number> {
    const { latenciesMs } = this.#counted(await this.#load(name).pace(this.#options.seconds, perSecond));
    return percentileOf(latenciesMs, 0.99);
  }

  #load(name: LoadName): Load {
    return this.#loads.get(name)!;
  }

  #counted(result: LoadResult): LoadResult {
    this.#answers += result.answers;
    // Nothing is to be shed by a server that is asked by as many connections as one API server has.
    this.#wrongAnswers += result.wrong + result.shed;
    return result;
  }

  #inProcess(policies: string): InProcessTimes {
    const { namespaces } = this.#fixture;
    const program = join(import.meta.dirname, 'in-process.ts');
    const seconds = String(this.#options.seconds);
    const [file = '', ...rest] = this.#cores.onServerCore([process.execPath, program, policies, namespaces, seconds]);
    return JSON.parse(execFileSync(file, rest, { encoding: 'utf8', timeout: 60_000 })) as InProcessTimes;
  }
}

/** Adds up the turns of one load. */
class Sum {
  #answers = 0;
  #seconds = 0;
  #cpuSeconds = 0;

  add({ answers, seconds }: LoadResult, cpuSeconds: number): void {
    this.#answers += answers;
    this.#seconds += seconds;
    this.#cpuSeconds += cpuSeconds;
  }

  throughput(): Throughput {
    return {
      perSecond: this.#answers / this.#seconds,
      cpuUs: (this.#cpuSeconds / this.#answers) * 1e6,
      busy: this.#cpuSeconds / this.#seconds,
    };
  }
}

function requestsOf({ path, pod, expected }: LoadPlan): readonly PreparedRequest[] {
  return Array.from({ length: connections * requestsPerConnection }, (_, index) =>
    prepareRequest(index, path, pod, expected),
  );
}
