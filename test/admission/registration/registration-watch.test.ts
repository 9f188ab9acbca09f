import { test, type Test } from 'tap';

import type { ObjectReading } from '../../../src/admission/object-ports.ts';
import { describeRegistration } from '../../../src/admission/registration/describe-registration.ts';
import {
  RegistrationWatch,
  type ExpectedRegistration,
} from '../../../src/admission/registration/registration-watch.ts';
import { rules } from '../../../src/policy/rules/index.ts';
import { createDevelopmentCertificate } from '../../../src/server/development-certificate.ts';
import { waitFor } from '../../cluster/wait-for.ts';
import { fakeOperationLog } from '../../support/fake-admission-service.ts';
import { read, rendered, service, stored, type RawConfiguration } from '../../support/registration.ts';

const validating = 'ValidatingWebhookConfiguration';
const mutating = 'MutatingWebhookConfiguration';
const paths = {
  [validating]: '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/tenantgate',
  [mutating]: '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/tenantgate',
} as const;
const { caBundle, certificate } = await createDevelopmentCertificate({
  now: new Date(),
  dnsNames: [`${service.name}.${service.namespace}.svc`],
});

/** A watch over what a test registers, and what it has told. */
function watching(t: Test, over: { readonly intervalMs?: number; readonly readMs?: number } = {}) {
  const stored = new Map<string, ObjectReading>();
  const log = fakeOperationLog();
  const asked: string[] = [];
  const file: ExpectedRegistration = {
    configurations: [read(rendered(validating)), read(rendered(mutating))],
    problem: undefined,
    reapply: 'kubectl apply -f registration.yaml',
  };
  const given = { file, answer: (path: string): ObjectReading => stored.get(path) ?? { state: 'missing' } };
  const watch = new RegistrationWatch({
    reader: {
      read: (path) => {
        asked.push(path);
        return Promise.resolve(given.answer(path));
      },
    },
    expected: () => given.file,
    rules,
    served: () => certificate,
    log,
    now: () => new Date(),
    ...over,
  });
  t.teardown(() => watch.stop());
  const put = (object: RawConfiguration): void => void stored.set(paths[object.kind], { state: 'read', object });
  /** What was logged since the last look. */
  const look = async (): Promise<readonly string[]> => {
    const before = log.lines.length;
    await watch.look();
    return log.lines
      .slice(before)
      .map(({ level, message, fields }) => `${level} ${message}: ${String(fields['code'] ?? fields['problem'])}`);
  };
  return { watch, stored, put, look, log, asked, given };
}

/** What should be there, changed. */
function good(kind: typeof validating | typeof mutating, change: (object: RawConfiguration) => void = () => undefined) {
  const object = stored(kind, caBundle);
  change(object);
  return object;
}

const codesOf = (watch: RegistrationWatch) =>
  watch.state.configurations.map(({ drifts }) => drifts.map(({ code }) => code));

test('before the first look nothing is known, least of all that all is well', (t) => {
  const { watch } = watching(t);
  t.match(watch.state.configurations, [
    { kind: validating, name: 'tenantgate', problem: 'it has not been read yet', drifts: [] },
    { kind: mutating, problem: 'it has not been read yet' },
  ]);
  t.match(
    describeRegistration(watch.state),
    /^ValidatingWebhookConfiguration tenantgate is not known: it has not been read yet; Mut/,
  );
  t.end();
});

test('a first registration is awaited in one line, and its coming told in another', async (t) => {
  const { watch, put, look, asked } = watching(t);
  t.strictSame(await look(), [
    'info the registration is awaited: not-registered',
    'info the registration is awaited: not-registered',
  ]);
  t.strictSame(asked.sort(), Object.values(paths).sort(), 'each is asked for by its name');
  t.strictSame(await look(), []);
  t.match(
    describeRegistration(watch.state),
    'ValidatingWebhookConfiguration tenantgate is not registered yet: nothing is sent to Tenantgate',
  );
  put(good(validating));
  put(good(mutating));
  t.strictSame(await look(), [
    'info a drift of the registration has ended: not-registered',
    'info a drift of the registration has ended: not-registered',
  ]);
  t.equal(describeRegistration(watch.state), 'as expected');
});

test('a drift is told when it appears, when it changes and when it ends, and at no other time', async (t) => {
  const { watch, put, look, log } = watching(t);
  put(good(validating));
  put(good(mutating));
  t.strictSame(await look(), [], 'all as it should be is no news');
  put(good(mutating, (object) => (object.webhooks[0]!.timeoutSeconds = 9)));
  t.strictSame(await look(), ['warn the registration has drifted: timeout']);
  t.match(log.lines.at(-1)?.fields, {
    configuration: mutating,
    name: 'tenantgate',
    webhook: 'namespaces.mutate.tenantgate.dev',
    field: 'timeoutSeconds',
    code: 'timeout',
    problem: 'is 9, not 2',
    fix: /^kubectl patch mutatingwebhookconfigurations tenantgate /,
  });
  t.strictSame(codesOf(watch), [[], ['timeout']]);
  t.strictSame(await look(), []);
  put(good(mutating, (object) => (object.webhooks[0]!.timeoutSeconds = 8)));
  t.strictSame(await look(), ['warn the registration has drifted: timeout']);
  put(good(mutating, (object) => (object.webhooks[0]!.failurePolicy = 'Ignore')));
  t.strictSame(await look(), [
    'info a drift of the registration has ended: timeout',
    'warn the registration has drifted: failure-policy',
  ]);
  put(good(mutating));
  t.strictSame(await look(), ['info a drift of the registration has ended: failure-policy']);
  t.strictSame(await look(), []);
});

