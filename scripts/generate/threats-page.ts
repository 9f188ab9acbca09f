import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { threatGroups, type Threat, type ThreatGroup } from '../../test/threats/threats.ts';
import { artefactOf, type Artefact } from './artefact.ts';
import { code, page, prose, table } from './markdown.ts';

const root = join(import.meta.dirname, '../..');
const folder = 'test/threats';

/** `docs/threats.md`: what others met, what meets it here, and the test that tries it. */
export async function threatsPage(): Promise<Artefact> {
  const threats = threatGroups.flatMap((group) => group.threats);
  const outside = threats.filter(({ isOutside }) => isOutside === true).length;
  return artefactOf(
    'docs/threats.md',
    page(
      '# Threats',
      'What the threat model of SIG Security names, what went wrong elsewhere, and the classes of bypasses that follow from both; what meets each here, and the test that tries it. Tests begin with the name of the threat. [SECURITY.md](../SECURITY.md) says what counts as a bypass.',
      `${threats.length} threats: ${threats.length - outside} with a test, ${outside} that nothing here can meet.`,
      ...threatGroups.flatMap(section),
    ),
  );
}

function section({ title, source, threats }: ThreatGroup): readonly string[] {
  return [
    `## ${title}`,
    `<${source}>`,
    table(
      ['Threat', 'What it is', 'What meets it', 'Test'],
      threats.map((threat) => [code(threat.id), prose(threat.title), threat.answer, testCell(threat)]),
    ),
  ];
}

function testCell(threat: Threat): string {
  if (threat.isOutside === true) return 'none: outside';
  const { cluster } = threat;
  const files = testFilesOf(threat).map((file) => `[${file}](../${folder}/${file})`);
  const onCluster =
    cluster === undefined ? [] : [existsSync(join(root, cluster)) ? `[real API server](../${cluster})` : code(cluster)];
  return [...files, ...onCluster].join(', ');
}

/** The files with a test whose name begins with the threat. */
function testFilesOf({ id }: Threat): readonly string[] {
  return readdirSync(join(root, folder))
    .filter(
      (file) => file.endsWith('.test.ts') && readFileSync(join(root, folder, file), 'utf8').includes(`test('${id}: `),
    )
    .sort();
}
