import type { ScanProgress } from '../audit/scan-input.ts';
import type { Terminal } from './terminal.ts';

const pauseMs = 100;
const eraseLine = '\r\u001b[K';

/** How far a scan is, in one line of a terminal that is written over; nothing where nobody looks. */
export class ScanProgressLine {
  readonly #terminal: Terminal;
  #nextMs = 0;
  #isShown = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  tell({ objects, namespacesDone, namespaces }: ScanProgress): void {
    if (!this.#terminal.hasErrorTerminal) return;
    const nowMs = this.#terminal.now().getTime();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + pauseMs;
    this.#isShown = true;
    const places = namespaces === 0 ? '' : `, ${namespacesDone} of ${namespaces} namespaces`;
    this.#terminal.writeError(`${eraseLine}${objects} objects${places}`);
  }

  /** Leaves the line empty for what comes. */
  end(): void {
    if (this.#isShown) this.#terminal.writeError(eraseLine);
    this.#isShown = false;
  }
}
