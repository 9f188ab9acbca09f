import fc from 'fast-check';
import { test } from 'tap';
import {
  containsAddress,
  emptyIpSet,
  ipAlgebra,
  parseCidr,
  uniteIpSets,
  type IpSet,
} from '../../src/algebra/ip-set.ts';
import {
  constrainedSpace,
  labelAlgebra,
  matchesLabels,
  type LabelSpace,
  type Labels,
} from '../../src/algebra/label-space.ts';
import {
  containsPort,
  emptyPortSet,
  parsePorts,
  portAlgebra,
  type Port,
  type PortSet,
} from '../../src/algebra/port-set.ts';
import { productAlgebra, type Box } from '../../src/algebra/product-set.ts';

const runs = { numRuns: 10_000 };
const { intersectBoxes, subtractBox, outside } = productAlgebra(labelAlgebra, ipAlgebra, portAlgebra);
type ThisBox = Box<LabelSpace, IpSet, PortSet>;

const labelValues = [undefined, 'a', 'never'];
const labelPoints: readonly Labels[] = labelValues.flatMap((app) =>
  labelValues.map((tier) => ({ ...(app === undefined ? {} : { app }), ...(tier === undefined ? {} : { tier }) })),
);
const addressPoints = ['10.0.0.0', '10.0.0.1', '10.0.0.2', '10.0.0.3', 'fd00::', 'fd00::1'];
/** 9 stands for the numbers from 3 on, `never` for all names that no policy mentions. */
const portPoints: readonly Port[] = [1, 2, 9, 'http', 'never', 53].map((port) => ({
  protocol: port === 53 ? 'UDP' : 'TCP',
  port,
}));

const constraint = fc.record({
  values: fc.record({ isComplement: fc.boolean(), listed: fc.subarray(['a']).map((listed) => new Set(listed)) }),
  absent: fc.boolean(),
});
const labels = fc
  .array(fc.tuple(fc.constantFrom('app', 'tier'), constraint), { maxLength: 2 })
  .map((constraints) => constrainedSpace(constraints));

const cidrs = ['10.0.0.0/30', '10.0.0.0/31', '10.0.0.2/31', '10.0.0.0/32', '10.0.0.3/32', 'fd00::/127', 'fd00::1/128'];
const addresses = fc.subarray(cidrs, { minLength: 1 }).map((texts) =>
  texts.reduce((set, text) => {
    const read = parseCidr(text, 'cidr');
    return read.ok ? uniteIpSets(set, read.value) : set;
  }, emptyIpSet),
);

const items = [
  {},
  { port: 1 },
  { port: 2, endPort: 65535 },
  { port: 'http' },
  { port: 1, endPort: 2 },
  { protocol: 'UDP', port: 53 },
];
const ports = fc.subarray(items, { minLength: 1 }).map((list) => {
  const read = parsePorts(list, 'ports');
  return read.ok ? read.value : emptyPortSet;
});

const box: fc.Arbitrary<ThisBox> = fc.tuple(labels, addresses, ports);

/** One truth per triple of points, read from the three sides and not from the algebra of boxes. */
function membersOf([first, second, third]: ThisBox): readonly boolean[] {
  const inSecond = addressPoints.map((point) => containsAddress(second, point));
  const inThird = portPoints.map(({ protocol, port }) => containsPort(third, protocol, port));
  return labelPoints.flatMap((point) => {
    const inFirst = matchesLabels(first, point);
    return inSecond.flatMap((isSecond) => inThird.map((isThird) => inFirst && isSecond && isThird));
  });
}

type Witness = readonly [Labels, string, Port];
const holdsWitness = ([first, second, third]: ThisBox, [point, address, { protocol, port }]: Witness): boolean =>
  matchesLabels(first, point) && containsAddress(second, address) && containsPort(third, protocol, port);

function check<T extends [unknown, ...unknown[]]>(name: string, property: fc.IProperty<T>): void {
  void test(name, (t) => {
    fc.assert(property, runs);
    t.end();
  });
}

check(
  'the intersection of boxes holds the triples in both, and is missing exactly when there are none',
  fc.property(box, box, (a, b) => {
    const [inA, inB] = [membersOf(a), membersOf(b)];
    const common = intersectBoxes(a, b);
    const inCommon = common === undefined ? undefined : membersOf(common);
    const isShared = inA.some((is, n) => is && inB[n]);
    return inCommon === undefined
      ? !isShared
      : isShared && inCommon.every((is, n) => is === (inA[n] === true && inB[n] === true));
  }),
);

check(
  'the difference of boxes comes in disjoint pieces, none of them empty, that hold just what is left',
  fc.property(box, box, (a, b) => {
    const [inA, inB] = [membersOf(a), membersOf(b)];
    const pieces = [...subtractBox(a, b)].map(membersOf);
    return (
      pieces.every((piece) => piece.includes(true)) &&
      inA.every((is, n) => pieces.filter((piece) => piece[n]).length === Number(is && inB[n] !== true))
    );
  }),
);

check(
  'a box is outside a union of boxes exactly when some triple is, and the witness is such a triple',
  fc.property(box, fc.array(box, { maxLength: 6 }), (a, bs) => {
    const inA = membersOf(a);
    const inBs = bs.map(membersOf);
    const uncovered = outside(a, bs);
    if (uncovered === undefined) {
      return inA.every((is, n) => !is || inBs.some((inB) => inB[n]));
    }
    const { box: piece, witness } = uncovered;
    return (
      [a, piece].every((whole) => holdsWitness(whole, witness)) &&
      !bs.some((b) => holdsWitness(b, witness) || intersectBoxes(piece, b) !== undefined)
    );
  }),
);
