import {
  emptyIpSet,
  ipSetSize,
  largestBlock,
  parseCidr,
  subtractIpSets,
  uniteAllIpSets,
  type IpSet,
} from '../../../algebra/ip-set.ts';
import { addressBits, type IpFamily } from '../../../algebra/ip-address.ts';
import { Type } from '../../../algebra/schema.ts';
import type { Tenancy } from '../../../tenancy/tenancy.ts';
import type { Service } from '../../objects/service.ts';
import { defineCheckRule, type Violation } from '../../rule.ts';

const field = 'spec.loadBalancerSourceRanges';
const annotation = 'service.beta.kubernetes.io/load-balancer-source-ranges';

/** Addresses of private networks (RFC 1918, RFC 6598, RFC 4193): they are not the internet. */
const privateBlocks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'];

const fix = `Name who may call:\n  spec:\n    loadBalancerSourceRanges:\n      - 203.0.113.0/24`;

export const loadBalancerSourceRanges = defineCheckRule({
  id: 'services/load-balancer-source-ranges',
  title: 'Load balancers say who may call them',
  severity: 'medium',
  rationale:
    'A load balancer without source ranges is open to the internet, and its traffic often arrives with the address of a node, which no NetworkPolicy tells apart. Ranges are judged together, as sets of addresses: two halves of the internet are the internet. Private networks do not count; what is left is held to the bounds on address blocks of the Tenancy document.',
  remediation:
    'Name the ranges that call the Service. What is meant for everybody goes through the ingress or gateway of the platform, or gets an exemption.',
  kinds: ['Service'],
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/#ServiceSpec',
    'https://kubernetes.io/docs/reference/labels-annotations-taints/#service-beta-kubernetes-io-load-balancer-source-ranges',
  ],
  since: '0.1.0',
  judges: 'state',
  *check(subject, { tenancy }) {
    if (subject.object.spec?.type !== 'LoadBalancer') return;
    const ranges = rangesOf(subject.object);
    if (ranges.length === 0) {
      yield { field, message: 'is missing, so the load balancer is open to the whole internet', fix };
      return;
    }
    yield* faultsOf(ranges);
    const open = tooWide(unionOf(ranges), tenancy);
    if (open !== undefined) {
      yield { field, message: open, fix, basis: ranges };
    }
  },
});

type Range = readonly [field: string, text: string];

/** The field, or the annotation that stood before it; the field wins, as it does in Kubernetes. */
function rangesOf({ metadata, spec }: Service): readonly Range[] {
  const listed = spec?.loadBalancerSourceRanges ?? [];
  if (listed.length > 0) return listed.map((text, index) => [`${field}[${index}]`, text.trim()]);
  const annotations = metadata?.annotations ?? {};
  const text = Object.hasOwn(annotations, annotation) ? String(annotations[annotation]) : '';
  const parts = text.trim() === '' ? [] : text.split(',');
  return parts.map((part) => [`metadata.annotations[${JSON.stringify(annotation)}]`, part.trim()]);
}

function* faultsOf(ranges: readonly Range[]): Iterable<Violation> {
  for (const [at, text] of ranges) {
    const parsed = parseCidr(text, at);
    if (!parsed.ok) yield* parsed.faults.map((fault) => ({ ...fault, fix: 'Write the block in canonical form.' }));
  }
}

function unionOf(ranges: readonly Range[]): IpSet {
  return uniteAllIpSets(ranges.map(([at, text]) => setOf(text, at)));
}

function setOf(text: string, at: string): IpSet {
  const parsed = parseCidr(text, at);
  return parsed.ok ? parsed.value : emptyIpSet;
}

function tooWide(set: IpSet, { largestBlock: block, largestTotal: total }: Tenancy): string | undefined {
  const open = subtractIpSets(set, uniteAllIpSets(privateBlocks.map((text) => setOf(text, field))));
  const largest = largestBlock(open);
  for (const family of ['ipv4', 'ipv6'] as const) {
    const prefix = largest[family];
    if (prefix !== undefined && prefix < block[family]) {
      return `opens a /${prefix} block of ${words[family]} to the load balancer; the largest allowed is /${block[family]}`;
    }
    if (ipSetSize(open)[family] > 1n << BigInt(addressBits[family] - total[family])) {
      return `opens more of ${words[family]} than a /${total[family]} block to the load balancer, all ranges together`;
    }
  }
  return undefined;
}

const words: Readonly<Record<IpFamily, string>> = { ipv4: 'IPv4', ipv6: 'IPv6' };
