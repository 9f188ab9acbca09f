import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { test } from 'tap';

import { auditOutputs } from '../../src/cli/audit-render.ts';
import { auditCommand } from '../../src/cli/commands/audit.ts';
import { runCommand } from '../cli/recording-terminal.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/audit.md'), 'utf8');

/** What depends on the day, on where the objects are, or grows with the catalogue, is not compared. */
function withoutDetails(text: string): string {
  return text.replace(/^Audit of [^]*?\n\n/, '').replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'then');
}

test('the sample in the documentation is what an audit says of the tour', async (t) => {
  const { output } = await runCommand(auditCommand, ['--from', join(root, 'examples/audit-tour/tenants')], {}, '', 100);
  const [, sample = ''] = /^```text\n(.*?)^```$/ms.exec(page) ?? [];
  t.equal(withoutDetails(sample), withoutDetails(output));
});

test('every output has a row in the documentation', (t) => {
  for (const output of auditOutputs) t.match(page, new RegExp(`^\\| \`${output}\` +\\|`, 'm'), output);
  t.end();
});
