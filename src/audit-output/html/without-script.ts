import type { TenantPosture } from '../../audit/audit-report.ts';
import { findingCard, type RuleTexts } from './view/finding-card.ts';
import { el, type Child, type MarkupElement } from './view/markup.ts';
import { parts, type Finding, type PageData, type Part } from './view/page-data.ts';
import { fragmentOf } from './view/page-state.ts';
import { tenantPanel } from './view/tenant-panel.ts';
import { counted, partMeanings, partTexts } from './view/wording.ts';

/** Entries of one kind that are written out twice, as data and as HTML. */
const writtenOut = 250;

/** What the script would show on demand, all at once. The ids are what links of the page lead to. */
export function withoutScript({ report }: PageData, findings: readonly Finding[], rules: RuleTexts): readonly Child[] {
  const tenants = report.posture.tenants;
  return [
    tenants.slice(0, writtenOut).map(panel),
    remainder(tenants.length, 'tenant'),
    parts.map((part) =>
      list(
        part,
        findings.filter((finding) => finding.part === part),
        rules,
      ),
    ),
  ];
}

function panel(posture: TenantPosture): MarkupElement {
  const { tenant } = posture;
  const idOf = (fragment: string): string => decodeURIComponent(fragment.slice(1));
  const heading = idOf(fragmentOf({ tenant }));
  return tenantPanel(posture, '', { heading, layer: (layer) => idOf(fragmentOf({ tenant, layer })) });
}

function list(part: Part, findings: readonly Finding[], rules: RuleTexts): Child {
  if (findings.length === 0) return undefined;
  const cards = findings.slice(0, writtenOut).map((finding) => findingCard(finding, rules));
  return el(
    'section',
    { 'aria-labelledby': `show=${part}` },
    el('h3', { id: `show=${part}` }, partTexts[part]),
    el('p', {}, partMeanings[part]),
    el('ol', { class: 'cards' }, cards),
    remainder(findings.length, 'entry', 'entries'),
  );
}

function remainder(total: number, one: string, many?: string): Child {
  const rest = total - writtenOut;
  return rest > 0
    ? el(
        'p',
        { class: 'note' },
        `${counted(rest, `more ${one}`, many === undefined ? undefined : `more ${many}`)}: switch scripts on, or see the JSON report.`,
      )
    : undefined;
}
