/** Why a port cannot be opened, as far as the operator can mend it. */
const reasons: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'is in use; end the process that holds it, or choose another'],
  ['EACCES', 'may not be opened by this user; choose one above 1023'],
  ['EADDRNOTAVAIL', 'is no address of this machine; check --address'],
  ['ENOTFOUND', 'cannot be resolved; check --address'],
]);

/** A fault of the configuration that shows only when the port is opened, or undefined for any other error. */
export function listenProblem(
  flag: 'port' | 'metrics-port',
  address: { readonly host: string; readonly port: number },
  error: unknown,
): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = reasons.get(code);
  return reason === undefined ? undefined : `--${flag}: ${address.host}:${address.port} ${reason}`;
}
