import fc from 'fast-check';
import { test, type Test } from 'tap';

import { isJsonObject, type JsonObject } from '../../src/algebra/json-object.ts';
import { property } from '../../src/kubernetes/namespace-fact.ts';
import { PodParser } from '../../src/kubernetes/pod-parser.ts';

/** As Go writes JSON. */
const goText = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);

interface Mount {
  readonly name: string;
  readonly mountPath: string;
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly object[];
  readonly volumeMounts?: readonly Mount[];
}

interface Volume {
  readonly name: string;
  readonly projected?: object;
}

interface Spec {
  readonly volumes?: readonly Volume[];
  readonly initContainers?: readonly Container[];
  readonly containers?: readonly Container[];
  readonly nodeName?: string | undefined;
}

const isTokenName = (name: string): boolean => /^kube-api-access-[a-z0-9]{5}$/.test(name);

/** Without what is left out of Pods, by what is parsed. */
function reduced(pod: JsonObject, hidesNode = true, hidesToken = true): JsonObject {
  const [spec, podStatus] = [pod['spec'] as Spec | undefined, pod['status']];
  // Any key may have another character.
  if (spec === undefined || !isJsonObject(podStatus)) return pod;
  const token = spec.volumes?.find(({ name, projected }) => hidesToken && projected !== undefined && isTokenName(name));
  const renamed = <T extends { readonly name?: string }>(one: T): T =>
    token?.name === (one.name ?? '') ? { ...one, name: 'kube-api-access' } : one;
  const mounting = (container: Container): Container =>
    container.volumeMounts === undefined
      ? container
      : { ...container, volumeMounts: container.volumeMounts.map(renamed) };
  const members: Partial<Spec> = {
    ...(spec.volumes && {
      volumes: spec.volumes.map((volume) => (volume.projected === undefined ? volume : renamed(volume))),
    }),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(mounting) }),
    ...(spec.containers && { containers: spec.containers.map(mounting) }),
    ...(hidesNode && { nodeName: undefined }),
  };
  const status = Object.entries(podStatus).map(([name, member]): [string, unknown] => [
    name,
    name === 'conditions' || name.endsWith('ontainerStatuses') ? [] : member,
  ]);
  return { ...pod, spec: { ...spec, ...members }, status: Object.fromEntries(status) };
}

const withoutFields = (json: string): string =>
  JSON.stringify(
    JSON.parse(json, (key, member: unknown) => (key === 'fieldsV1' && isJsonObject(member) ? {} : member)),
  );

/** What a Pod may become: where it is written in an odd way, more may stay as it is. */
function permitted(json: string): ReadonlySet<string> {
  const pod = JSON.parse(json) as JsonObject;
  const choices = [pod, reduced(pod), reduced(pod, false), reduced(pod, true, false), reduced(pod, false, false)];
  return new Set(choices.map((one) => withoutFields(JSON.stringify(one))));
}

const parsedBy = (parser: PodParser, json: string): unknown => parser.parse(Buffer.from(json));
const specBy = (parser: PodParser, json: string): unknown => property(parsedBy(parser, json), 'spec');

const hostile = fc.constantFrom(
  '"spec":{',
  ',"spec":{',
  ',"status":{',
  '"nodeName":"',
  '"nodeName":"n",',
  '\\"nodeName":"',
  'kube-api-access-abcde',
  'kube-api-access-fghij',
  'kube-api-access-abcdef',
  '"kube-api-access-abcde","projected":',
  '"conditions":[',
  '"containerStatuses":[',
  '"fieldsV1":{',
  '"',
  '\\',
  '\\"',
  '{',
  '}',
  '[',
  ']',
  '",',
  '<&>',
  'ü',
  '€',
  '𝄞',
);
const text = fc.oneof(
  hostile,
  fc.constantFrom('a', 'nodeName', 'spec', 'status', 'projected', 'a"nodeName', 'a"spec', 'a"fieldsV1', '"conditions'),
  fc.array(fc.oneof(hostile, fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 3 }).map((all) => all.join('')),
);
/** Without backslashes: after the key "\\", V8's JSON.parse takes the key "\"" for the same. */
const key = text.map((one) => one.replaceAll('\\', '/'));
const texts = fc.dictionary(key, text, { maxKeys: 3 });
const suffix = fc.constantFrom('abcde', 'fghij', '01234');

