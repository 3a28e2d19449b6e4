const segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });

/** Graphemes that terminals draw two cells wide (Unicode Annex 11 "W" and "F", and emoji). */
const WIDE =
  /^(?:\p{Emoji_Presentation}|[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303e\u30fb\u30fc\uff01-\uff60\uffe0-\uffe6])|\ufe0f/u;
/** Combining marks standing alone. */
const NARROW = /^[\p{Mark}\p{Format}]+$/u;

/** Each a cell of its own; nearly all cells of a table. */
const PLAIN = /^[ -~]*$/;

/** How many terminal cells a text takes: combining marks none, East Asian wide letters and emoji two. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) {
    width += NARROW.test(segment) ? 0 : WIDE.test(segment) ? 2 : 1;
  }
  return width;
}

/** Fills with spaces up to `width` terminal cells; longer text stays as it is. */
export function padCell(text: string, width: number, align: "left" | "right" | "center"): string {
  const missing = Math.max(0, width - displayWidth(text));
  const before = align === "left" ? 0 : align === "right" ? missing : Math.floor(missing / 2);
  return `${" ".repeat(before)}${text}${" ".repeat(missing - before)}`;
}
