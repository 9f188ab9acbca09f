import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issueCertificate, makeCa, makeKeyPair, type Certificate, type CertificateAuthority } from './certificates.ts';

/** The files of a control plane's credentials, and what of them is needed in memory. */
export interface Credentials {
  readonly ca: CertificateAuthority;
  readonly admin: Certificate;
  readonly caFile: string;
  readonly apiServer: CertificateFiles;
  readonly controllerManager: CertificateFiles;
  readonly serviceAccountPublicKeyFile: string;
  readonly serviceAccountPrivateKeyFile: string;
  /** For --admission-control-config-file. */
  readonly admissionConfigurationFile: string;
  readonly adminKubeconfig: string;
  readonly controllerManagerKubeconfig: string;
}

/** Who the API server is to the webhook that it calls by this name; to any other it shows nothing. */
export const webhookClient = {
  commonName: 'kube-apiserver-webhook-client',
  calls: 'tenantgate.tenantgate-system.svc:8443',
};

interface CertificateFiles {
  readonly certificateFile: string;
  readonly privateKeyFile: string;
}

const LOOPBACK = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };

/** Makes one CA, a certificate for each part, and the kubeconfigs; all in the folder given. */
export async function writeCredentials(folder: string, server: string): Promise<Credentials> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const ca = await makeCa();
  const [apiServer, controllerManager, admin, caller, serviceAccounts] = await Promise.all([
    issueCertificate(ca, { commonName: 'kube-apiserver', ...LOOPBACK, usages: ['server'] }),
    issueCertificate(ca, {
      commonName: 'system:kube-controller-manager',
      ...LOOPBACK,
      usages: ['server', 'client'],
    }),
    issueCertificate(ca, { commonName: 'admin', organizations: ['system:masters'], usages: ['client'] }),
    issueCertificate(ca, { commonName: webhookClient.commonName, usages: ['client'] }),
    makeKeyPair(),
  ]);
  const write = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const writePair = async (name: string, pair: Certificate): Promise<CertificateFiles> => ({
    certificateFile: await write(`${name}.crt`, pair.certificatePem),
    privateKeyFile: await write(`${name}.key`, pair.privateKeyPem),
  });
  const webhookUser = { name: webhookClient.calls, user: clientCertificate(caller) };
  const webhookKubeconfig = await write(
    'webhooks.kubeconfig',
    JSON.stringify({ apiVersion: 'v1', kind: 'Config', users: [webhookUser] }),
  );
  return {
    ca,
    admin,
    caFile: await write('ca.crt', ca.certificatePem),
    apiServer: await writePair('kube-apiserver', apiServer),
    controllerManager: await writePair('kube-controller-manager', controllerManager),
    serviceAccountPublicKeyFile: await write('service-accounts.pub', serviceAccounts.publicKeyPem),
    serviceAccountPrivateKeyFile: await write('service-accounts.key', serviceAccounts.privateKeyPem),
    admissionConfigurationFile: await write('admission.json', admissionConfiguration(webhookKubeconfig)),
    adminKubeconfig: await write('admin.kubeconfig', kubeconfig(server, ca, clientCertificate(admin))),
    controllerManagerKubeconfig: await write(
      'controller-manager.kubeconfig',
      kubeconfig(server, ca, clientCertificate(controllerManager)),
    ),
  };
}

function admissionConfiguration(kubeConfigFile: string): string {
  const configuration = {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'WebhookAdmissionConfiguration',
    kubeConfigFile,
  };
  const plugins = ['ValidatingAdmissionWebhook', 'MutatingAdmissionWebhook'].map((name) => ({ name, configuration }));
  return JSON.stringify({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AdmissionConfiguration', plugins });
}

/** A kubeconfig with everything inside; JSON is YAML. The user is given in the fields of a kubeconfig. */
export function kubeconfig(server: string, ca: CertificateAuthority, user: object): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': base64(ca.certificatePem) } }],
    users: [{ name: 'test', user }],
  });
}

/** A user of a kubeconfig who is known by a certificate. */
export function clientCertificate(client: Certificate): object {
  return {
    'client-certificate-data': base64(client.certificatePem),
    'client-key-data': base64(client.privateKeyPem),
  };
}

export function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