const metadata = fc.record(
  {
    generateName: text,
    namespace: fc.constant('tenant'),
    labels: texts,
    annotations: texts,
    ownerReferences: fc.array(fc.record({ kind: fc.constant('ReplicaSet'), name: text, controller: fc.boolean() }), {
      maxLength: 2,
    }),
    managedFields: fc.array(
      fc.record({
        manager: text,
        fieldsType: fc.constant('FieldsV1'),
        fieldsV1: fc.constantFrom(
          {},
          { 'f:spec': { 'k:{"name":"spec"}': {} }, 'f:status': {} },
          { spec: { status: {} } },
        ),
        subresource: text,
      }),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: ['namespace'] },
);

const volume = fc.oneof(
  fc.record({ name: text, hostPath: fc.record({ path: text, type: text }) }),
  fc.record({ name: text, configMap: fc.record({ name: text, defaultMode: fc.constant(420) }) }),
  fc.record({ name: text, csi: fc.record({ driver: text, volumeAttributes: texts }) }),
  fc.record({ name: text, projected: fc.record({ sources: fc.array(texts, { maxLength: 1 }) }) }),
  fc.record({
    name: text,
    ephemeral: fc.record({
      volumeClaimTemplate: fc.record({ metadata: fc.record({ labels: texts }), spec: fc.record({ volumeName: text }) }),
    }),
  }),
);
const container = fc.record(
  {
    name: text,
    image: text,
    env: fc.array(fc.record({ name: text, value: text }), { maxLength: 2 }),
    volumeMounts: fc.array(fc.record({ name: text, readOnly: fc.boolean(), mountPath: text }), { maxLength: 2 }),
  },
  { requiredKeys: ['name', 'image'] },
);
const template = fc.record({
  metadata,
  volumes: fc.array(volume, { maxLength: 2 }),
  initContainers: fc.option(fc.array(container, { maxLength: 1 }), { nil: undefined }),
  containers: fc.array(container, { minLength: 1, maxLength: 2 }),
  nodeSelector: fc.option(texts, { nil: undefined }),
  status: fc.record(
    {
      phase: fc.constant('Running'),
      conditions: fc.array(fc.record({ type: text, status: text, message: text }), { maxLength: 2 }),
      message: text,
      podIP: fc.constant('10.0.0.1'),
      initContainerStatuses: fc.array(fc.record({ name: text, state: texts }), { maxLength: 1 }),
      containerStatuses: fc.array(fc.record({ name: text, state: texts }), { maxLength: 2 }),
      qosClass: text,
      ephemeralContainerStatuses: fc.array(fc.record({ name: text }), { maxLength: 1 }),
    },
    { requiredKeys: ['phase'] },
  ),
});
type Template = typeof template extends fc.Arbitrary<infer T> ? T : never;

const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: 7 }, arbitrary);

const replica = fc.record({
  name: text,
  node: fc.oneof(
    { arbitrary: fc.constantFrom('node-1', 'node-20', 'kube-api-access-abcde'), weight: 7 },
    fc.oneof(text, fc.constant(undefined)),
  ),
  suffix: fc.oneof({ arbitrary: suffix, weight: 7 }, fc.constant(undefined)),
  mounted: seldom(suffix),
});
type Replica = typeof replica extends fc.Arbitrary<infer T> ? T : never;

/** In the order of the API server. */
function podOf(from: Template, one: Replica) {
  const token = one.suffix === undefined ? undefined : `kube-api-access-${one.suffix}`;
  const mount = one.mounted === undefined ? token : `kube-api-access-${one.mounted}`;
  const volumes = [...from.volumes, ...(token === undefined ? [] : [{ name: token, projected: { sources: [] } }])];
  const containers = from.containers.map((each) => ({
    ...each,
    volumeMounts: [
      ...(each.volumeMounts ?? []),
      ...(mount === undefined ? [] : [{ name: mount, readOnly: true, mountPath: '/var/run/secrets' }]),
    ],
  }));
  return {
    metadata: { name: one.name, ...from.metadata },
    spec: {
      // Names of volumes are unique.
      volumes: volumes.filter(({ name }, index) => volumes.findLastIndex((other) => other.name === name) === index),
      initContainers: from.initContainers,
      containers,
      restartPolicy: 'Always',
      nodeSelector: from.nodeSelector,
      serviceAccountName: 'default',
      nodeName: one.node,
      securityContext: {},
      tolerations: [{ operator: 'Exists' }],
    },
    status: from.status,
  };
}