test('a configuration that was there and goes is gone, not awaited', async (t) => {
  const { watch, put, look, stored } = watching(t);
  put(good(validating));
  await look();
  stored.clear();
  await look();
  t.strictSame(codesOf(watch), [['configuration-missing'], ['configuration-missing']]);
});

test('what cannot be read is not known: neither fine nor drifted, and what was told before still holds', async (t) => {
  const { watch, put, look, stored } = watching(t);
  put(good(validating, (object) => (object.webhooks[0]!.failurePolicy = 'Ignore')));
  put(good(mutating));
  await look();
  stored.set(paths[validating], { state: 'forbidden' });
  const refused =
    'RBAC refuses it; grant {apiGroups: [admissionregistration.k8s.io], resources: [validatingwebhookconfigurations], resourceNames: [tenantgate], verbs: [get]}';
  t.strictSame(await look(), [`warn the registration cannot be read: ${refused}`]);
  t.strictSame(codesOf(watch), [[], []]);
  t.equal(watch.state.configurations[0]?.problem, refused);
  t.equal(describeRegistration(watch.state), `ValidatingWebhookConfiguration tenantgate is not known: ${refused}`);
  t.strictSame(await look(), []);
  stored.set(paths[validating], { state: 'failed', problem: 'connection refused' });
  t.strictSame(await look(), ['warn the registration cannot be read: connection refused']);
  put(good(validating, (object) => (object.webhooks[0]!.failurePolicy = 'Ignore')));
  t.strictSame(await look(), ['info the registration can be read again: undefined'], 'the drift was told already');
  t.strictSame(codesOf(watch), [['failure-policy'], []]);
  stored.set(paths[validating], { state: 'read', object: { kind: 'Status' } });
  t.match(await look(), [
    /^warn the registration cannot be read: the answer is no ValidatingWebhookConfiguration: metadata must be an object/,
  ]);
});

test('hundreds of new webhooks do not fill the log, nor the line of readiness', async (t) => {
  const { watch, put, look, log } = watching(t);
  put(good(mutating));
  const more = Array.from({ length: 300 }, (_, index) => ({
    ...good(validating).webhooks[0]!,
    name: `a${index}.example.com`,
  }));
  put(good(validating, (object) => object.webhooks.push(...more)));
  t.equal((await look()).length, 21);
  t.strictSame(log.lines.at(-1), {
    level: 'warn',
    message: 'more of the registration has changed',
    fields: { lines: 280 },
  });
  t.match(
    describeRegistration(watch.state),
    /a0\.example\.com was not rendered.*; 297 more of ValidatingWebhookConfiguration tenantgate$/,
  );
});

test('the file is asked for at each look, and told of when it is wrong', async (t) => {
  const { watch, put, look, given } = watching(t);
  put(good(validating));
  put(good(mutating));
  await look();
  given.file = { ...given.file, problem: 'registration.yaml:1:1: no' };
  await look();
  t.equal(
    describeRegistration(watch.state),
    'as expected; its file has changed and is wrong: registration.yaml:1:1: no',
  );
  given.file = { ...given.file, configurations: [read(rendered(validating))], problem: undefined };
  await look();
  t.equal(watch.state.configurations.length, 1, 'what the file leaves out is not looked for');
});

test('it looks again and again until it is stopped, whatever befalls it', async (t) => {
  const { watch, put, log, given, asked } = watching(t, { intervalMs: 1 });
  put(good(validating));
  put(good(mutating));
  watch.start();
  watch.start();
  await waitFor('all to be as expected', () => describeRegistration(watch.state) === 'as expected', {
    timeoutMs: 10_000,
    intervalMs: 5,
  });
  const answer = given.answer;
  given.answer = () => {
    throw new Error('a bug');
  };
  await waitFor(
    'the state not to be known',
    () => describeRegistration(watch.state).includes('it could not be compared: see the log'),
    {
      timeoutMs: 10_000,
      intervalMs: 5,
    },
  );
  t.match(
    log.lines.find(({ level }) => level === 'error'),
    { message: 'the registration could not be compared', cause: /a bug/ },
  );
  const looks = asked.length;
  await waitFor('more looks', () => asked.length > looks + 10, { timeoutMs: 10_000, intervalMs: 5 });
  t.equal(log.lines.filter(({ level }) => level === 'error').length, 1, 'once, not at each look');
  given.answer = answer;
  await waitFor('all to be as expected again', () => describeRegistration(watch.state) === 'as expected', {
    timeoutMs: 10_000,
    intervalMs: 5,
  });
  await watch.stop();
});

test('a look that is under way when it is stopped tells nothing more', async (t) => {
  const { watch, log, given } = watching(t);
  given.answer = () => {
    void watch.stop();
    return { state: 'failed', problem: 'aborted' };
  };
  await watch.look();
  t.strictSame(log.lines, []);
});
