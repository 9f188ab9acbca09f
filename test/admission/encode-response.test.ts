import { test } from 'tap';

import { createResponseEncoder, faultText } from '../../src/admission/encode-response.ts';
import type { AdmissionRequest } from '../../src/admission/review-schema.ts';
import { decisionOf, type Decision, type Gap, type JudgedViolation } from '../../src/policy/decision.ts';
import { minimalPod } from '../support/minimal-objects.ts';
import { requestOf, responseOf, type ReviewResponse } from '../support/test-admission.ts';

const encoder = createResponseEncoder('0123456789ab');
const request = requestOf(minimalPod()) as unknown as AdmissionRequest;

const violation: JudgedViolation = {
  rule: 'pods/host-network',
  field: 'spec.hostNetwork',
  message: 'is bad',
  fix: 'Remove it.',
  severity: 'critical',
  policy: 'pods',
  mode: 'enforce',
  leniency: undefined,
};
const gap: Gap = {
  rule: 'flux/own-tenant-references',
  policy: 'flux',
  mode: 'enforce',
  field: '',
  message: 'namespace "x" is not known',
  undecided: 'deny',
};

const decided = (violations: readonly JudgedViolation[], gaps: readonly Gap[] = []): Decision =>
  decisionOf(violations, gaps, [], []);
const encoded = (decision: Decision): ReviewResponse =>
  responseOf({ statusCode: 200, body: encoder.decision(request, decision) });

test('an allowed request is answered with its uid and an annotation', (t) => {
  t.same(JSON.parse(encoder.allowed('a"b\\c')), {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid: 'a"b\\c',
      allowed: true,
      auditAnnotations: { decision: 'allowed', rules: '', policy: '0123456789ab' },
    },
  });
  t.equal(encoder.allowed(request.uid), encoder.decision(request, decided([])));
  t.end();
});

test('a denial is 403 Forbidden, with every violation in message and causes', (t) => {
  const other = {
    ...violation,
    rule: 'pods/tenant-label-matches',
    field: 'metadata.labels["x"]',
    message: 'is wrong',
    fix: 'One:\n  a: b',
  };
  t.same(encoded(decided([violation, other])), {
    uid: request.uid,
    allowed: false,
    status: {
      code: 403,
      reason: 'Forbidden',
      message:
        'spec.hostNetwork: is bad [pods/host-network]\n  Fix: Remove it.\nmetadata.labels["x"]: is wrong [pods/tenant-label-matches]\n  Fix: One:\n    a: b',
      details: {
        group: '',
        kind: 'Pod',
        name: 'web',
        causes: [
          { reason: 'pods/host-network', message: 'is bad', field: 'spec.hostNetwork' },
          { reason: 'pods/tenant-label-matches', message: 'is wrong', field: 'metadata.labels["x"]' },
        ],
      },
    },
    auditAnnotations: {
      decision: 'denied',
      rules: 'pods/host-network,pods/tenant-label-matches',
      policy: '0123456789ab',
      violations:
        '[enforce] pods/host-network spec.hostNetwork: is bad\n[enforce] pods/tenant-label-matches metadata.labels["x"]: is wrong',
    },
  });
  t.end();
});

test('what could not be judged is denied, and says why, once', (t) => {
  const response = encoded(
    decided([], [gap, { ...gap, policy: 'again' }, { ...gap, field: 'spec.x', message: 'is odd' }]),
  );
  t.equal(response.allowed, false);
  t.match(response.status, {
    code: 403,
    reason: 'Forbidden',
    message:
      'could not be judged: namespace "x" is not known [flux/own-tenant-references]\ncould not be judged: spec.x: is odd [flux/own-tenant-references]',
  });
  t.match(response.auditAnnotations, {
    decision: 'undecided',
    rules: 'flux/own-tenant-references',
    undecided: /^\[enforce\] flux\/own-tenant-references: namespace "x" is not known\n/,
  });
  t.end();
});

test('warn admits with a warning, audit with an annotation only', (t) => {
  const warned = encoded(decided([{ ...violation, mode: 'warn' }]));
  t.match(warned, { allowed: true, warnings: ['Tenantgate: spec.hostNetwork: is bad [pods/host-network]'] });
  const advice = { ...violation, mode: 'warn', isAdvice: true, fix: 'Write:\n  hostNetwork: false' } as const;
  t.same(
    encoded(decided([advice])).warnings,
    ['Tenantgate: spec.hostNetwork: is bad [pods/host-network]', 'Tenantgate: fix: Write: hostNetwork: false'],
    'advice comes with its fix, on a line of its own',
  );
  t.match(warned.auditAnnotations, { decision: 'allowed', rules: 'pods/host-network', violations: /^\[warn\]/ });
  t.equal(warned.status, undefined);
  const audited = encoded(decided([{ ...violation, mode: 'audit' }], [{ ...gap, mode: 'audit' }]));
  t.equal(audited.allowed, true);
  t.equal(audited.warnings, undefined);
  t.match(audited.auditAnnotations, {
    decision: 'allowed',
    rules: 'flux/own-tenant-references,pods/host-network',
    violations: /^\[audit\]/,
    undecided: /^\[audit\]/,
  });
  t.match(encoded(decided([], [{ ...gap, mode: 'warn' }])).warnings, [/^Tenantgate: could not be judged: /]);
  t.match(encoded(decided([], [{ ...gap, undecided: 'admit' }])), { allowed: true, warnings: [/could not be judged/] });
  t.match(encoded(decided([violation, { ...violation, mode: 'warn', rule: 'x/y' }])), {
    allowed: false,
    warnings: [/x\/y/],
  });
  t.end();
});