/** At this place a character is another. */
const slip = fc.record({
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  to: fc.constantFrom('a', '5', '"', '{', '}', '[', ']', ',', ':', '\\'),
});
const sequence = fc.tuple(
  fc.array(template, { minLength: 1, maxLength: 2 }),
  fc.array(fc.tuple(fc.nat(), replica, seldom(slip)), { minLength: 2, maxLength: 8 }),
);

function jsonOf(from: Template, one: Replica, change: { at: number; to: string } | undefined): string {
  const json = goText(podOf(from, one));
  if (change === undefined) return json;
  const at = Math.floor(change.at * json.length);
  // Half of a surrogate pair is no UTF-8.
  return (json.slice(0, at) + change.to + json.slice(at + 1)).toWellFormed();
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('Pods are what they are when each is parsed whole, whatever came before', (t) => {
  let [all, less, shared, slipped] = [0, 0, 0, 0];
  fc.assert(
    fc.property(sequence, ([templates, pods]) => {
      const parser = new PodParser();
      let last: unknown;
      for (const [which, one, change] of pods) {
        const from = templates[which % templates.length];
        const json = from && jsonOf(from, one, change);
        if (json === undefined || !isJson(json)) continue;
        const pod = parsedBy(parser, json);
        const parsed = withoutFields(JSON.stringify(pod));
        if (!permitted(json).has(parsed)) throw new Error(`${json}\nwas parsed as\n${parsed}`);
        all += 1;
        if (change !== undefined) slipped += 1;
        if (parsed === withoutFields(JSON.stringify(reduced(JSON.parse(json) as JsonObject)))) less += 1;
        if (property(pod, 'spec') === last) shared += 1;
        last = property(pod, 'spec');
      }
    }),
    { numRuns: 2_000 },
  );
  t.ok(less > all / 4 && shared > all / 20 && slipped > all / 200, `${less} ${shared} ${slipped} of ${all}`);
  t.end();
});

const token = (name: string) => ({ name, projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } });
const plain = (end: string, node: string) => ({
  metadata: { name: `web-${end}`, managedFields: [{ manager: 'a', fieldsV1: { 'f:spec': {} } }] },
  spec: {
    volumes: [token(`kube-api-access-${end}`)],
    containers: [
      {
        name: 'web',
        image: 'web:1',
        volumeMounts: [{ name: `kube-api-access-${end}`, readOnly: true, mountPath: '/var/run/secrets' }],
      },
    ],
    nodeName: node,
    securityContext: {},
  },
  status: { phase: 'Running', conditions: [{ type: 'Ready' }], containerStatuses: [{ name: 'web' }], qosClass: 'x' },
});

test('replicas share one spec, without the node and the name of the token volume', (t) => {
  const parser = new PodParser();
  const [first, second] = [goText(plain('abcde', 'node-1')), goText(plain('fghij', 'another-node'))];
  const pod = parsedBy(parser, first);
  t.strictSame(pod, {
    metadata: { name: 'web-abcde', managedFields: [{ manager: 'a', fieldsV1: {} }] },
    spec: {
      volumes: [token('kube-api-access')],
      containers: [
        {
          name: 'web',
          image: 'web:1',
          volumeMounts: [{ name: 'kube-api-access', readOnly: true, mountPath: '/var/run/secrets' }],
        },
      ],
      securityContext: {},
    },
    status: { phase: 'Running', conditions: [], containerStatuses: [], qosClass: 'x' },
  });
  t.strictSame(Object.keys(pod as object), ['metadata', 'spec', 'status']);
  const other = parsedBy(parser, second);
  t.equal(property(other, 'spec'), property(pod, 'spec'));
  t.equal(property(property(other, 'metadata'), 'name'), 'web-fghij');
  t.equal(specBy(parser, first), property(pod, 'spec'));
  t.end();
});

