import { test } from 'tap';
import { type Fault } from '../../src/algebra/fault.ts';
import {
  containsPort,
  emptyPortSet,
  everyPortSet,
  formatPorts,
  intersectPortSets,
  isEmptyPortSet,
  isPortSubset,
  parsePorts,
  portAlgebra,
  portIn,
  portOutside,
  portSetsEqual,
  resolvePorts,
  subtractPortSets,
  unitePortSets,
  type PortSet,
} from '../../src/algebra/port-set.ts';

function ports(...items: readonly unknown[]): PortSet {
  const read = parsePorts(items, 'ports');
  return read.ok ? read.value : emptyPortSet;
}

const field = 'spec.ingress[0].ports';

test('sound ports are read with the defaults of the API', (t) => {
  const table: readonly (readonly [string, unknown, string])[] = [
    ['absent', undefined, 'every port'],
    ['null', null, 'every port'],
    ['empty', [], 'every port'],
    ['an empty item is all of TCP', [{}], 'every TCP port'],
    ['null members are absent', [{ protocol: null, port: null, endPort: null }], 'every TCP port'],
    ['a protocol', [{ protocol: 'SCTP' }], 'every SCTP port'],
    ['every protocol', [{}, { protocol: 'UDP' }, { protocol: 'SCTP' }], 'every port'],
    ['a number', [{ port: 80 }], 'TCP 80'],
    ['the bounds', [{ port: 1 }, { port: 65535 }], 'TCP 1,65535'],
    ['a range', [{ protocol: 'UDP', port: 1000, endPort: 2000 }], 'UDP 1000-2000'],
    ['a range of one', [{ port: 80, endPort: 80 }], 'TCP 80'],
    ['ranges that touch', [{ port: 2, endPort: 5 }, { port: 1 }, { port: 6, endPort: 9 }], 'TCP 1-9'],
    ['the full range has the names too', [{ port: 1, endPort: 65535 }], 'every TCP port'],
    [
      'the full range from parts',
      [
        { port: 1, endPort: 79 },
        { port: 80, endPort: 65535 },
      ],
      'every TCP port',
    ],
    [
      'names',
      [{ port: 'http' }, { port: 'a-1' }, { port: 'a23456789012345' }, { port: 80 }],
      'TCP 80,"a-1","a23456789012345","http"',
    ],
    [
      'several protocols',
      [{ protocol: 'SCTP', port: 9 }, { protocol: 'UDP', port: 53 }, { port: 53 }],
      'TCP 53, UDP 53, SCTP 9',
    ],
  ];
  for (const [name, list, expected] of table) {
    const read = parsePorts(list, field);
    t.equal(read.ok && formatPorts(read.value), expected, name);
  }
  t.end();
});

test('faulty ports yield every fault with its field and what to write', (t) => {
  const nameHint = 'is not a port name: write 1 to 15 of a-z, 0-9 and single "-" in between, with at least one letter';
  const range = 'must be a whole number from 1 to 65535, not';
  const table: readonly (readonly [unknown, readonly Fault[]])[] = [
    [{}, [{ field, message: 'must be a list, not an object' }]],
    [[80], [{ field: `${field}[0]`, message: 'must be an object with protocol, port and endPort, not 80' }]],
    [[null], [{ field: `${field}[0]`, message: 'must be an object with protocol, port and endPort, not nothing' }]],
    [
      [{ ports: 80 }],
      [{ field: `${field}[0]`, message: 'unknown field "ports": remove it, or use one of protocol, port, endPort' }],
    ],
    [
      [
        { protocol: 'tcp', port: 0 },
        { protocol: '', port: 65536, endPort: 65537 },
      ],
      [
        { field: `${field}[0].protocol`, message: 'must be TCP, UDP or SCTP, not "tcp"' },
        { field: `${field}[0].port`, message: `${range} 0` },
        { field: `${field}[1].protocol`, message: 'must be TCP, UDP or SCTP, not ""' },
        { field: `${field}[1].port`, message: `${range} 65536` },
        { field: `${field}[1].endPort`, message: `${range} 65537` },
      ],
    ],
    [[{ port: 80.5 }], [{ field: `${field}[0].port`, message: `${range} 80.5` }]],
    [[{ port: Number.NaN }], [{ field: `${field}[0].port`, message: `${range} NaN` }]],
    [
      [{ port: true }],
      [{ field: `${field}[0].port`, message: 'must be a port number or the name of a container port, not true' }],
    ],
    [
      [{ port: '80' }],
      [
        {
          field: `${field}[0].port`,
          message: '"80" is a text, and a port name needs a letter: write 80 without quotes',
        },
      ],
    ],
    ...['', '0', '99999', '-', 'a--b', '-a', 'a-', 'HTTP', 'a_b', 'a234567890123456', 'http\n'].map(
      (port): readonly [unknown, readonly Fault[]] => [
        [{ port }],
        [{ field: `${field}[0].port`, message: `${JSON.stringify(port)} ${nameHint}` }],
      ],
    ),
    [
      [{ endPort: 80 }, { port: 'http', endPort: 80 }],
      [0, 1].map((i) => ({
        field: `${field}[${i}].endPort`,
        message: 'needs a numeric port beside it: add port, or remove endPort',
      })),
    ],
    [
      [{ port: 80, endPort: 79 }],
      [{ field: `${field}[0].endPort`, message: 'must not be less than port, which is 80' }],
    ],
    [[{ port: 80, endPort: 'http' }], [{ field: `${field}[0].endPort`, message: `${range} "http"` }]],
    [[{ port: 80, endPort: 80.5 }], [{ field: `${field}[0].endPort`, message: `${range} 80.5` }]],
  ];
  for (const [list, faults] of table) {
    t.strictSame(parsePorts(list, field), { ok: false, faults });
  }
  t.end();
});

