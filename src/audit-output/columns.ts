/** Cells in columns that are as wide as their widest cell; the last one ends where its text ends. */
export function columns(rows: readonly (readonly string[])[], gap = '  '): readonly (readonly string[])[] {
  const widths = widthsOf(rows);
  return rows.map((row) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : padded(cell, widths[column] ?? 0) + gap)),
  );
}

/** Width of each column. */
export function widthsOf(rows: readonly (readonly string[])[]): readonly number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
  }
  return widths;
}

/** How many places a text takes, as far as it is known: names are ASCII, as a rule. */
export function widthOf(text: string): number {
  return Array.from(text).length;
}

export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Text in lines of at most this width, broken at spaces; a longer word is broken where it has to be. */
export function wrapped(text: string, width: number): readonly string[] {
  const limit = Math.max(width, 1);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((part) => piecesOf(part, limit))) {
    if (line.trimEnd() === '') line = word;
    else if (widthOf(line) + 1 + widthOf(word) <= limit) line += ` ${word}`;
    else {
      lines.push(line.trimEnd());
      line = word;
    }
  }
  return [...lines, line.trimEnd()];
}

function piecesOf(word: string, limit: number): readonly string[] {
  const characters = Array.from(word);
  if (characters.length <= limit) return [word];
  const pieces: string[] = [];
  for (let start = 0; start < characters.length; start += limit)
    pieces.push(characters.slice(start, start + limit).join(''));
  return pieces;
}
