import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { test } from 'tap';

import { checkTitles } from '../../src/admission/doctor/doctor-check.ts';
import { examine } from '../../src/admission/doctor/doctor.ts';
import { upgradeReleaseCommand } from '../../src/admission/registration/mend-commands.ts';
import { doctorText } from '../../src/cli/doctor-report.ts';
import { rules } from '../../src/policy/rules/index.ts';
import { examinedAt, examinedCluster, groupList, paths, servedGroups } from '../support/examined-cluster.ts';
import { platformNamespaces, read, rendered, selectorFor, webhookOf } from '../support/registration.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/doctor.md'), 'utf8');

/** What depends on the day, or grows with the catalogue, is not compared. */
function withoutDetails(text: string): string {
  return text
    .replaceAll(/valid until \S+Z, \d+ days left/g, 'valid until then')
    .replaceAll(/certificate valid until \S+Z/g, 'certificate valid until then')
    .replaceAll(/differ by \d+ s/g, 'differ')
    .replaceAll(/\d+ resources in \d+ API groups/g, 'resources')
    .replaceAll(/so never judged: .*/g, 'so never judged');
}

test('the sample in the documentation is what the doctor says of such a cluster', async (t) => {
  const cluster = examinedCluster();
  cluster.put(paths.groups, groupList(servedGroups.filter((name) => !/fluxcd|gateway/.test(name))));
  cluster.change('validating', (object) => {
    object.webhooks[0]!.rules[1]!.resources = ['namespace/finalize', 'namespaces/status'];
    const objects = webhookOf(object, 'validate.tenantgate.dev');
    objects.failurePolicy = 'Ignore';
    objects.namespaceSelector = selectorFor(...platformNamespaces, 'acme-dev');
  });
  const checks = await examine({
    reader: cluster.reader,
    rules,
    rendered: {
      configurations: [
        read(rendered('ValidatingWebhookConfiguration')),
        read(rendered('MutatingWebhookConfiguration')),
      ],
      file: 'standard input',
    },
    reapply: upgradeReleaseCommand('tenantgate', 'tenantgate-system'),
    name: 'tenantgate',
    serviceNamespace: 'tenantgate-system',
    now: () => examinedAt,
  });
  const [, sample = ''] = /^```text\n(.*?)^```$/ms.exec(page) ?? [];
  t.equal(withoutDetails(sample), withoutDetails(doctorText(checks)));
});

test('every check has a row in the documentation', (t) => {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| [^|]+\|$/gm)].map(([, id]) => id);
  for (const id of Object.keys(checkTitles)) t.ok(rows.includes(id), id);
  t.end();
});
