import { printable } from '../report-formats/printable.ts';

/** How an annotation is shown. */
export type AnnotationLevel = 'error' | 'warning' | 'notice';

/** A remark at a line of a file. */
export interface Annotation {
  readonly level: AnnotationLevel;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly title: string;
  readonly message: string;
}

/** https://docs.github.com/actions/reference/workflow-commands-for-github-actions */
export function commandOf({ level, file, line, column, title, message }: Annotation): string {
  const place = `file=${escapeProperty(printable(file))},line=${line},col=${column}`;
  return `::${level} ${place},title=${escapeProperty(title)}::${escapeData(message)}`;
}

/** As `escapeData` in https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts. */
function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
