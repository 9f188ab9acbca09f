import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type FoundAddons } from './addons.ts';
import { clusterAt, type ApiServerSwitch, type Cluster, type ClusterLocation } from './cluster.ts';
import { type ControlPlane } from './control-plane.ts';

/** Names the file through which the runner tells its test files where the shared control plane is. */
const SESSION_VARIABLE = 'TENANTGATE_CLUSTER';

interface Session {
  readonly location: ClusterLocation;
  readonly addons: FoundAddons;
  /** A Unix socket on which the runner, which owns the processes, stops and starts the API server. */
  readonly controlSocket: string;
  readonly pids: Readonly<Record<string, number>>;
}

/** What a shared control plane offers to one test file. */
export interface ConnectedCluster extends Cluster {
  /** What a test may start beside the control plane, where this machine has it. */
  readonly addons: FoundAddons;
  /** Process ids by name, as they are now. */
  pids(): Promise<Readonly<Record<string, number>>>;
}

export interface SharedSession {
  /** To be set in the environment of the test files. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const SWITCH_TIMEOUT_MS = 120_000;

/** Connects a test file to the control plane that `test/cluster/run.ts` has started for all of them. */
export async function connectControlPlane(): Promise<ConnectedCluster> {
  const path = process.env[SESSION_VARIABLE] ?? '';
  if (path === '') {
    const how = 'run this file with "node test/cluster/run.ts FILE"';
    throw new Error(`${SESSION_VARIABLE} is not set: ${how}, which starts a control plane first`);
  }
  const session = await readSession(path);
  const cluster = clusterAt(session.location, remoteSwitch(session.controlSocket));
  return { ...cluster, addons: session.addons, pids: async () => (await readSession(path)).pids };
}

/** Offers a control plane of this process to the test files that it starts. */
export async function shareControlPlane(controlPlane: ControlPlane, addons: FoundAddons): Promise<SharedSession> {
  const controlSocket = join(controlPlane.folder, 'control.sock');
  const path = join(controlPlane.folder, 'session.json');
  const write = async (): Promise<void> => {
    const { location } = controlPlane;
    const session: Session = { location, addons, controlSocket, pids: controlPlane.pids() };
    await writeFile(path, JSON.stringify(session), { mode: 0o600 });
  };
  await write();
  const server = createServer((incoming, response) => {
    void perform(controlPlane, incoming.url, write, response);
  });
  await once(server.listen(controlSocket), 'listening');
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { environment: { [SESSION_VARIABLE]: path }, close };
}

async function perform(
  controlPlane: ControlPlane,
  url: string | undefined,
  afterwards: () => Promise<void>,
  response: ServerResponse,
): Promise<void> {
  try {
    if (url === '/api-server/stop') await controlPlane.stopApiServer();
    else if (url === '/api-server/start') await controlPlane.startApiServer();
    else throw new Error(`no such command: ${url ?? ''}`);
    await afterwards();
    response.end();
  } catch (error) {
    response.writeHead(500).end(error instanceof Error ? error.message : String(error));
  }
}

function remoteSwitch(socketPath: string): ApiServerSwitch {
  const order = (path: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const options = {
        socketPath,
        path,
        method: 'POST',
        agent: false,
        signal: AbortSignal.timeout(SWITCH_TIMEOUT_MS),
      };
      const sent = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          if (response.statusCode === 200) resolve();
          else reject(new Error(text));
        });
      });
      sent.on('error', reject).end();
    });
  return {
    stopApiServer: () => order('/api-server/stop'),
    startApiServer: () => order('/api-server/start'),
  };
}

async function readSession(path: string): Promise<Session> {
  return JSON.parse(await readFile(path, 'utf8')) as Session;
}