test('a spec that differs in any one character is another', (t) => {
  const json = goText(plain('abcde', 'node-1'));
  const [begin, end] = [json.indexOf('"spec":{') + '"spec":'.length, json.indexOf(',"status":{')];
  let [others, same] = [0, 0];
  for (let at = begin; at < end; at += 1) {
    const changed = `${json.slice(0, at)}${json[at] === '7' ? '8' : '7'}${json.slice(at + 1)}`;
    if (!isJson(changed)) continue;
    const parser = new PodParser();
    const isShared = specBy(parser, json) === specBy(parser, changed);
    if (isShared) same += 1;
    else others += 1;
    const isNode = at >= json.indexOf('node-1') && at < json.indexOf('node-1') + 'node-1'.length;
    if (isShared !== isNode) t.fail(changed);
  }
  t.ok(others > 100);
  t.equal(same, 'node-1'.length);
  t.end();
});

test('a spec that goes on or ends earlier is another', (t) => {
  const { spec } = plain('abcde', 'node-1');
  const parser = new PodParser();
  const json = goText({ metadata: {}, spec, status: {} });
  for (const other of [
    { ...spec, x: 1 },
    { ...spec, securityContext: undefined, x: {} },
    { nodeName: 'a', b: {} },
    {},
  ]) {
    const shared = specBy(parser, json);
    const pod = parsedBy(parser, goText({ metadata: {}, spec: other, status: {} }));
    t.not(property(pod, 'spec'), shared);
    t.notOk(property(property(pod, 'spec'), 'nodeName'));
  }
  t.end();
});

const withVolumes = (volumes: readonly object[], more: object = {}) => ({
  metadata: { name: 'a' },
  spec: { volumes, containers: [], ...more },
  status: {},
});
/** Nothing of it is to be left out. */
const unchanged = (t: Test, pod: object) => {
  t.strictSame(parsedBy(new PodParser(), goText(pod)), JSON.parse(goText(pod)));
};

test('only a projected volume has the name of a token volume left out', (t) => {
  const hostPath = { name: 'kube-api-access-abcde', hostPath: { path: '/' } };
  unchanged(t, withVolumes([hostPath]));
  unchanged(
    t,
    withVolumes([token('kube-api-access-abcd'), token('kube-api-access-abcdef'), token('kube-api-access-ABCDE')]),
  );
  unchanged(t, withVolumes([token('my-kube-api-access-abcde')]));
  t.strictSame(
    specBy(new PodParser(), goText(withVolumes([hostPath, token('kube-api-access-fghij')]))),
    withVolumes([hostPath, token('kube-api-access')]).spec,
  );
  t.end();
});

test('a mount of another volume than the token volume is not taken for the same', (t) => {
  const parser = new PodParser();
  const shared = specBy(parser, goText(plain('abcde', 'node-1')));
  const json = goText(plain('abcde', 'node-1')).replace(
    '{"name":"kube-api-access-abcde","readOnly"',
    '{"name":"kube-api-access-fghij","readOnly"',
  );
  t.not(specBy(parser, json), shared);
  t.match(specBy(parser, json), {
    volumes: [{ name: 'kube-api-access' }],
    containers: [{ volumeMounts: [{ name: 'kube-api-access-fghij' }] }],
  });
  t.end();
});

test('a replica whose token volume is the one that another only mounts is not taken for the same', (t) => {
  const podWith = (volume: string) =>
    goText({
      ...withVolumes([token(volume)], {
        containers: [{ name: 'a', image: 'a', volumeMounts: [{ name: 'kube-api-access-fghij', mountPath: '/a' }] }],
      }),
    });
  const parser = new PodParser();
  specBy(parser, podWith('kube-api-access-abcde'));
  const json = podWith('kube-api-access-fghij');
  t.strictSame(parsedBy(parser, json), parsedBy(new PodParser(), json));
  t.end();
});

test('what has the name of the token volume, or has it in its text, keeps it', (t) => {
  const volumes = [token('kube-api-access-abcde')];
  for (const containers of [
    [{ name: 'a', image: 'registry.example/kube-api-access-abcde:1' }],
    [{ name: 'kube-api-access-abcde', image: 'a' }],
    [{ name: 'a', image: 'a', env: [{ name: 'A', value: 'kube-api-access-abcde' }] }],
    [{ name: 'a', image: 'a', volumeMounts: [{ name: 'kube-api-access-abcdef', mountPath: '/a' }] }],
  ])
    t.match(specBy(new PodParser(), goText(withVolumes(volumes, { containers }))), { containers }, goText(containers));
  const csi = { volumeAttributes: { a: 'kube-api-access-abcde', projected: 'b' } };
  unchanged(t, withVolumes([{ name: 'a', csi }]));
  t.end();
});

