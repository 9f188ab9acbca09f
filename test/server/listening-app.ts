import type { Test } from 'tap';

import type { AdmissionService } from '../../src/admission/ports.ts';
import { type AppDependencies, buildApp } from '../../src/server/app.ts';
import { createHttpsListener, type HttpsListener, type HttpsListenerOptions } from '../../src/server/https-listener.ts';
import type { TlsMaterial } from '../../src/server/serving-certificate.ts';
import {
  type FakeFaultCounter,
  type FakeOperationLog,
  fakeAdmissionService,
  fakeFaultCounter,
  fakeOperationLog,
  fakeReadiness,
} from '../support/fake-admission-service.ts';

export interface ListeningApp {
  readonly port: number;
  readonly listener: HttpsListener;
  readonly faults: FakeFaultCounter;
  readonly log: FakeOperationLog;
}

export interface ListeningAppOptions extends Partial<Omit<HttpsListenerOptions, 'material'>> {
  readonly material: TlsMaterial;
  readonly service?: AdmissionService;
  readonly app?: Partial<AppDependencies>;
}

/** The application over TLS on a free port, stopped at the end of the test. Times are short unless told otherwise. */
export async function listenForTest(t: Test, options: ListeningAppOptions): Promise<ListeningApp> {
  const faults = fakeFaultCounter();
  const log = fakeOperationLog();
  const service = options.service ?? fakeAdmissionService();
  // Client and server share an event loop here, and the machine may be slow: nothing is shed unless a test is about that.
  const app = buildApp({ service, readiness: fakeReadiness(), faults, log, maxQueueMs: 60_000, ...options.app });
  await app.ready();
  const listener = createHttpsListener({
    handler: (request, response) => {
      app.routing(request, response);
    },
    faults,
    log,
    ...options,
    limits: { drainMs: 1, closeMs: 200, checkMs: 20, ...options.limits },
  });
  const port = await listener.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(() => listener.drain());
  return { port, listener, faults, log };
}
