/**
 * Characters that act instead of showing: C0 and C1 controls but for tab and line feed, soft hyphen,
 * zero-width and bidirectional controls, line and paragraph separators, byte-order mark, tag
 * characters, and halves of surrogate pairs. Emoji joiners (U+200D) stay: they are part of what is
 * seen.
 */
const ACTING =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\p{Surrogate}]|[\u{e0000}-\u{e007f}]/gu;

/**
 * Text in which nothing hides: each acting character is written as `[U+202E]`, so that a terminal or
 * a browser can neither be steered nor be made to show a row in another order than it has.
 */
export function visibleText(text: string): string {
  return text.replace(ACTING, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `[U+${code.toString(16).toUpperCase().padStart(4, "0")}]`;
  });
}

/** As {@link visibleText}, and on one line: tabs and line feeds become spaces. */
export function visibleLine(text: string): string {
  return visibleText(text).replace(/[\t\n]+/g, " ");
}
