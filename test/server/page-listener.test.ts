import { request } from 'node:http';

import { test, type Test } from 'tap';

import { createPageListener, type ShownReport } from '../../src/server/page-listener.ts';
import { fakeFaultCounter, fakeOperationLog } from '../support/fake-admission-service.ts';

interface Answer {
  readonly statusCode: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

const shown: ShownReport = { html: () => '<!doctype html><p>ä</p>', json: () => '{"kind":"AuditReport"}' };

async function listening(t: Test, report: () => ShownReport | undefined = () => shown) {
  const faults = fakeFaultCounter();
  const log = fakeOperationLog();
  const listener = createPageListener({ report, faults, log });
  const port = await listener.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(() => listener.stop());
  const ask = (path: string, { method = 'GET', host = `localhost:${port}` } = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const options = { port, path, method, host: '127.0.0.1', agent: false, headers: { host } };
      const sent = request(options, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => (body += text));
        response.on('end', () => {
          resolve({ statusCode: response.statusCode, headers: response.headers, body });
        });
      });
      sent.on('error', reject);
      sent.end();
    });
  return { ask, faults, log };
}

void test('the last report is shown as a page and as JSON, and is kept nowhere', async (t) => {
  const { ask, faults } = await listening(t);
  const page = await ask('/');
  t.match(page, { statusCode: 200, body: '<!doctype html><p>ä</p>' });
  t.match(page.headers, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  });
  const json = await ask('/report.json?at=now');
  t.match(json, { statusCode: 200, body: '{"kind":"AuditReport"}', headers: { 'content-type': 'application/json' } });
  t.match(await ask('/', { method: 'HEAD' }), { statusCode: 200, body: '' });
  t.same(faults.kinds, []);
});

void test('nothing can be changed, and nothing else is there', async (t) => {
  const { ask, faults } = await listening(t);
  for (const [path, method] of [
    ['/', 'POST'],
    ['/', 'DELETE'],
    ['/report.json', 'PUT'],
    ['/metrics', 'GET'],
    ['/../etc/passwd', 'GET'],
  ] as const) {
    t.match(await ask(path, { method }), { statusCode: 404, body: /unknown-path/ }, `${method} ${path}`);
  }
  t.same(new Set(faults.kinds), new Set(['unknown-path']));
});

void test('without a report it says why', async (t) => {
  const { ask } = await listening(t, () => undefined);
  t.match(await ask('/'), { statusCode: 503, body: /no-report/ });
});

void test('a name that was made to lead here is refused', async (t) => {
  const { ask, faults } = await listening(t);
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example:80',
    'evil.example:localhost',
  ]) {
    t.match(await ask('/', { host }), { statusCode: 421, body: /foreign-host/ }, host);
  }
  for (const host of ['localhost', '127.0.0.1:8082', '[::1]:80'])
    t.match(await ask('/', { host }), { statusCode: 200 });
  t.same(new Set(faults.kinds), new Set(['foreign-host']));
});

void test('a report that cannot be shown is an error, and the next request is served', async (t) => {
  let isBroken = true;
  const { ask, log } = await listening(t, () => {
    if (isBroken) throw new Error('no memory');
    return shown;
  });
  t.match(await ask('/'), { statusCode: 500, body: /internal-error/ });
  t.match(log.lines, [{ level: 'error', message: 'the report could not be shown' }]);
  isBroken = false;
  t.match(await ask('/'), { statusCode: 200 });
});
