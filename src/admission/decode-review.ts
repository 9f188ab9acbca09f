import { isUtf8 } from 'node:buffer';

import type { Fault } from '../algebra/fault.ts';
import { createSchemaCompiler } from '../policy/schema-compiler.ts';
import { faultsOf } from '../policy/schema-fault.ts';
import { admissionReview, type AdmissionRequest } from './review-schema.ts';

/** Why a body was no review that could be judged; a word for metrics. */
export type AdmissionFault = 'empty-body' | 'not-utf8' | 'not-json' | 'not-a-review' | 'bad-review';

/** A request to judge, or why there is none; with the uid wherever the body has one to answer to. */
export type DecodedReview =
  | { readonly ok: true; readonly request: AdmissionRequest }
  | {
      readonly ok: false;
      readonly fault: AdmissionFault;
      readonly uid: string | undefined;
      readonly faults: readonly Fault[];
    };

export type ReviewDecoder = (body: Buffer) => DecodedReview;

/**
 * A decoder of AdmissionReview bodies. The body is judged as `JSON.parse` reads it, which is how the API server wrote it:
 * of keys given twice the last counts, and `__proto__` is a key like any other. It never throws.
 */
export function createReviewDecoder(): ReviewDecoder {
  // One fault is enough: the API server writes no bad reviews, and a hostile one may have millions.
  const validate = createSchemaCompiler({ allErrors: false }).compile<{
    readonly request: AdmissionRequest;
  }>(admissionReview);

  return (body) => {
    if (body.length === 0) return refuse('empty-body', 'the body is empty; send an AdmissionReview as JSON');
    if (!isUtf8(body)) return refuse('not-utf8', 'the body is not UTF-8, as JSON must be (RFC 8259 section 8.1)');
    const parsed = parseJson(body);
    if (!parsed.ok) return refuse('not-json', `the body is not JSON: ${parsed.message}`);
    if (validate(parsed.value)) return { ok: true, request: parsed.value.request };
    const uid = uidOf(parsed.value);
    const faults = faultsOf(validate.errors);
    return { ok: false, fault: uid === undefined ? 'not-a-review' : 'bad-review', uid, faults };
  };
}

function refuse(fault: AdmissionFault, message: string): DecodedReview {
  return { ok: false, fault, uid: undefined, faults: [{ field: '', message }] };
}

function parseJson(
  body: Buffer,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string } {
  try {
    return { ok: true, value: JSON.parse(body.toString('utf8')) };
  } catch (error) {
    return { ok: false, message: problemOf(error instanceof Error ? error.message : '') };
  }
}

/** V8 quotes a piece of the text, which may be a secret; the position alone cannot leak one. */
function problemOf(text: string): string {
  if (/^Unexpected end|^Unterminated/.test(text)) return 'it ends too early';
  const position = /at position \d+(?: \(line \d+ column \d+\))?/.exec(text)?.[0];
  return position === undefined ? 'unexpected text' : `unexpected text ${position}`;
}

/** The uid of a review that is otherwise wrong: with it the API server still gets an answer that it understands. */
function uidOf(value: unknown): string | undefined {
  const request = ownProperty(value, 'request');
  const uid = ownProperty(request, 'uid');
  return typeof uid === 'string' && uid !== '' && uid.length <= 256 ? uid : undefined;
}

function ownProperty(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}
