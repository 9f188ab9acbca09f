import type { Static } from 'typebox';

import { Type } from '../algebra/schema.ts';
import { modes } from '../policy/policy-document.ts';
import { severities } from '../policy/rule.ts';
import { apiVersion } from '../tenancy/tenancy-document.ts';

/**
 * What an audit found: the one document that every output, the comparison with an earlier audit, the reports in the cluster
 * and the page are made from. Fields may be added; none is taken away or changed within a major.
 */

const closed = (description: string) => ({ additionalProperties: false, description }) as const;
const count = (description: string) => Type.Integer({ minimum: 0, description });
const text = (description: string) => Type.String({ description });
const maybe = (description: string) => Type.Optional(Type.String({ description }));
const instant = (description: string) => Type.String({ description: `${description} RFC 3339, UTC.` });

export const objectReferenceSchema = Type.Object(
  {
    apiVersion: text('Such as `networking.k8s.io/v1`.'),
    kind: text('Such as `NetworkPolicy`.'),
    namespace: Type.Union([Type.String(), Type.Null()], { description: 'Null for a cluster-scoped object.' }),
    name: text('Its name.'),
    uid: maybe('Its uid, where it is stored in a cluster.'),
    writtenAt: Type.Optional(
      instant('When it was last written, its status apart, by its managedFields; else when it was made.'),
    ),
  },
  closed('An object.'),
);

const severity = Type.Enum([...severities], { description: 'How bad it is.' });
const mode = Type.Enum([...modes], { description: 'Mode of the rule: what the webhook would do.' });

const exemption = Type.Object(
  {
    owner: text('Who answers for the exemption.'),
    reason: text('Why it was granted.'),
    expires: text('Last day on which it holds.'),
  },
  closed('The exemption that lets it pass.'),
);

const resultSchema = Type.Object(
  {
    rule: text('Rule id, such as `network/confined-peers`.'),
    severity,
    mode,
    policy: text('Name of the Policy document that holds the rule.'),
    object: objectReferenceSchema,
    tenant: maybe('Whose the object is; absent where it is no tenant’s or not known.'),
    field: text('Path such as `spec.ingress[0].from[1]`; empty where it concerns the object as a whole.'),
    message: text('What is wrong, in one line.'),
    fix: text('How to mend it: a line, or YAML to paste.'),
    enforcedFrom: maybe('Day (UTC) from which the webhook denies it; absent where that is not planned, or so already.'),
    writer: Type.Enum(['any', 'tenant'], {
      description:
        'Whose writing it would be wrong in. `any`: a violation, whoever wrote the object. `tenant`: one only if a tenant wrote it; who did is not stored, so somebody has to look.',
    }),
    copies: count('Objects made from this one, such as the Pods of a Deployment, that have it too.'),
    exemption: Type.Optional(exemption),
    since: Type.Optional(instant('When an audit found it first; absent where no earlier one is known.')),
  },
  closed('A violation in a stored object.'),
);

const unknownSchema = Type.Object(
  {
    object: Type.Optional(objectReferenceSchema),
    resource: maybe('What could not be listed, such as `pods` or `helmreleases.helm.toolkit.fluxcd.io`.'),
    rule: maybe('The rule that could not judge.'),
    message: text('Why it is not known.'),
  },
  closed('Something that could not be judged. It is never counted as clean.'),
);

const listingSchema = Type.Object(
  {
    resource: text('Such as `pods` or `helmreleases.helm.toolkit.fluxcd.io`.'),
    state: Type.Enum(['read', 'absent', 'forbidden', 'failed'], {
      description:
        '`absent`: the API server serves no such kind, so there is nothing to judge. `forbidden` and `failed`: not known, in whole or in part.',
    }),
    objects: count('Objects that were read.'),
    judged: count('Of these, objects that a rule in force judged.'),
  },
  closed('One kind of objects, and how far it was read.'),
);

/** The layers of isolation of one namespace, in the order in which they are shown. */
export const namespaceLayers = [
  'labels',
  'access',
  'pod-security',
  'quota',
  'network-isolation',
  'network-flows',
  'flux',
] as const;

/** The layers that the whole cluster has in common. */
export const clusterLayers = ['flux-controllers', 'network-enforcement'] as const;

/** States of a layer, best first. */
export const postureStates = ['in-place', 'unknown', 'drifted', 'missing'] as const;

/** States that say something. */
const knownStates = ['in-place', 'drifted', 'missing'] as const satisfies readonly (typeof postureStates)[number][];

