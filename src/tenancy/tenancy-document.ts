import type { Static } from 'typebox';

import { Type } from '../algebra/schema.ts';
import {
  defaultForbiddenBlocks,
  defaultLargestBlock,
  defaultLargestTotal,
  type PrefixLengths,
} from './address-defaults.ts';

/** API group and version of Tenantgate's documents. */
export const apiVersion = 'tenantgate.dev/v1alpha1';

/** Metadata of a Tenantgate document: the part of ObjectMeta that a file may carry. */
export const documentMetadata = Type.Object(
  {
    name: Type.String({
      description: 'Name of the document.',
      pattern: '^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$',
      maxLength: 253,
    }),
    labels: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Free labels.' })),
    annotations: Type.Optional(Type.Record(Type.String(), Type.String(), { description: 'Free annotations.' })),
  },
  { additionalProperties: false, description: 'Kubernetes object metadata.' },
);

const closed = { additionalProperties: false } as const;

const labelSelector = Type.Object(
  {
    matchLabels: Type.Optional(Type.Record(Type.String(), Type.String())),
    matchExpressions: Type.Optional(
      Type.Array(
        Type.Object(
          {
            key: Type.String(),
            operator: Type.Enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
            values: Type.Optional(Type.Array(Type.String())),
          },
          closed,
        ),
      ),
    ),
  },
  { ...closed, description: 'A Kubernetes label selector.' },
);

const cidrs = (description: string, preset?: readonly string[]) =>
  Type.Array(Type.String(), { description, ...(preset === undefined ? {} : { default: [...preset] }) });

const prefixLengths = (description: string, { ipv4, ipv6 }: PrefixLengths) =>
  Type.Optional(
    Type.Object(
      {
        ipv4: Type.Optional(
          Type.Integer({ minimum: 0, maximum: 32, default: ipv4, description: 'Prefix length for IPv4.' }),
        ),
        ipv6: Type.Optional(
          Type.Integer({ minimum: 0, maximum: 128, default: ipv6, description: 'Prefix length for IPv6.' }),
        ),
      },
      { ...closed, description },
    ),
  );

const flow = Type.Object(
  {
    name: Type.String({ minLength: 1, description: 'Name of the flow, shown in messages.' }),
    direction: Type.Enum(['ingress', 'egress'], {
      description: 'Seen from the tenant: egress is what its pods may call, ingress is who may call them.',
    }),
    namespaces: Type.Optional(
      Type.Object(
        {
          names: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description: 'Names.' })),
          selector: Type.Optional(labelSelector),
        },
        {
          ...closed,
          description:
            'Namespaces of the peers: by name, or by a selector on trusted labels only (the tenant label, reserved labels, kubernetes.io/metadata.name).',
        },
      ),
    ),
    pods: Type.Optional(labelSelector),
    addresses: Type.Optional(cidrs('Address blocks of peers outside the cluster, instead of namespaces.')),
    ports: Type.Optional(
      Type.Array(
        Type.Object(
          {
            port: Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: 65535 }), Type.String()])),
            endPort: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535 })),
            protocol: Type.Optional(Type.Enum(['TCP', 'UDP', 'SCTP'])),
          },
          closed,
        ),
        { description: 'As in a NetworkPolicy: absent means every port and protocol.' },
      ),
    ),
    tenants: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description: 'Tenants it is for; absent: all.' }),
    ),
  },
  {
    ...closed,
    description: 'An approved flow: peers × ports in one direction that tenants may use beyond themselves.',
  },
);

export const tenancyDocument = Type.Object(
  {
    apiVersion: Type.Literal(apiVersion),
    kind: Type.Literal('Tenancy'),
    metadata: documentMetadata,
    spec: Type.Object(
      {
        tenantLabel: Type.Optional(
          Type.String({
            default: 'tenantgate.dev/tenant',
            description: 'Namespace label whose value names the tenant. Only the platform may set or change it.',
          }),
        ),
        reservedLabels: Type.Optional(
          Type.Object(
            {
              keys: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description: 'Exact label keys.' })),
              prefixes: Type.Optional(
                Type.Array(Type.String({ minLength: 1 }), { description: 'Every label key that begins so.' }),
              ),
            },
            { ...closed, description: 'Namespace labels that only the platform may set: they prove things.' },
          ),
        ),
        platform: Type.Optional(
          Type.Object(
            {
              namespaces: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description: 'Namespace names.' })),
              users: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description: 'User names.' })),
              groups: Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description: 'Group names.' })),
              serviceAccounts: Type.Optional(
                Type.Array(
                  Type.Object(
                    { namespace: Type.String({ minLength: 1 }), name: Type.String({ minLength: 1 }) },
                    closed,
                  ),
                  {
                    description:
                      'Service accounts outside the platform namespaces; those inside are the platform’s anyway.',
                  },
                ),
              ),
            },
            { ...closed, description: 'The operators. Everyone who is not listed here is a tenant.' },
          ),
        ),
        unmanagedNamespaces: Type.Optional(
          Type.Enum(['isolate', 'ignore'], {
            default: 'isolate',
            description:
              'Namespaces that are neither a tenant’s nor the platform’s: `isolate` judges each as a tenant of its own, `ignore` judges nothing there.',
          }),
        ),
        cluster: Type.Optional(
          Type.Object(
            {
              pods: Type.Optional(cidrs('Pod ranges.')),
              services: Type.Optional(cidrs('Service ranges.')),
              nodes: Type.Optional(cidrs('Node ranges.')),
            },
            {
              ...closed,
              description:
                'Where the cluster lives. No address block of a tenant may touch it. Without this field every private block counts as the cluster’s.',
            },
          ),
        ),
        addresses: Type.Optional(
          Type.Object(
            {
              forbidden: Type.Optional(
                cidrs('Blocks that tenants may never name, such as metadata services.', defaultForbiddenBlocks),
              ),
              largestBlock: prefixLengths(
                'Shortest prefix that the union of a tenant’s blocks may contain: 16 allows 65,536 neighbouring IPv4 addresses.',
                defaultLargestBlock,
              ),
              largestTotal: prefixLengths(
                'Bound on the whole union, as the prefix of a block of that size: many small blocks may not add up to the internet.',
                defaultLargestTotal,
              ),
            },
            { ...closed, description: 'Bounds on address blocks.' },
          ),
        ),
        flows: Type.Optional(Type.Array(flow, { description: 'Approved flows. DNS is a flow like any other.' })),
      },
      { ...closed, description: 'How tenants are told apart, and what they share.' },
    ),
  },
  {
    ...closed,
    title: 'Tenancy',
    description: 'Who the tenants of a cluster are, and what they may use beyond themselves.',
  },
);

export type TenancyDocument = Static<typeof tenancyDocument>;
export type FlowDocument = Static<typeof flow>;
