/** Steps that arrow keys make in a table. */
const steps: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** One stop for the tab key in each row; arrow keys go from cell to cell. */
export function makeNavigable(table: HTMLTableElement): void {
  for (const link of table.querySelectorAll<HTMLAnchorElement>('td a')) link.tabIndex = -1;
  table.addEventListener('keydown', (event) => {
    const step = steps[event.key];
    const cell = event.target instanceof Element ? event.target.closest('th, td') : null;
    if (step === undefined || !(cell instanceof HTMLTableCellElement)) return;
    event.preventDefault();
    neighbour(table, cell, step)?.focus();
  });
}

function neighbour(
  table: HTMLTableElement,
  cell: HTMLTableCellElement,
  [rows, columns]: readonly [number, number],
): HTMLElement | undefined {
  const row = cell.parentElement instanceof HTMLTableRowElement ? cell.parentElement.rowIndex : 0;
  return table.rows[row + rows]?.cells[cell.cellIndex + columns]?.querySelector('a') ?? undefined;
}