test('a named port lies within all numbers of its protocol and within nothing less', (t) => {
  const http = ports({ port: 'http' });
  t.ok(isPortSubset(http, ports({ port: 1, endPort: 65535 })));
  t.notOk(isPortSubset(http, ports({ port: 1, endPort: 65534 })));
  t.notOk(isPortSubset(http, ports({ protocol: 'UDP' })));
  t.ok(portSetsEqual(unitePortSets(ports({ port: 1, endPort: 99 }), ports({ port: 100, endPort: 65535 })), ports({})));
  t.end();
});

test('the witness is the lowest number, or a name where there are no numbers', (t) => {
  t.equal(portIn(emptyPortSet), undefined);
  t.strictSame(portIn(everyPortSet), { protocol: 'TCP', port: 1 });
  t.strictSame(portIn(ports({ port: 'http' }, { protocol: 'UDP', port: 53 })), { protocol: 'UDP', port: 53 });
  t.strictSame(portIn(ports({ port: 'http' }, { port: 'admin' })), { protocol: 'TCP', port: 'admin' });
  t.strictSame(portOutside(everyPortSet, ports({ port: 1, endPort: 79 })), { protocol: 'TCP', port: 80 });
  t.strictSame(portOutside(everyPortSet, ports({}, { protocol: 'UDP' })), { protocol: 'SCTP', port: 1 });
  t.equal(portOutside(ports({ port: 80 }), ports({})), undefined);
  const namesOnly = subtractPortSets(ports({}), {
    ...emptyPortSet,
    TCP: { ...everyPortSet.TCP, names: ports({ port: 'other' }).TCP.names },
  });
  t.strictSame(portIn(namesOnly), { protocol: 'TCP', port: 'other-2' });
  t.end();
});

test('names become the numbers of a pod, and vanish where the pod has none', (t) => {
  const set = ports({ port: 'http' }, { port: 'dns', protocol: 'UDP' }, { port: 9 });
  const pod = [
    { name: 'http', containerPort: 8080 },
    { name: 'http', containerPort: 8081, protocol: 'TCP' },
    { name: 'http', containerPort: 80, protocol: 'UDP' },
    { name: 'dns', containerPort: 53 },
    { name: 'http', containerPort: 0 },
    { name: 'http', containerPort: 70000 },
    { containerPort: 7 },
  ];
  t.equal(formatPorts(resolvePorts(set, pod)), 'TCP 9,8080-8081');
  t.equal(formatPorts(resolvePorts(set, [])), 'TCP 9');
  t.ok(portSetsEqual(resolvePorts(everyPortSet, []), everyPortSet));
  const almost = ports({ port: 'last' }, { port: 1, endPort: 65534 });
  t.equal(formatPorts(resolvePorts(almost, [{ name: 'last', containerPort: 65535 }])), 'every TCP port');
  t.end();
});

test('ports are written in the order TCP, UDP, SCTP, numbers before names', (t) => {
  t.equal(formatPorts(emptyPortSet), 'no port');
  const several = ports({ port: 1 }, { port: 3 }, { port: 'c' }, { port: 'b' }, { port: 'a' });
  t.equal(formatPorts(several, 1), 'TCP 1');
  t.equal(formatPorts(several, 4), 'TCP 1,3,"b","c"');
  t.equal(formatPorts(several, 5), 'TCP 1,3,"a","b","c"');
  t.equal(
    formatPorts(subtractPortSets(everyPortSet, ports({ port: 80 }))),
    'TCP 1-79,81-65535,every name, every UDP port, every SCTP port',
  );
  t.equal(
    formatPorts(subtractPortSets(ports({}), ports({ port: 'b' }, { port: 'a' }))),
    'TCP 1-65535,every name but "a" and "b"',
  );
  t.end();
});

test('numbers and names are members of their own', (t) => {
  const set = ports({ port: 80, endPort: 81 }, { port: 'http' });
  t.ok(containsPort(set, 'TCP', 80));
  t.notOk(containsPort(set, 'TCP', 82));
  t.notOk(containsPort(set, 'UDP', 80));
  t.ok(containsPort(set, 'TCP', 'http'));
  t.notOk(containsPort(set, 'TCP', 'https'));
  t.ok(isEmptyPortSet(intersectPortSets(ports({ port: 80 }), ports({ port: 'http' }))));
  t.notOk(portSetsEqual(ports({ port: 'a' }), ports({ port: 'b' })));
  t.end();
});

test('port sets serve as a side of a product', (t) => {
  t.strictSame(portAlgebra.subtract(ports({ port: 80 }), everyPortSet), []);
  t.strictSame(portAlgebra.subtract(ports({ port: 80 }), ports({ port: 81 })), [ports({ port: 80 })]);
  t.end();
});
