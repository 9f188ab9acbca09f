/**
 * Control characters, line separators, lone surrogates, and what turns the direction of text or takes no room: with them a
 * name passes for another. The letters of all scripts stay, and so do the joiners that some of them need.
 */
const invisible =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Co}\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\u{e0000}-\u{e0fff}]/gu;

/** Text with everything that does not show written as an escape; lines stay lines. */
export function visibleText(text: string): string {
  return text.replaceAll(invisible, (character) => (character === '\n' ? character : escapeOf(character)));
}

function escapeOf(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? String.raw`\u{${code}}` : String.raw`\u` + code.padStart(4, '0');
}