test('only the node of the spec is left out, and no other value with such a key', (t) => {
  const more = { nodeSelector: { nodeName: 'a', zone: 'b' } };
  unchanged(t, withVolumes([], more));
  const csi = { volumeAttributes: { nodeName: 'a', pool: 'b' } };
  unchanged(t, withVolumes([{ name: 'a', csi }]));
  unchanged(t, withVolumes([{ name: 'a', csi: { volumeAttributes: { 'a"nodeName': 'b', c: 'd' } } }]));
  const [one, other] = ['a', 'c'].map((nodeName) =>
    goText(withVolumes([], { nodeSelector: { nodeName, zone: 'b' }, nodeName: 'node-1', securityContext: {} })),
  );
  const parser = new PodParser();
  t.not(specBy(parser, one ?? ''), specBy(parser, other ?? ''));
  t.end();
});

test('a Pod of another form is parsed whole', (t) => {
  const { metadata: head, spec, status } = plain('abcde', 'node-1');
  const template = { metadata: { labels: { a: 'b' } }, spec: { accessModes: ['ReadWriteOnce'] } };
  const ephemeral = { name: 'a', ephemeral: { volumeClaimTemplate: template } };
  for (const pod of [
    { metadata: { name: 'a' }, spec },
    { metadata: { name: 'a' }, status },
    { status, spec, metadata: { name: 'a' } },
    { spec: null, status: {} },
    { spec: [], status: {} },
    { metadata: { spec: {}, status: {} } },
    { metadata: { spec: {}, status: {} }, spec, status },
    { metadata: {}, spec: { a: {}, status: {} } },
    { metadata: {}, spec: {}, more: {}, status: {} },
    withVolumes([ephemeral]),
    { metadata: { name: 'a' }, spec: { volumes: [ephemeral] } },
    { metadata: { name: 'a' }, spec: { volumes: [ephemeral], status: {} }, status: {} },
    {},
  ])
    unchanged(t, pod);
  for (const value of [1, null, 'a', [], [{ spec: {}, status: {} }]]) {
    const parsed = parsedBy(new PodParser(), JSON.stringify(value));
    t.strictSame(parsed, value);
  }
  const pretty = JSON.stringify({ metadata: head, spec, status }, undefined, 1);
  t.strictSame(parsedBy(new PodParser(), pretty), JSON.parse(pretty));
  t.end();
});

test('what has no spec of its own is given none', (t) => {
  unchanged(t, { spec: null, other: { spec: { a: 1 }, status: {} } });
  unchanged(t, { spec: null, 'a"spec': { a: 1 }, status: {} });
  t.end();
});

test('text that is cut off is an error, also after a replica', (t) => {
  const bytesOf = (end: string) => Buffer.from(goText(plain(end, 'node-1')).replace('web:1', 'wéb:1'));
  const [first, second] = [bytesOf('abcde'), bytesOf('fghij')];
  const parser = new PodParser();
  const shared = property(parser.parse(first), 'spec');
  for (let length = 0; length < second.length; length += 1)
    t.throws(() => parser.parse(second.subarray(0, length)), SyntaxError, String(length));
  t.equal(property(parser.parse(second), 'spec'), shared);
  t.end();
});

test('what is no JSON is an error', (t) => {
  const json = goText(plain('abcde', 'node-1'));
  const parser = new PodParser();
  parsedBy(parser, json);
  for (const broken of [
    `${json}x`,
    `x${json}`,
    `${json}}`,
    json.replace('"spec":{', '"spec":{,'),
    json.replace(',"status":{', ',,"status":{'),
    json.replace(',"status":{', 'x,"status":{'),
    json.replace(',"status":{', '},"status":{'),
    json.replace('"web:1"', 'web:1'),
  ])
    t.throws(() => parsedBy(parser, broken), SyntaxError, broken);
  t.end();
});

test('a node that is no JSON is an error', (t) => {
  const json = goText(plain('abcde', 'node-1'));
  for (const node of ['node\\', '\\x', 'a\nb']) {
    const parser = new PodParser();
    const broken = json.replace('node-1', node);
    t.throws(() => parsedBy(parser, broken), SyntaxError);
    parsedBy(parser, json);
    t.throws(() => parsedBy(parser, broken), SyntaxError);
  }
  t.end();
});
