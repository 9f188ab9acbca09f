import { Type } from '../../../algebra/schema.ts';
import { allowedSource, isAt, placeText, type AllowedSource } from '../../allowed-source.ts';
import { display, quotedList } from '../../display.ts';
import { doesNoMore } from '../../objects/flux.ts';
import { isTrue } from '../../objects/object-fields.ts';
import { locationFields, locationsOf, type LocatedKind, type SourceLocation } from '../../objects/source-locations.ts';
import type { SourceUrl } from '../../objects/source-url.ts';
import { whyPrivate } from '../../private-host.ts';
import { defineCheckRule, type RuleContext, type Violation } from '../../rule.ts';

interface Params {
  readonly allowed: readonly AllowedSource[];
  readonly schemes: readonly string[];
  readonly deniedHosts: readonly string[];
}

/** Public names that resolve to whatever address their first labels spell. */
const namesOfAddresses = ['*.localtest.me', '*.lvh.me', '*.nip.io', '*.sslip.io', '*.xip.io', 'localtest.me', 'lvh.me'];

export const allowedSourceUrls = defineCheckRule({
  id: 'flux/allowed-source-urls',
  title: 'Flux connects for a tenant to allowed places only',
  severity: 'high',
  rationale:
    'Flux’s controllers fetch sources, send notifications and look for issuers from the platform’s namespace, which no NetworkPolicy of the tenant bounds: a URL of the tenant’s choice reaches in-cluster services, private networks and the cloud’s metadata service.',
  remediation: 'Use a URL of an allowed host, with an encrypted scheme.',
  kinds: Object.keys(locationFields) as LocatedKind[],
  operations: ['CREATE', 'UPDATE'],
  facts: ['namespace'],
  params: Type.Object(
    {
      allowed: Type.Array(allowedSource, {
        default: [],
        description:
          'Places that may be used: `host` (`*.` before it means names below it), `path` (whole segments), `port` and `schemes`. A private host may be used only if it is here. Empty: every public host.',
      }),
      schemes: Type.Array(Type.String({ minLength: 1 }), {
        default: ['https', 'oci', 'ssh'],
        description: 'Schemes that may be used where an allowed place names none.',
      }),
      deniedHosts: Type.Array(Type.String({ minLength: 1 }), {
        default: namesOfAddresses,
        description: 'Hosts that may not be used unless they are allowed, such as names that resolve to any address.',
      }),
    },
    { additionalProperties: false },
  ),
  references: [
    'https://fluxcd.io/flux/security/best-practices/',
    'https://www.rfc-editor.org/rfc/rfc3986#section-3.2',
    'https://www.rfc-editor.org/rfc/rfc6890',
    'https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/',
  ],
  since: '0.1.0',
  judges: 'state',
  doesNoMore,
  *check(subject, context) {
    const isInsecure = isTrue(subject.object, 'spec.insecure');
    for (const location of locationsOf(subject.kind, subject.object)) yield* judge(location, isInsecure, context);
  },
});

function* judge(location: SourceLocation, isInsecure: boolean, context: RuleContext<Params>): Iterable<Violation> {
  const { field, text, url } = location;
  const { params } = context;
  const name = display(text);
  if (!url.ok) {
    yield { field, message: `${name} ${url.problem}`, fix: url.fix };
    return;
  }
  const { value } = url;
  if (params.allowed.some((place) => isUsable(value, isInsecure, place, params))) return;
  if (!params.schemes.includes(value.scheme)) {
    const message = `${name} has scheme ${JSON.stringify(value.scheme)}, which is not among the allowed: ${quotedList(params.schemes)}`;
    yield { field, message, fix: `Use one of the allowed schemes.` };
  }
  if (isInsecure && !params.schemes.includes('http')) {
    const message = 'true has Flux connect without encryption';
    yield { field: 'spec.insecure', message, fix: 'Remove spec.insecure.' };
  }
  const why = whyRefused(value, context);
  if (why !== undefined)
    yield { field, message: `${name} goes to ${JSON.stringify(value.host)}, which ${why}`, fix: fixFor(params) };
}

/** What is insecure is so only where the place allows plain HTTP. */
function isUsable(url: SourceUrl, isInsecure: boolean, place: AllowedSource, { schemes }: Params): boolean {
  return isAt(url, place, schemes) && (!isInsecure || (place.schemes ?? schemes).includes('http'));
}

function whyRefused(url: SourceUrl, { params, tenancy, facts }: RuleContext<Params>): string | undefined {
  if (params.deniedHosts.some((host) => isAt({ ...url, port: undefined }, { host }, [url.scheme]))) {
    return 'is a denied host';
  }
  const why = whyPrivate(url, tenancy, facts);
  if (why !== undefined || params.allowed.length === 0) return why;
  return `is not an allowed place for it: ${quotedList(params.allowed.map(placeText))}`;
}

function fixFor({ allowed }: Params): string {
  return allowed.length === 0 ? 'Use a public host.' : 'Use one of the allowed places.';
}
