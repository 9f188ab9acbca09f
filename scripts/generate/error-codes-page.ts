import type { AdmissionFault } from '../../src/admission/decode-review.ts';
import * as refusals from '../../src/server/refusals.ts';
import { artefactOf, type Artefact } from './artefact.ts';
import { code, page, table } from './markdown.ts';

/** The limit of the server as it ships. */
const shippedBodyLimitBytes = 8_388_608;

/** An error answer as the page shows it. */
interface ErrorCode {
  readonly code: string;
  readonly statusCode: number;
  readonly message: string;
}

/** Bodies that are no review with a uid: see decode-review.ts. A review that is wrong but has a uid is denied instead. */
const decodeFaults: Readonly<Record<Exclude<AdmissionFault, 'bad-review'>, string>> = {
  'empty-body': 'The body is empty. Send an AdmissionReview of admission.k8s.io/v1 as JSON.',
  'not-utf8': 'The body is not UTF-8, as JSON must be. Send JSON in UTF-8.',
  'not-json': 'The body is not JSON; the message says where. Send an AdmissionReview as JSON.',
  'not-a-review': 'The body is no AdmissionReview of admission.k8s.io/v1 with a uid; the message names every fault.',
};

/** `docs/reference/error-codes.md`: every code that an error answer can carry. */
export async function errorCodesPage(): Promise<Artefact> {
  const rows = errorCodes().map((error) => [code(error.code), String(error.statusCode), error.message]);
  return artefactOf(
    'docs/reference/error-codes.md',
    page(
      '# Error codes',
      'A call with a uid is always answered with HTTP 200 and an AdmissionReview; a denial is in `response.status`. Only a call that has no uid to answer to gets a plain HTTP error:',
      '```json\n{ "error": { "code": "not-json", "message": "…" } }\n```',
      'Codes are stable and never reused. Messages may change.',
      table(['Code', 'HTTP status', 'Meaning'], rows),
    ),
  );
}

/** Each code once, sorted; server and decoder share some. */
function errorCodes(): readonly ErrorCode[] {
  const { bodyTooLarge, noSuchRoute, ...constants } = refusals;
  const ofServer = [
    ...Object.values(constants),
    bodyTooLarge(shippedBodyLimitBytes),
    noSuchRoute('/'),
    noSuchRoute('/validate'),
  ];
  const ofDecoder = Object.entries(decodeFaults).map(([name, message]) => ({ code: name, statusCode: 400, message }));
  const byCode = new Map<string, ErrorCode>([...ofDecoder, ...ofServer].map((error) => [error.code, error]));
  return [...byCode.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}
