import { test } from 'tap';

import { startServing } from '../e2e/tenantgate-process.ts';
import { startGoLoad } from './load-client.ts';
import { samplesOf } from './samples.ts';

void test('in a burst of more than can be judged, every call is answered rightly or told to come again', async (t) => {
  const server = await startServing(['--drain-seconds', '0']);
  t.teardown(() => server.stop());
  const load = { folder: t.testdir({}), port: server.port, ca: server.ca };
  // 400 at once of 100 KB each: a queue of about a second. Nobody comes again, so that each shed call is seen.
  const burst = { samples: samplesOf(100_000), workers: 400, count: 4_000, retries: 0, timeoutSeconds: 30 };
  const { right, failures } = await startGoLoad(t, { ...load, ...burst }).ended;
  const shed = failures.filter(({ kind }) => kind === 'shed').length;
  t.same(
    failures.filter(({ kind }) => kind !== 'shed'),
    [],
    'none is lost, none is wrong',
  );
  t.ok(shed > 0, `${right} answered, ${shed} shed`);
  t.equal(await server.metric('tenantgate_requests_shed_total'), shed);
  const calm = { samples: samplesOf(), workers: 4, pauseMs: 5, count: 400, timeoutSeconds: 30 };
  const after = await startGoLoad(t, { ...load, ...calm }).ended;
  t.match(after, { right: 400, retries: 0, failed: 0 }, 'afterwards nothing is shed');
});

void test('a burst of callers that come again is answered as a whole', async (t) => {
  const server = await startServing(['--drain-seconds', '0']);
  t.teardown(() => server.stop());
  const burst = { samples: samplesOf(100_000), workers: 400, count: 1_200, timeoutSeconds: 30 };
  const load = { folder: t.testdir({}), port: server.port, ca: server.ca, ...burst };
  const { right, failures, retries } = await startGoLoad(t, load).ended;
  t.same(failures, []);
  t.equal(right, 1_200, `${retries} came again`);
});
