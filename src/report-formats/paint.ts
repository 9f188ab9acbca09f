import { styleText } from 'node:util';

/** Colours that reports use. */
export type Colour = 'red' | 'yellow' | 'green' | 'blue' | 'dim' | 'bold';

/** Colours text, or leaves it as it is. */
export type Paint = (colour: Colour, text: string) => string;

/** Whether colours are wanted is known by the caller, so the stream is not asked. */
export function paintFor(hasColour: boolean): Paint {
  return hasColour ? (colour, text) => styleText(colour, text, { validateStream: false }) : (_colour, text) => text;
}
