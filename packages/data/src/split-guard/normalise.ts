/** A growable run of code points: `codes[0 .. length)`. Reused from text to text. */
export interface CodeBuffer {
  codes: Uint32Array;
  length: number;
}

/** An empty buffer. */
export function codeBuffer(capacity = 1024): CodeBuffer {
  return { codes: new Uint32Array(capacity), length: 0 };
}

/** Appends one code point, growing the buffer where needed. */
function push(buffer: CodeBuffer, code: number): void {
  if (buffer.length === buffer.codes.length) {
    const larger = new Uint32Array(buffer.length * 2);
    larger.set(buffer.codes);
    buffer.codes = larger;
  }
  buffer.codes[buffer.length++] = code;
}

/** Stands between the two texts of a pair; beyond Unicode, so no text holds it. */
export const pairSeparator = 0x110000;

/** What becomes of a code point; 0 means that it was not looked up yet. */
const kinds = { dropped: 1, mark: 2, kept: 3 } as const;

/** Drawn as nothing: joiners, variation selectors, soft hyphens, fillers. */
const ignorable = /^\p{Default_Ignorable_Code_Point}$/u;
const letterOrDigit = /^[\p{L}\p{N}]$/u;
/** Vowel signs and accents are part of their letter; an enclosing keycap is not. */
const mark = /^[\p{Mn}\p{Mc}]$/u;

function kindOf(code: number): number {
  const character = String.fromCodePoint(code);
  if (ignorable.test(character)) return kinds.dropped;
  if (letterOrDigit.test(character)) return kinds.kept;
  return mark.test(character) ? kinds.mark : kinds.dropped;
}

/** Final sigma, which lower case writes for the same letter at the end of a word. */
const finalSigma = 0x3c2;
const sigma = 0x3c3;

/** Writes the normalised form of a text, or of a text pair, into a buffer. */
export type Normaliser = (target: CodeBuffer, text: string, textPair?: string) => void;

/**
 * A normaliser: Unicode NFKC, lower case, and only letters, digits and their marks kept, of all
 * scripts; so case, spacing, punctuation, symbols and emoji do not count. A text without a letter or
 * digit ("!!!", a lone emoji) stands as it is, else all such texts would be equal to each other.
 * The texts of a pair are normalised each for itself, with `pairSeparator` between them.
 */
export function createNormaliser(): Normaliser {
  const known = new Uint8Array(0x110000);

  /** Plain ASCII needs no tables of Unicode; false where the text is not, with nothing kept. */
  function appendAscii(target: CodeBuffer, text: string): boolean {
    const start = target.length;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) {
        target.length = start;
        return false;
      }
      if ((code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39)) push(target, code);
      else if (code >= 0x41 && code <= 0x5a) push(target, code + 0x20);
    }
    if (target.length === start) appendAsIs(target, text);
    return true;
  }

  function appendUnicode(target: CodeBuffer, text: string): void {
    const start = target.length;
    const folded = text.normalize("NFKC").toLowerCase();
    let letters = 0;
    for (let index = 0; index < folded.length; index++) {
      const code = folded.codePointAt(index) ?? 0;
      if (code > 0xffff) index++;
      let kind = known[code] ?? 0;
      if (kind === 0) {
        kind = kindOf(code);
        known[code] = kind;
      }
      if (kind === kinds.dropped) continue;
      if (kind === kinds.kept) letters++;
      push(target, code === finalSigma ? sigma : code);
    }
    if (letters > 0) return;
    target.length = start;
    appendAsIs(target, text);
  }

  const append = (target: CodeBuffer, text: string): void => {
    if (!appendAscii(target, text)) appendUnicode(target, text);
  };
  return (target, text, textPair) => {
    target.length = 0;
    append(target, text);
    if (textPair === undefined) return;
    push(target, pairSeparator);
    append(target, textPair);
  };
}

function appendAsIs(target: CodeBuffer, text: string): void {
  for (let index = 0; index < text.length; index++) {
    const code = text.codePointAt(index) ?? 0;
    if (code > 0xffff) index++;
    push(target, code);
  }
}

/** Whether two buffers hold the same code points. */
export function sameCodes(left: CodeBuffer, right: CodeBuffer): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) {
    if (left.codes[index] !== right.codes[index]) return false;
  }
  return true;
}