test('an old violation warns, an exempt one is only annotated, an expired exemption is told', (t) => {
  const old = encoded(decided([{ ...violation, leniency: { kind: 'preexisting' } }]));
  t.match(old, {
    allowed: true,
    warnings: [/spec.hostNetwork/],
    auditAnnotations: { decision: 'allowed', violations: /^\[preexisting\]/ },
  });
  const exempt = encoded(
    decided([{ ...violation, leniency: { kind: 'exempt', owner: 'o', reason: 'r', expires: '2026-12-31' } }]),
  );
  t.match(exempt, { allowed: true, auditAnnotations: { decision: 'exempt', violations: /^\[exempt\]/ } });
  t.equal(exempt.warnings, undefined);
  const expired = encoded(
    decisionOf(
      [violation],
      [],
      [{ rule: 'pods/host-network', policy: 'pods', owner: 'ops', expires: '2026-01-01' }],
      [],
    ),
  );
  t.same(expired.warnings, ['Tenantgate: the exemption from pods/host-network ended on 2026-01-01; its owner is ops']);
  t.equal(expired.auditAnnotations?.['expired-exemptions'], 'pods/host-network (ops, until 2026-01-01)');
  t.end();
});

test('the words that make Flux delete an object are never said, even where values hold them', (t) => {
  const evil = 'field is immutable, Immutable field, "IMMUTABLE"';
  const response = encoded(
    decided(
      [{ ...violation, field: `metadata.labels["${evil}"]`, message: evil, fix: evil }],
      [{ ...gap, field: evil, message: evil }],
    ),
  );
  t.notMatch(JSON.stringify(response.status), /immutable/i);
  t.match(response.status?.message, 'field is im-mutable');
  const refusal = responseOf({ statusCode: 200, body: encoder.refusal('u', [{ field: evil, message: evil }]) });
  t.notMatch(refusal.status?.message, /immutable/i);
  t.end();
});

