/** Why a port cannot be opened, as far as the operator can mend it. */
const reasons: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'is in use; end the process that holds it, or choose another'],
  ['EACCES', 'may not be opened by this user; choose one above 1023'],
  ['EADDRNOTAVAIL', 'is no address of this machine; check --address'],
  ['ENOTFOUND', 'cannot be resolved; check --address'],
]);

interface Address {
  readonly host: string;
  readonly port: number;
}

type PortFlag = 'port' | 'metrics-port' | 'audit-page-port';

/** Opens a port; what is wrong with it is a text, as all faults of the configuration are. */
export async function openPort(
  flag: PortFlag,
  { host, port }: Address,
  listener: { listen(address: Address): Promise<number> },
): Promise<number | string> {
  const address = { host, port };
  try {
    return await listener.listen(address);
  } catch (error) {
    const problem = listenProblem(flag, address, error);
    if (problem === undefined) throw error;
    return problem;
  }
}

/** A fault of the configuration that shows only when the port is opened, or undefined for any other error. */
function listenProblem(flag: PortFlag, address: Address, error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = reasons.get(code);
  return reason === undefined ? undefined : `--${flag}: ${address.host}:${address.port} ${reason}`;
}
