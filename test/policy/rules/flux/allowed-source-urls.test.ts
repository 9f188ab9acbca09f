import { test } from 'tap';

import { twoTenants } from '../../../support/facts.ts';
import { judge, linesOf, setOf } from '../../../support/judge.ts';
import { minimalObject, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'flux/allowed-source-urls';
const git = (url: unknown): Manifest => tweak(minimalObject('GitRepository'), 'spec.url', url);
const hostOf = (
  kind: 'Bucket' | 'ImageRepository' | 'Provider' | 'OCIRepository',
  path: string,
  value: string,
): Manifest => tweak(minimalObject(kind), `spec.${path}`, value);
const lines = (object: Manifest): readonly string[] => linesOf(judge(rule, object));

test('public hosts over encrypted schemes are allowed', (t) => {
  const urls = [
    'https://github.com/acme/web',
    'https://github.com:443/acme/web.git',
    'https://GitHub.com./acme',
    'https://github.com',
    'https://github.com?a=b',
    'https://example.com/a%20b/c?d=e#f',
    'ssh://git@github.com/acme/web',
    'ssh://git@example.com:2222/~acme/web',
    'HTTPS://github.com/acme',
    'https://8.8.8.8/a',
    'https://[2606:4700::1111]/a',
    'https://xn--bcher-kva.example/a',
    'https://a.b.c.example.com/a',
  ];
  for (const url of urls) t.same(lines(git(url)), [], url);
  for (const nothing of [undefined, null, '']) t.same(lines(git(nothing)), []);
  t.same(lines(tweak(git(''), 'spec', null)), []);
  t.same(lines(hostOf('OCIRepository', 'url', 'oci://ghcr.io/acme/web')), []);
  for (const endpoint of ['s3.amazonaws.com', 'storage.example.com:9000', 'https://acme.blob.core.windows.net']) {
    t.same(lines(hostOf('Bucket', 'endpoint', endpoint)), [], endpoint);
  }
  for (const image of ['web', 'acme/web', 'ghcr.io/acme/web', 'registry.example.com:5000/web']) {
    t.same(lines(hostOf('ImageRepository', 'image', image)), [], image);
  }
  t.end();
});

/** Hosts that are not of the internet, and why; in a URL of their own. */
const privateHosts: Readonly<Record<string, string>> = {
  localhost: 'is a name without a domain, which the cluster’s DNS completes',
  minio: 'is a name without a domain, which the cluster’s DNS completes',
  'a.localhost': 'is a name of the local domain "localhost"',
  'printer.local': 'is a name of the local domain "local"',
  'gitea.globex-dev.svc.cluster.local': 'is a name of the local domain "local"',
  'metadata.google.internal': 'is a name of the local domain "internal"',
  'nas.home.arpa': 'is a name of the local domain "home.arpa"',
  'gitea.globex-dev.svc': 'is the name of a service or pod in the cluster',
  'web-0.gitea.globex-dev.svc': 'is the name of a service or pod in the cluster',
  'gitea.globex-dev.svc.k8s.example.com': 'is the name of a service or pod in the cluster',
  'web-0.gitea.globex-dev.svc.k8s.example.com': 'is the name of a service or pod in the cluster',
  '10-1-2-3.globex-dev.pod.k8s.example.com': 'is the name of a service or pod in the cluster',
  'gitea.globex-dev': 'is the name of a service in namespace "globex-dev" to the cluster’s DNS',
  'web-0.gitea.globex-dev': 'is the name of a service in namespace "globex-dev" to the cluster’s DNS',
  '169.254.169.254': 'is an address that tenants may never name',
  '127.0.0.1': 'is an address that tenants may never name',
  '[::1]': 'is an address that tenants may never name',
  '[fd00:ec2::254]': 'is an address that tenants may never name',
  '10.0.0.1': 'is in the cluster’s pod range',
  '192.168.1.1': 'is in the cluster’s node range',
  '[fd12::1]': 'is in the cluster’s pod range',
  '224.0.0.1': 'is an address that is not of the internet',
  '255.255.255.255': 'is an address that is not of the internet',
  '198.51.100.7': 'is an address that is not of the internet',
  '[2001:db8::1]': 'is an address that is not of the internet',
  '10.0.0.1.nip.io': 'is a denied host',
  'lvh.me': 'is a denied host',
};

for (const [host, why] of Object.entries(privateHosts)) {
  test(`${host} is refused`, (t) => {
    const shown = JSON.stringify(host.replace(/^\[(.*)\]$/, '$1'));
    for (const url of [`https://${host}/a`, `https://${host}:8443/a`, `ssh://git@${host}/a`]) {
      t.same(lines(git(url)), [`spec.url: ${JSON.stringify(url)} goes to ${shown}, which ${why}`]);
    }
    t.equal(judge(rule, git(`https://${host}/a`)).violations[0]?.fix, 'Use a public host.');
    const upper = host.toUpperCase();
    t.equal(judge(rule, git(`https://${upper}/a`)).outcome, 'denied', upper);
    const named = host.startsWith('[') ? host : `${host}.`;
    t.equal(judge(rule, git(`https://${named}/a`)).outcome, 'denied', named);
    t.end();
  });
}

test('private addresses stay so where the operator has narrowed the cluster’s ranges', (t) => {
  const set = setOf(rule, undefined, {
    cluster: { pods: ['10.244.0.0/16'] },
    addresses: { forbidden: [] },
  });
  for (const host of [
    '10.0.0.1',
    '172.16.0.1',
    '192.168.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '[fd00::1]',
    '[fe80::1]',
  ]) {
    t.match(
      linesOf(judge(rule, git(`https://${host}/`), { set }))[0],
      'is an address that is not of the internet',
      host,
    );
  }
  t.end();
});

/** Texts that one parser reads as one host and another as another, or that hide what they name. */
const tricks: Readonly<Record<string, string>> = {
  'https://github.com@evil.example/a':
    'has a user before its host, which can pass for the host; credentials belong into a Secret',
  'https://github.com:443@evil.example/a':
    'has a user before its host, which can pass for the host; credentials belong into a Secret',
  'https://user:secret@github.com/a':
    'has a user before its host, which can pass for the host; credentials belong into a Secret',
  'ssh://git:secret@github.com/a':
    'has a user before its host, which can pass for the host; credentials belong into a Secret',
  'ssh://git@github.com@evil.example/a':
    'has a user before its host, which can pass for the host; credentials belong into a Secret',
  'https://github.com\\@evil.example/a': 'has characters that parsers of URLs read differently',
  'https://evil.example\\.github.com/a': 'has characters that parsers of URLs read differently',
  'https://github.com/a b': 'has characters that parsers of URLs read differently',
  'https://github.com\n.evil.example/': 'has characters that parsers of URLs read differently',
  'https://gíthub.com/a': 'has characters that parsers of URLs read differently',
  'https://github。com/a': 'has characters that parsers of URLs read differently',
  'https:///github.com/a': 'has no host that is a name or an address',
  'https://': 'has characters that parsers of URLs read differently',
  'https://%67ithub.com/a': 'has no host that is a name or an address',
  'https://github..com/a': 'has no host that is a name or an address',
  'https://github.com../a': 'has no host that is a name or an address',
  'https://-a.example/a': 'has no host that is a name or an address',
  'https://[::1/a': 'has a port that is not a number from 1 to 65535',
  'https://[github.com]/a': 'has a host in brackets that is no IPv6 address',
  'https://[::ffff:10.0.0.1]/a': 'has a host in brackets that is no IPv6 address',
  'https://[fe80::1%25eth0]/a': 'has a host in brackets that is no IPv6 address',
  'https://2130706433/a': 'has a host of numbers that some programs read as an address',
  'https://0x7f000001/a': 'has a host of numbers that some programs read as an address',
  'https://127.1/a': 'has a host of numbers that some programs read as an address',
  'https://0177.0.0.1/a': 'has a host of numbers that some programs read as an address',
  'https://010.0.0.1/a': 'has a host of numbers that some programs read as an address',
  'https://a.0x10/a': 'has a host of numbers that some programs read as an address',
  'https://github.com:/a': 'has a port that is not a number from 1 to 65535',
  'https://github.com:0/a': 'has a port that is not a number from 1 to 65535',
  'https://github.com:65536/a': 'has a port that is not a number from 1 to 65535',
  'https://github.com:443x/a': 'has a port that is not a number from 1 to 65535',
  'https://::1/a': 'has a port that is not a number from 1 to 65535',
  'https://github.com/acme/../evil': 'has a path with empty, dot or encoded segments, which servers read differently',
  'https://github.com/acme/%2e%2e/evil':
    'has a path with empty, dot or encoded segments, which servers read differently',
  'https://github.com/acme%2fevil': 'has a path with empty, dot or encoded segments, which servers read differently',
  'https://github.com//evil': 'has a path with empty, dot or encoded segments, which servers read differently',
  'git@github.com:acme/web.git': 'is in the form of scp, not a URL; write ssh://user@host/path',
  'github.com/acme/web': 'is not a URL with a scheme, such as https://host/path',
  '//github.com/acme': 'is not a URL with a scheme, such as https://host/path',
  '://github.com/acme': 'is not a URL with a scheme, such as https://host/path',
  'ht tps://github.com': 'is not a URL with a scheme, such as https://host/path',
};

for (const [url, problem] of Object.entries(tricks)) {
  test(`${JSON.stringify(url)} is no plain URL`, (t) => {
    const decision = judge(rule, git(url));
    t.same(
      linesOf(decision).map((line) => line.slice(line.indexOf(problem))),
      [problem],
    );
    t.equal(decision.violations[0]?.fix, 'Write the URL as scheme://host/path.');
    t.end();
  });
}

test('a URL without end is not looked into', (t) => {
  const [line = ''] = lines(git(`https://github.com/${'a'.repeat(3000)}`));
  t.match(line, /is longer than 2048 characters$/);
  t.ok(line.length < 300);
  t.match(lines(hostOf('Bucket', 'endpoint', 'a'.repeat(3000)))[0], /is longer than 2048 characters$/);
  t.end();
});

test('schemes are those that the policy allows', (t) => {
  const refused = 'which is not among the allowed: "https", "oci", "ssh"';
  for (const scheme of ['http', 'git', 'file', 'ftp', 'nats']) {
    const url = `${scheme}://example.com/a`;
    const decision = judge(rule, git(url));
    t.same(linesOf(decision), [`spec.url: ${JSON.stringify(url)} has scheme "${scheme}", ${refused}`]);
    t.equal(decision.violations[0]?.fix, 'Use one of the allowed schemes.');
  }
  t.same(linesOf(judge(rule, git('http://10.0.0.1/'))), [
    `spec.url: "http://10.0.0.1/" has scheme "http", ${refused}`,
    'spec.url: "http://10.0.0.1/" goes to "10.0.0.1", which is in the cluster’s pod range',
  ]);
  const set = setOf(rule, { schemes: ['https', 'http'] });
  t.same(linesOf(judge(rule, git('http://example.com/a'), { set })), []);
  t.equal(judge(rule, git('ssh://git@example.com/a'), { set }).outcome, 'denied');
  t.end();
});

test('insecure is refused where plain HTTP is', (t) => {
  const insecure = tweak(minimalObject('OCIRepository'), 'spec.insecure', true);
  const decision = judge(rule, insecure);
  t.same(linesOf(decision), ['spec.insecure: true has Flux connect without encryption']);
  t.equal(decision.violations[0]?.fix, 'Remove spec.insecure.');
  t.same(linesOf(judge(rule, tweak(insecure, 'spec.insecure', false))), []);
  const http = setOf(rule, { schemes: ['http', 'oci'] });
  t.same(linesOf(judge(rule, insecure, { set: http })), []);
  const place = setOf(rule, { allowed: [{ host: 'ghcr.io', schemes: ['oci', 'http'] }] });
  t.same(linesOf(judge(rule, insecure, { set: place })), []);
  const encrypted = setOf(rule, { allowed: [{ host: 'ghcr.io' }] });
  t.equal(judge(rule, insecure, { set: encrypted }).outcome, 'denied');
  t.end();
});

const allowed = [
  { host: 'github.com', path: '/acme' },
  { host: '*.example.com' },
  { host: 'git.tools.svc', port: 3000, schemes: ['http'] },
  { host: '10.1.2.3' },
];
const withList = { set: setOf(rule, { allowed }) };

test('allowed places are compared by scheme, host, port and whole segments of the path', (t) => {
  const inside = [
    'https://github.com/acme',
    'https://github.com/acme/',
    'https://github.com/acme/web.git',
    'https://github.com:443/acme/web',
    'ssh://git@github.com/acme/web',
    'https://a.example.com/b',
    'https://a.b.example.com',
    'http://git.tools.svc:3000/acme/web',
    'https://10.1.2.3/',
  ];
  for (const url of inside) t.same(linesOf(judge(rule, git(url), withList)), [], url);
  const outside = [
    'https://github.com/',
    'https://github.com/acme-evil/web',
    'https://github.com/ACME/web',
    'https://github.com/evil/acme',
    'https://github.com:8443/acme/web',
    'https://github.com.evil.example/acme/web',
    'https://evilgithub.com/acme/web',
    'https://github.com.au/acme/web',
    'https://evil.example/github.com/acme',
    'https://evil.example/?https://github.com/acme',
    'https://evil.example/#github.com/acme',
    'https://github.com@evil.example/acme',
    'http://github.com/acme/web',
    'https://example.com/b',
    'https://evilexample.com/b',
    'https://git.tools.svc:3000/acme',
    'http://git.tools.svc/acme',
    'https://10.1.2.4/',
  ];
  for (const url of outside) t.equal(judge(rule, git(url), withList).outcome, 'denied', url);
  const decision = judge(rule, git('https://github.com.evil.example/acme/web'), withList);
  t.same(linesOf(decision), [
    'spec.url: "https://github.com.evil.example/acme/web" goes to "github.com.evil.example", which is not an allowed place for it: "*.example.com", "10.1.2.3", "git.tools.svc:3000", "github.com/acme"',
  ]);
  t.equal(decision.violations[0]?.fix, 'Use one of the allowed places.');
  t.end();
});

test('a scheme without a port of its own matches any place without a port', (t) => {
  const set = setOf(rule, { allowed: [{ host: 'events.example.com', schemes: ['nats'] }] });
  const address = (url: string): Manifest => hostOf('Provider', 'address', url);
  t.same(linesOf(judge(rule, address('nats://events.example.com'), { set })), []);
  t.equal(judge(rule, address('nats://events.example.com:4222'), { set }).outcome, 'denied');
  t.end();
});

test('a namespace that is not known leaves short names undecided', (t) => {
  const world = { namespaces: { ...twoTenants, com: undefined } };
  const decision = judge(rule, git('https://github.com/a'), { world });
  t.equal(decision.outcome, 'undecided');
  t.same(decision.missingFacts, [{ fact: 'namespace', namespace: 'com' }]);
  t.end();
});

test('an image without a registry comes from Docker Hub', (t) => {
  const set = setOf(rule, { allowed: [{ host: 'docker.io', path: '/acme' }] });
  const outcome = (image: string) => judge(rule, hostOf('ImageRepository', 'image', image), { set }).outcome;
  t.equal(outcome('acme/web'), 'allowed');
  t.equal(outcome('docker.io/acme/web'), 'allowed');
  t.equal(outcome('evil/web'), 'denied');
  t.equal(outcome('ghcr.io/acme/web'), 'denied');
  t.equal(outcome('localhost/acme/web'), 'denied');
  t.equal(outcome('minio:5000/acme/web'), 'denied');
  t.end();
});

test('the address of Pub/Sub is a project, and that of other providers a place', (t) => {
  const provider = (type: string, address: string): Manifest =>
    tweak(minimalObject('Provider'), 'spec', { type, address });
  t.same(lines(provider('googlepubsub', 'acme-project')), []);
  t.equal(judge(rule, provider('generic', 'acme-project')).outcome, 'denied');
  t.same(lines(provider('azureeventhub', 'acme.servicebus.windows.net')), []);
  t.end();
});

test('components are paths inside the source', (t) => {
  const withComponent = (component: string): Manifest =>
    tweak(minimalObject('Kustomization'), 'spec.components', [component]);
  for (const component of ['./a', '../a', '.', 'a', 'a/b.c', './github.com/a']) {
    t.same(lines(withComponent(component)), [], component);
  }
  const remote = [
    'https://example.com/a',
    'github.com/acme/web',
    'gitlab.com/a?ref=main',
    'git::https://example.com/a',
    'git@example.com:a',
    'gh:a/b',
    '/etc',
    '~/a',
    'a?ref=b',
    '\\\\host',
  ];
  for (const component of remote) {
    const decision = judge(rule, withComponent(component));
    t.match(linesOf(decision)[0], /^spec\.components\[0\]: .* may name a remote base, which would be fetched past/);
    t.equal(decision.violations[0]?.fix, 'Name a path inside the source, beginning with ./');
  }
  t.end();
});
