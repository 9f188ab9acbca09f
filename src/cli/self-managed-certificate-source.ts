import { setTimeout as delay } from 'node:timers/promises';

import type { ServeConfig } from '../config/serve-config.ts';
import { connectCertificateStores } from '../kubernetes/connect.ts';
import { openClientCaFile, type ClientCaFile } from '../server/client-ca-file.ts';
import { SelfManagedCertificate } from '../server/self-managed-certificate.ts';
import type { TlsMaterial } from '../server/serving-certificate.ts';
import type { CertificateHooks, ServingCertificateSource } from './serving-certificate-source.ts';

type SelfManagedConfig = NonNullable<ServeConfig['tls']['selfManaged']> & {
  readonly tls: Pick<ServeConfig['tls'], 'hosts' | 'clientCaFile'>;
  readonly cluster: NonNullable<ServeConfig['cluster']>;
};

const lookAgainMs = 10;

/** A certificate that the server makes itself and shares with its replicas through a Secret. */
export async function selfManagedCertificate(
  config: SelfManagedConfig,
  hooks: CertificateHooks,
): Promise<ServingCertificateSource | string> {
  const stores = await connectCertificateStores(config.cluster, config).catch((error: unknown) => String(error));
  if (typeof stores === 'string') return `--kubeconfig: ${stores}`;
  const clientCa = openClientCa(config.tls.clientCaFile, hooks, () => {
    if (managed.served !== undefined) hooks.install(material(managed.served));
  });
  if (typeof clientCa === 'string') return clientCa;
  const material = ({ certificate, key }: TlsMaterial): TlsMaterial => ({
    certificate,
    key,
    clientCa: clientCa?.current(),
  });
  const managed = new SelfManagedCertificate({
    ...stores,
    ...hooks,
    names: config.tls.hosts,
    install: (pair) => {
      hooks.install(material(pair));
    },
  });
  managed.start();
  return sourceOf(managed, material, clientCa);
}

function sourceOf(
  managed: SelfManagedCertificate,
  material: (pair: TlsMaterial) => TlsMaterial,
  clientCa: ClientCaFile | undefined,
): ServingCertificateSource {
  return {
    available: async (signal) => {
      while (managed.served === undefined) await delay(lookAgainMs, undefined, { signal });
    },
    isAvailable: () => managed.served !== undefined,
    material: () => {
      if (managed.served === undefined) throw new Error('There is no certificate yet.');
      return material(managed.served);
    },
    caCertificate: undefined,
    expiry: () => managed.served?.notAfter,
    detail: () => [managed.detail, ...[clientCa?.problem()].flatMap((problem) => problem ?? [])].join('; '),
    stop: () => {
      clientCa?.stop();
      return managed.stop();
    },
  };
}

/** Follows the CA of clients, if there is one; a problem is returned as text. */
function openClientCa(
  path: string | undefined,
  { count, log }: CertificateHooks,
  install: () => void,
): ClientCaFile | string | undefined {
  if (path === undefined) return undefined;
  const opened = openClientCaFile({
    path,
    install,
    report: (problem) => {
      count(problem === undefined ? 'success' : 'failure');
      if (problem === undefined) log.info('client CA reloaded');
      else log.error('client CA not reloaded; the old one stays in force', { problem });
    },
  });
  return opened.ok ? opened.value : opened.error.message;
}
