import fc from 'fast-check';
import { test } from 'tap';
import {
  containsPort,
  formatPorts,
  intersectPortSets,
  isEmptyPortSet,
  isPortSubset,
  parsePorts,
  emptyPortSet,
  portIn,
  portOutside,
  portSetsEqual,
  resolvePorts,
  subtractPortSets,
  unitePortSets,
  type Port,
  type PortSet,
  type Protocol,
} from '../../src/algebra/port-set.ts';

const runs = { numRuns: 10_000 };
const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

/** Ranges start and end only at these, so 1000 stands for all numbers from 3 to 65533. */
const starts = [1, 2, 3, 65534, 65535];
const ends = [1, 2, 65533, 65534, 65535];
const numbers = [1, 2, 1000, 65534, 65535];
/** `never` stands for all names that no policy mentions. */
const names = ['dns', 'http', 'never'];
const universe: readonly Port[] = protocols.flatMap((protocol) =>
  [...numbers, ...names].map((port) => ({ protocol, port })),
);

type Item = Readonly<{ protocol?: Protocol; port?: number | string; endPort?: number }>;

interface Model {
  readonly set: PortSet;
  /** One truth per port of the universe, computed without the algebra. */
  readonly members: readonly boolean[];
}

const protocol = fc.option(fc.constantFrom(...protocols), { nil: undefined });
const range = fc
  .tuple(fc.constantFrom(...starts), fc.constantFrom(...ends))
  .filter(([port, endPort]) => port <= endPort);
const item: fc.Arbitrary<Item> = fc
  .tuple(protocol, fc.oneof({ weight: 4, arbitrary: range }, fc.constantFrom('dns', 'http'), fc.constant(undefined)))
  .map(([own, ports]) => ({
    ...(own === undefined ? {} : { protocol: own }),
    ...(typeof ports === 'string' ? { port: ports } : {}),
    ...(typeof ports === 'object' ? { port: ports[0], ...(ports[0] === ports[1] ? {} : { endPort: ports[1] }) } : {}),
  }));

function isNamedBy(items: readonly Item[], { protocol: own, port }: Port): boolean {
  return items.some(
    (given) =>
      (given.protocol ?? 'TCP') === own &&
      (given.port === undefined ||
        given.port === port ||
        (typeof given.port === 'number' &&
          typeof port === 'number' &&
          given.port <= port &&
          port <= (given.endPort ?? given.port))),
  );
}

/** All names of a protocol whose numbers are all in are in too. */
function implied(members: readonly boolean[]): readonly boolean[] {
  const full = protocols.filter((own) =>
    universe.every((port, i) => port.protocol !== own || typeof port.port === 'string' || members[i]),
  );
  return members.map((isMember, i) => isMember || full.some((own) => own === universe[i]?.protocol));
}

function parse(items: readonly Item[]): PortSet {
  const read = parsePorts(items, 'ports');
  return read.ok ? read.value : emptyPortSet;
}

const parsed: fc.Arbitrary<Model> = fc.array(item, { maxLength: 6 }).map((items) => ({
  set: parse(items),
  members: items.length === 0 ? universe.map(() => true) : implied(universe.map((port) => isNamedBy(items, port))),
}));
/** Differences too, since they can hold all numbers of a protocol and not all its names. */
const model: fc.Arbitrary<Model> = fc.oneof(
  parsed,
  fc.tuple(parsed, parsed).map(([a, b]) => ({
    set: subtractPortSets(a.set, b.set),
    members: combine(a, b, (x, y) => x && !y),
  })),
);

const holds = (set: PortSet, expected: readonly boolean[]): boolean =>
  universe.every(({ protocol: own, port }, i) => containsPort(set, own, port) === expected[i]);

function combine(a: Model, b: Model, how: (x: boolean, y: boolean) => boolean): readonly boolean[] {
  return a.members.map((x, i) => how(x, b.members[i] === true));
}

function check<T extends [unknown, ...unknown[]]>(name: string, property: fc.IProperty<T>): void {
  void test(name, (t) => {
    fc.assert(property, runs);
    t.end();
  });
}

check(
  'a parsed list holds the ports that its items name, taken one by one',
  fc.property(parsed, ({ set, members }) => holds(set, members)),
);

const hostile = fc.oneof(
  fc.constantFrom(null, true, 0, -1, 1.5, 80, 65536, 1e300, '', 'http', '80', 'TCP', [], {}),
  fc.jsonValue({ maxDepth: 0 }),
);

check(
  'parsing any JSON value never throws',
  fc.property(
    fc.array(
      fc.oneof(hostile, fc.record({ protocol: hostile, port: hostile, endPort: hostile }, { requiredKeys: [] })),
      {
        maxLength: 3,
      },
    ),
    (json) => {
      const read = parsePorts(json, 'p');
      return read.ok || (read.faults.length > 0 && read.faults.every(({ field }) => field.startsWith('p[')));
    },
  ),
);

check(
  'union, intersection and difference hold what they should',
  fc.property(
    model,
    model,
    (a, b) =>
      holds(unitePortSets(a.set, b.set), implied(combine(a, b, (x, y) => x || y))) &&
      holds(
        intersectPortSets(a.set, b.set),
        combine(a, b, (x, y) => x && y),
      ) &&
      holds(
        subtractPortSets(a.set, b.set),
        combine(a, b, (x, y) => x && !y),
      ),
  ),
);

check(
  'subset, equality and emptiness agree with the members, and so do the words',
  fc.property(model, model, (a, b) => {
    const onlyA = combine(a, b, (x, y) => x && !y).includes(true);
    const onlyB = combine(a, b, (x, y) => !x && y).includes(true);
    const areEqual = !onlyA && !onlyB;
    return (
      isPortSubset(a.set, b.set) === !onlyA &&
      portSetsEqual(a.set, b.set) === areEqual &&
      (formatPorts(a.set) === formatPorts(b.set)) === areEqual &&
      isEmptyPortSet(a.set) === !a.members.includes(true)
    );
  }),
);

check(
  'witnesses are members of the one and not of the other, and numbers where there are any',
  fc.property(model, model, (a, b) => {
    const witness = portOutside(a.set, b.set);
    const left = combine(a, b, (x, y) => x && !y);
    if (witness === undefined) {
      return !left.includes(true);
    }
    const { protocol: own, port } = witness;
    const hasNumbers = universe.some((candidate, i) => typeof candidate.port === 'number' && left[i]);
    return (
      containsPort(a.set, own, port) && !containsPort(b.set, own, port) && (typeof port === 'number') === hasNumbers
    );
  }),
);

check(
  'the witness of a set is a member, and is missing exactly when there is none',
  fc.property(model, ({ set, members }) => {
    const witness = portIn(set);
    return witness === undefined ? !members.includes(true) : containsPort(set, witness.protocol, witness.port);
  }),
);

const containerPort = fc.record({
  name: fc.constantFrom(...names, undefined),
  containerPort: fc.constantFrom(...numbers.filter((number) => number !== 1000)),
  protocol,
});

check(
  'a resolved set holds its numbers and those that the pod gives to its names',
  fc.property(model, fc.array(containerPort, { maxLength: 4 }), ({ set, members }, pod) => {
    const expected = universe.map(({ protocol: own, port }, i) => {
      const isNamed = pod.some(
        (given) =>
          given.containerPort === port &&
          (given.protocol ?? 'TCP') === own &&
          universe.some((other, j) => other.protocol === own && other.port === given.name && members[j]),
      );
      return typeof port === 'number' && (members[i] === true || isNamed);
    });
    return holds(resolvePorts(set, pod), implied(expected));
  }),
);
