import { namespaceLayers, type Posture, type PostureState, type TenantPosture } from '../audit/audit-report.ts';
import type { Colour, Paint } from '../report-formats/paint.ts';
import { printable } from '../report-formats/printable.ts';
import { padded, widthOf, widthsOf, wrapped } from './columns.ts';

/** What is as it should be is a short word, so that what is not stands out. */
export const stateText: Readonly<Record<PostureState, string>> = {
  'in-place': 'ok',
  unknown: 'unknown',
  drifted: 'drifted',
  missing: 'missing',
};

export const stateColour: Readonly<Record<PostureState, Colour>> = {
  'in-place': 'green',
  unknown: 'yellow',
  drifted: 'red',
  missing: 'red',
};

const gap = '  ';

/** The state of each layer of each tenant: as a grid where the width has room for one, else a list for each tenant. */
export function postureGrid({ tenants }: Posture, width: number, paint: Paint): readonly string[] {
  if (tenants.length === 0) return ['No namespace is a tenant’s.'];
  const grids = [headInOneLine, headInTwoLines].map((head) => gridOf(tenants, head));
  const fitting = grids.find((grid) => grid.width <= width);
  return fitting === undefined ? listOf(tenants, width) : fitting.lines(paint);
}

const headInOneLine: Head = [['tenant', ...namespaceLayers]];
const headInTwoLines: Head = [
  ['', ...namespaceLayers.map((layer) => firstWord(layer))],
  ['tenant', ...namespaceLayers.map((layer) => layer.slice(firstWord(layer).length))],
];

type Head = readonly (readonly string[])[];

/** `network-` of `network-isolation`; nothing of a layer that is one word, which stands in the lower line. */
function firstWord(layer: string): string {
  return layer.slice(0, layer.indexOf('-') + 1);
}

function gridOf(tenants: readonly TenantPosture[], head: Head) {
  const states = tenants.map(({ layers }) =>
    namespaceLayers.map((layer) => layers.find((one) => one.layer === layer)?.state),
  );
  const body = tenants.map(({ tenant }, row) => [printable(tenant), ...(states[row] ?? []).map(cellOf)]);
  const widths = widthsOf([...head, ...body]);
  const line = (cells: readonly string[], paintCell: (cell: string, column: number) => string): string =>
    cells
      .map((cell, column) => paintCell(cell, column) + padded('', (widths[column] ?? 0) - widthOf(cell)))
      .join(gap)
      .trimEnd();
  return {
    width: widths.reduce((sum, width) => sum + width + gap.length, -gap.length),
    lines: (paint: Paint): readonly string[] => [
      ...head.map((cells) =>
        paint(
          'bold',
          line(cells, (cell) => cell),
        ),
      ),
      ...body.map((cells, row) => line(cells, (cell, column) => painted(cell, states[row]?.[column - 1], paint))),
    ],
  };
}

function cellOf(state: PostureState | undefined): string {
  return state === undefined ? '-' : stateText[state];
}

function painted(cell: string, state: PostureState | undefined, paint: Paint): string {
  return state === undefined ? cell : paint(stateColour[state], cell);
}

function listOf(tenants: readonly TenantPosture[], width: number): readonly string[] {
  return tenants.flatMap(({ tenant, layers }) => [
    printable(tenant),
    ...wrapped(layers.map(({ layer, state }) => `${layer} ${stateText[state]}`).join(', '), width - 2).map(
      (line) => `  ${line}`,
    ),
  ]);
}
