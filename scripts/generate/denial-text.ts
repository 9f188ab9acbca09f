import { parseAllDocuments } from 'yaml';

import { createResponseEncoder } from '../../src/admission/encode-response.ts';
import type { AdmissionRequest } from '../../src/admission/review-schema.ts';
import { webhookRules } from '../../src/admission/webhook-rules.ts';
import { kinds } from '../../src/policy/objects/kinds.ts';
import { evaluate } from '../../src/policy/evaluate.ts';
import type { Rule } from '../../src/policy/rule.ts';
import { rules } from '../../src/policy/rules/index.ts';
import type { Operation, Subject } from '../../src/policy/subject.ts';
import { factsOf } from '../../test/support/facts.ts';
import { subjectOf } from '../../test/support/judge.ts';
import type { Manifest } from '../../test/support/minimal-objects.ts';
import { shippedPolicySet } from '../../test/support/shipped-policies.ts';

const encoder = createResponseEncoder('docs');
const policySet = shippedPolicySet();

/**
 * What a tenant is told that applies the manifests, in the words of the engine, the encoder and the API server; undefined
 * where nothing is denied. `old` holds the objects before the change.
 */
export function denialText(rule: Rule, text: string, old: string | undefined): string | undefined {
  const before = old === undefined ? [] : manifestsIn(old);
  const messages = manifestsIn(text).flatMap((manifest) => {
    const found = before.find((one) => nameOf(one) === nameOf(manifest));
    const [subresource] = rule.type === 'check' ? (rule.subresources ?? []) : [];
    const subject = subjectOf(manifest, {
      operation: operationOf(rule, found),
      ...(found && { old: found }),
      ...(subresource !== undefined && { subresource }),
    });
    return messageOf(subject) ?? [];
  });
  return messages.length === 0 ? undefined : messages.join('\n\n');
}

function manifestsIn(text: string): readonly Manifest[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

function nameOf(manifest: Manifest): string {
  const { name } = manifest['metadata'] as { readonly name: string };
  return `${String(manifest['kind'])}/${name}`;
}

/** A rule that does not judge creations shows what it says to a deletion, unless there is an object to change. */
function operationOf(rule: Rule, old: Manifest | undefined): Operation {
  if (old !== undefined) return 'UPDATE';
  return rule.operations.includes('CREATE') ? 'CREATE' : 'DELETE';
}

function messageOf(subject: Subject): string | undefined {
  const decision = evaluate(subject, policySet, factsOf());
  const review = JSON.parse(encoder.decision(requestOf(subject), decision)) as {
    readonly response: { readonly status?: { readonly message: string } };
  };
  const message = review.response.status?.message;
  return message === undefined ? undefined : `admission webhook "${webhookOf(subject)}" denied the request: ${message}`;
}

/** The entry that sends the subject: the platform's Namespaces have one of their own. */
function webhookOf({ kind, name }: Subject): string {
  const { group, resource } = kinds[kind];
  const isPlatforms = kind === 'Namespace' && policySet.tenancy.platformNamespaces.has(name);
  const entry = webhookRules(rules).validating.find(
    (one) =>
      (one.subject === 'platform') === isPlatforms &&
      one.rules.some(({ apiGroups, resources }) => apiGroups.includes(group) && resources.includes(resource)),
  );
  return entry?.name ?? '';
}

function requestOf({ kind, operation, name }: Subject): AdmissionRequest {
  return {
    uid: 'docs',
    kind: { group: '', version: '', kind },
    resource: { group: '', version: '', resource: '' },
    operation,
    name,
    userInfo: {},
  };
}
