import { test } from 'tap';
import { emptyIpSet, ipAlgebra, parseCidr, type IpSet } from '../../src/algebra/ip-set.ts';
import {
  emptyLabelSpace,
  everyLabelSpace,
  labelAlgebra,
  labelSpaceOf,
  type LabelSpace,
} from '../../src/algebra/label-space.ts';
import { everyPortSet, parsePorts, portAlgebra, type PortSet } from '../../src/algebra/port-set.ts';
import { productAlgebra, type Box } from '../../src/algebra/product-set.ts';

const { intersectBoxes, subtractBox, outside } = productAlgebra(labelAlgebra, ipAlgebra, portAlgebra);

function cidr(text: string): IpSet {
  const read = parseCidr(text, 'cidr');
  return read.ok ? read.value : emptyIpSet;
}

function tcp(port: number, endPort = port): PortSet {
  const read = parsePorts([{ port, endPort }], 'ports');
  return read.ok ? read.value : everyPortSet;
}

const anywhere = cidr('0.0.0.0/0');
const acme = labelSpaceOf({ tenant: 'acme' });
const box = (labels: LabelSpace, addresses: IpSet, ports: PortSet): Box<LabelSpace, IpSet, PortSet> => [
  labels,
  addresses,
  ports,
];

test('boxes meet where all their sides meet', (t) => {
  t.strictSame(intersectBoxes(box(acme, anywhere, tcp(80)), box(everyLabelSpace, cidr('10.0.0.0/8'), everyPortSet)), [
    acme,
    cidr('10.0.0.0/8'),
    tcp(80),
  ]);
  t.equal(intersectBoxes(box(acme, anywhere, tcp(80)), box(acme, anywhere, tcp(81))), undefined);
  t.equal(intersectBoxes(box(acme, cidr('::/0'), tcp(80)), box(acme, anywhere, tcp(80))), undefined);
  t.equal(
    intersectBoxes(box(acme, anywhere, tcp(80)), box(labelSpaceOf({ tenant: 'b' }), anywhere, tcp(80))),
    undefined,
  );
  t.end();
});

test('what is left of a box is one piece per side that reaches out', (t) => {
  const whole = box(everyLabelSpace, anywhere, tcp(80, 81));
  t.equal([...subtractBox(whole, box(acme, cidr('0.0.0.0/1'), tcp(80)))].length, 3);
  t.strictSame([...subtractBox(whole, whole)], []);
  t.strictSame([...subtractBox(whole, box(acme, anywhere, tcp(9)))], [whole]);
  t.strictSame([...subtractBox(box(emptyLabelSpace, anywhere, tcp(80)), whole)], []);
  t.end();
});

test('the uncovered part comes with a witness for each side', (t) => {
  const open = box(everyLabelSpace, anywhere, tcp(80));
  t.strictSame(outside(open, [box(acme, anywhere, everyPortSet)])?.witness, [
    {},
    '0.0.0.0',
    { protocol: 'TCP', port: 80 },
  ]);
  t.strictSame(outside(open, [box(everyLabelSpace, cidr('0.0.0.0/1'), everyPortSet)]), {
    box: box(everyLabelSpace, cidr('128.0.0.0/1'), tcp(80)),
    witness: [{}, '128.0.0.0', { protocol: 'TCP', port: 80 }],
  });
  t.equal(
    outside(open, [
      box(everyLabelSpace, cidr('0.0.0.0/1'), everyPortSet),
      box(everyLabelSpace, cidr('128.0.0.0/1'), tcp(80, 81)),
    ]),
    undefined,
  );
  t.equal(outside(box(emptyLabelSpace, anywhere, tcp(80)), []), undefined);
  t.equal(outside(box(acme, emptyIpSet, tcp(80)), []), undefined);
  t.end();
});
