import type { Parsed } from '../algebra/fault.ts';
import { createSchemaCompiler } from '../policy/schema-compiler.ts';
import { faultsOf } from '../policy/schema-fault.ts';
import { auditReportSchema, type AuditReport } from './audit-report.ts';

/** A report that was written before, or every fault of it. */
export function readAuditReport(value: unknown): Parsed<AuditReport> {
  const validate = createSchemaCompiler({ allErrors: true }).compile<AuditReport>(auditReportSchema);
  return validate(value) ? { ok: true, value } : { ok: false, faults: faultsOf(validate.errors) };
}
