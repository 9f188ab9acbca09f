import { type ControlPlaneBinaries } from './binaries.ts';
import { startControlPlane } from './control-plane.ts';
import { shareControlPlane } from './session.ts';

export interface ControlPlaneUse {
  readonly binaries: ControlPlaneBinaries;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Runs an action while a control plane is there; its environment leads test files to it. */
export async function withControlPlane<T>(
  { binaries, say, signal }: ControlPlaneUse,
  action: (environment: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  const began = performance.now();
  const controlPlane = await startControlPlane(binaries, { signal });
  try {
    say(`Kubernetes ${binaries.kubernetesVersion} is ready after ${secondsSince(began)} s`);
    const session = await shareControlPlane(controlPlane);
    try {
      return await action(session.environment);
    } finally {
      await session.close();
    }
  } finally {
    await controlPlane.stop();
    say(`done after ${secondsSince(began)} s`);
  }
}

function secondsSince(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(1);
}