test('what an object says cannot steer a terminal: no control characters, no turned text', (t) => {
  const evil = 'a\u001b[2Jb\u009bc\u202ed\u2028e\u0000f\rg\th';
  const response = encoded(
    decided([
      { ...violation, message: evil, field: evil },
      { ...violation, mode: 'warn', message: `${evil}\n` },
    ]),
  );
  const texts = [
    response.status?.message ?? '',
    ...(response.warnings ?? []),
    ...(response.status?.details?.causes ?? []).flatMap(({ message, field }) => [message, field]),
  ];
  for (const text of texts) t.notMatch(text, /(?!\n)[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
  t.notMatch(response.warnings?.[0], /\n/, 'a warning is one header');
  t.end();
});

test('messages, causes, warnings and annotations are bounded', (t) => {
  const many = Array.from({ length: 400 }, (_, index) => ({
    ...violation,
    field: `spec.x[${index}]`,
    message: 'y'.repeat(500),
  }));
  const denied = encoded(decided(many));
  t.ok(denied.status!.message.length <= 16_000);
  t.match(denied.status?.message, /…$/);
  t.equal(denied.status?.details?.causes.length, 50);
  t.ok(denied.auditAnnotations!['violations']!.length <= 2000);
  const warned = encoded(decided(many.map((one) => ({ ...one, mode: 'warn' }))));
  t.equal(warned.warnings?.length, 15);
  t.ok(warned.warnings!.every((text) => text.length <= 250));
  t.ok(warned.warnings!.reduce((sum, text) => sum + text.length, 0) < 4096);
  t.end();
});

test('each cause is short, and all of them together are bounded too', (t) => {
  const causesOf = (message: string, count = 50): readonly { readonly message: string; readonly field: string }[] =>
    encoded(decided(Array.from({ length: count }, () => ({ ...violation, message, field: message })))).status?.details
      ?.causes ?? [];
  const long = causesOf('y'.repeat(5000));
  t.ok(long.length > 10 && Buffer.byteLength(JSON.stringify(long)) <= 33_000);
  t.ok(long.every(({ message, field }) => message.length === 1000 && field.length === 1000));
  t.equal(causesOf('y'.repeat(100)).length, 50);
  t.equal(causesOf('€'.repeat(5000), 1)[0]?.message.length, 1000, 'one is always told');
  t.ok(causesOf('immutable '.repeat(500)).every(({ message }) => message.length <= 1000));
  t.end();
});

test('a text is not cut within a character', (t) => {
  for (const lead of ['', 'a']) {
    const response = encoded(decided([{ ...violation, message: `${lead}${'😀'.repeat(9000)}` }]));
    const cause = response.status?.details?.causes[0]?.message ?? '';
    t.match(cause, /😀…$/u);
    t.ok(cause.isWellFormed() && cause.length >= 999);
    t.ok(response.status?.message.isWellFormed());
    t.ok(response.auditAnnotations?.['violations']?.isWellFormed());
  }
  t.end();
});

test('annotations have no control characters either, and no item that an object wrote', (t) => {
  const evil = 'a\u001b[2Jb\u202ec\n[exempt] pods/host-network: fine';
  const { auditAnnotations = {} } = encoded(
    decisionOf(
      [{ ...violation, message: evil }, violation],
      [{ ...gap, message: evil }],
      [{ rule: 'pods/host-network', policy: 'pods', owner: 'o\u001bps', expires: '2026-01-01' }],
      [],
    ),
  );
  t.equal(
    auditAnnotations['violations'],
    '[enforce] pods/host-network spec.hostNetwork: a [2Jb c\n  [exempt] pods/host-network: fine\n[enforce] pods/host-network spec.hostNetwork: is bad',
  );
  t.equal(
    auditAnnotations['undecided'],
    '[enforce] flux/own-tenant-references: a [2Jb c\n  [exempt] pods/host-network: fine',
  );
  t.equal(auditAnnotations['expired-exemptions'], 'pods/host-network (o ps, until 2026-01-01)');
  t.end();
});

test('a patch is JSON Patch in base64, and says which rules it is of', (t) => {
  const patch = [{ op: 'add', path: '/metadata/labels', value: { 'tenantgate.dev/tenant': 'acme' } }] as const;
  const response = responseOf({ statusCode: 200, body: encoder.patch('u', patch, ['pods/tenant-label-default']) });
  t.match(response, {
    uid: 'u',
    allowed: true,
    patchType: 'JSONPatch',
    auditAnnotations: { decision: 'patched', rules: 'pods/tenant-label-default', policy: '0123456789ab' },
  });
  t.same(JSON.parse(Buffer.from(response.patch ?? '', 'base64').toString()), patch);
  t.end();
});

test('a refusal outside the rules is a denial too', (t) => {
  const response = responseOf({
    statusCode: 200,
    body: encoder.refusal('u', [
      { field: '', message: 'oops' },
      { field: 'kind', message: 'is bad' },
    ]),
  });
  t.same(response, {
    uid: 'u',
    allowed: false,
    status: { code: 403, reason: 'Forbidden', message: 'the request could not be judged: oops; kind is bad' },
    auditAnnotations: { decision: 'undecided', rules: '', policy: '0123456789ab' },
  });
  t.equal(faultText([{ field: 'a', message: 'b' }]), 'a b');
  t.end();
});

test('a request without a name has details without one', (t) => {
  const nameless = { ...request, name: null } as AdmissionRequest;
  t.equal(
    responseOf({ statusCode: 200, body: encoder.decision(nameless, decided([violation])) }).status?.details?.name,
    '',
  );
  t.end();
});

test('a planned denial names its day first in the warning, and in the annotation', (t) => {
  const planned = { ...violation, mode: 'warn', enforcedFrom: '2027-01-31', message: 'x'.repeat(400) } as const;
  const plannedGap = { ...gap, mode: 'warn', enforcedFrom: '2027-02-01' } as const;
  const { warnings, auditAnnotations, ...bare } = encoded(decided([planned], [plannedGap]));
  t.same(bare, { uid: request.uid, allowed: true });
  t.match(warnings, [
    /^Tenantgate: will be denied from 2027-01-31: spec\.hostNetwork: x+…$/,
    /^Tenantgate: will be denied from 2027-02-01: could not be judged: namespace "x" is not known/,
  ]);
  t.match(auditAnnotations, {
    violations: /^\[warn, will be denied from 2027-01-31\] pods\/host-network/,
    undecided: /^\[warn, will be denied from 2027-02-01\] flux\/own-tenant-references/,
  });
  const audited = encoded(decided([{ ...planned, mode: 'audit' }], [{ ...plannedGap, mode: 'audit' }]));
  t.equal(audited.warnings, undefined, 'mode audit is silent');
  t.match(audited.auditAnnotations?.['violations'], /^\[audit, will be denied from 2027-01-31\]/);
  const old = encoded(decided([{ ...planned, mode: 'warn', leniency: { kind: 'preexisting' } }]));
  t.match(old.warnings, [/^Tenantgate: spec\.hostNetwork: /], 'what is let pass anyway will not be denied');
  t.match(old.auditAnnotations?.['violations'], /^\[preexisting\]/);
  t.end();
});
