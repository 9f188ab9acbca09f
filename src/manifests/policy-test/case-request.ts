import type { AdmissionRequest } from '../../admission/review-schema.ts';
import { isJsonObject, ownMember, type JsonObject } from '../../algebra/json-object.ts';
import { kindOf, kinds } from '../../policy/objects/kinds.ts';
import type { PolicySuite, SuiteCase } from './policy-suite.ts';

/** The object that a case is about: the one after the operation, or on DELETE the one before. */
export function subjectDocument({ operation, object, old }: SuiteCase): JsonObject {
  return (operation === 'DELETE' ? old : object)?.value ?? {};
}

/** The request that the API server would send for a case. */
export function requestOfCase(suite: PolicySuite, each: SuiteCase): AdmissionRequest {
  const subject = subjectDocument(each);
  const { object, old, operation, written } = each;
  return {
    uid: 'test',
    ...resourceOf(subject, namespaceOfCase(suite, subject)),
    subResource: written.subresource ?? null,
    operation,
    userInfo: written.user ?? suite.document.spec.user ?? {},
    object: operation === 'DELETE' ? null : object?.value,
    oldObject: old?.value ?? null,
    dryRun: false,
  };
}

/** What of a request tells which object it is about. The API server gives a Namespace its own name as namespace. */
function resourceOf(subject: JsonObject, namespace: string) {
  const [version = '', group = ''] = textIn(subject, 'apiVersion').split('/').reverse();
  const kind = textIn(subject, 'kind');
  const judgedKind = kindOf(group, kind);
  const entry = judgedKind === undefined ? undefined : kinds[judgedKind];
  const name = textIn(metadataOf(subject), 'name');
  const clusterWide = kind === 'Namespace' ? name : null;
  return {
    kind: { group, version, kind },
    resource: { group, version, resource: entry?.resource ?? '' },
    name,
    namespace: entry?.namespaced === false ? clusterWide : namespace,
  };
}

/** The namespace of an object, which may leave it to the suite. */
export function namespaceOfCase(suite: PolicySuite, object: JsonObject): string {
  return textIn(metadataOf(object), 'namespace') || (suite.document.spec.namespace ?? 'default');
}

function metadataOf(object: JsonObject): JsonObject {
  const metadata = ownMember(object, 'metadata');
  return isJsonObject(metadata) ? metadata : {};
}

function textIn(object: JsonObject, name: string): string {
  const value = ownMember(object, name);
  return typeof value === 'string' ? value : '';
}