const evidence = Type.Object(
  {
    object: Type.Optional(objectReferenceSchema),
    field: maybe('Path in the object.'),
    message: text('What was seen, in one line.'),
  },
  closed('What a state rests on.'),
);

const postureOf = <L extends string>(layers: readonly L[]) =>
  Type.Object(
    {
      layer: Type.Enum([...layers], { description: 'The layer of isolation.' }),
      state: Type.Enum([...postureStates], {
        description:
          '`in-place`: as it should be. `drifted`: there, but not as it should be. `missing`: nothing of it is there. `unknown`: it could not be read.',
      }),
      evidence: Type.Array(evidence, { description: 'What the state rests on.' }),
      fix: maybe('How to mend it; absent where it is in place.'),
      since: Type.Optional(instant('Since when it is in this state, as far as audits know.')),
      outOfPlaceSince: Type.Optional(
        instant('Since when it has not been in place, through whatever states, as far as audits know.'),
      ),
      lastKnown: Type.Optional(
        Type.Enum([...knownStates], { description: 'The state before it became unknown; only of what is unknown.' }),
      ),
    },
    closed('One layer and its state.'),
  );

const namespacePosture = Type.Object(
  { namespace: text('Its name.'), layers: Type.Array(postureOf(namespaceLayers), { description: 'Each layer.' }) },
  closed('The posture of one namespace.'),
);

const tenantPosture = Type.Object(
  {
    tenant: text('Its name.'),
    layers: Type.Array(postureOf(namespaceLayers), {
      description: 'Each layer as it is in the worst of its namespaces.',
    }),
    namespaces: Type.Array(namespacePosture, { description: 'Its namespaces by name.' }),
  },
  closed('The posture of one tenant.'),
);

export const auditReportSchema = Type.Object(
  {
    apiVersion: Type.Literal(apiVersion),
    kind: Type.Literal('AuditReport'),
    scan: Type.Object(
      {
        source: text('What was read: the URL of the API server, or the paths of manifests.'),
        startedAt: instant('When it began.'),
        finishedAt: instant('When it ended.'),
        policyHash: text('The policy set that judged.'),
        filters: Type.Array(Type.String(), {
          description: 'What the report was narrowed to, such as `--tenant acme`.',
        }),
        comparedWith: maybe('When the earlier audit began that this one was compared with.'),
        listings: Type.Array(listingSchema, { description: 'What was read, by resource.' }),
      },
      closed('What was read, when, and by which policies it was judged.'),
    ),
    summary: Type.Object(
      {
        objects: count('Objects that were read.'),
        judged: count('Objects that a rule in force judged.'),
        namespaces: count('Namespaces.'),
        tenants: count('Tenants.'),
        violations: Type.Object(
          { enforce: count('In mode enforce.'), warn: count('In mode warn.'), audit: count('In mode audit.') },
          closed('Violations by mode: neither exempt ones nor those that depend on who wrote the object.'),
        ),
        toConfirm: count('Violations only if a tenant wrote the object.'),
        exempt: count('Violations that an exemption lets pass.'),
        unknown: count('What could not be judged.'),
      },
      closed('Counts.'),
    ),
    results: Type.Array(resultSchema, {
      description: 'Violations by severity, namespace, kind, name, rule and field.',
    }),
    fixed: Type.Optional(
      Type.Array(resultSchema, { description: 'Violations of the earlier audit that are gone; only in a comparison.' }),
    ),
    unknown: Type.Array(unknownSchema, { description: 'What could not be judged, and why.' }),
    posture: Type.Object(
      {
        cluster: Type.Array(postureOf(clusterLayers), { description: 'The layers that all tenants share.' }),
        tenants: Type.Array(tenantPosture, { description: 'Tenants by name.' }),
      },
      closed('The isolation stack, layer by layer.'),
    ),
  },
  { ...closed('What an audit found.'), title: 'AuditReport' },
);

export type AuditReport = Static<typeof auditReportSchema>;
export type AuditResult = AuditReport['results'][number];
export type AuditUnknown = AuditReport['unknown'][number];
export type Listing = AuditReport['scan']['listings'][number];
export type AuditedObject = Static<typeof objectReferenceSchema>;
export type Posture = AuditReport['posture'];
export type TenantPosture = Posture['tenants'][number];
export type NamespacePosture = TenantPosture['namespaces'][number];
export type LayerPosture = NamespacePosture['layers'][number];
export type ClusterLayerPosture = Posture['cluster'][number];
export type Evidence = LayerPosture['evidence'][number];
export type PostureState = (typeof postureStates)[number];
export type NamespaceLayer = (typeof namespaceLayers)[number];
export type ClusterLayer = (typeof clusterLayers)[number];
