import { hideSecrets } from "@counterweight/base";

/** One thing wrong with a spec, with all that a person needs to find and mend it. */
export interface SpecProblem {
  /** Dotted path of the key, such as `train.epochs`; empty for the whole document. */
  readonly path: string;
  /** What was wrong, what was expected, and the nearest valid key if one is close. */
  readonly message: string;
  /** Where in the text, or the override as the user typed it. */
  readonly place: TextPlace | OverridePlace | undefined;
}

export interface TextPlace {
  readonly kind: "text";
  /** The spec, or a file that it extends. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 code units. */
  readonly column: number;
  /** Code units to underline, on that line. */
  readonly length: number;
}

export interface OverridePlace {
  readonly kind: "override";
  readonly argument: string;
}

const widest = 100;

/** The source line with a caret line below it, cut to a window where the line is long. */
export function excerpt(text: string, place: TextPlace): string {
  const line = (text.split(/\r\n|\n|\r/)[place.line - 1] ?? "").replaceAll("\t", " ");
  const start = place.column > widest - 10 ? place.column - widest / 2 : 0;
  const shown = line.slice(start, start + widest);
  const column = place.column - 1 - start;
  const length = Math.max(1, Math.min(place.length, shown.length - column));
  const margin = `${place.line}`.padStart(5);
  return `${margin} | ${shown}\n${" ".repeat(margin.length)} | ${" ".repeat(column)}${"^".repeat(length)}`;
}

/** What messages quote: the spec's own file and text first, then those that it extends. */
export type QuotedFiles = readonly { readonly file: string; readonly text: string }[];

/** Keys that are refused for what they hold, which may be a password: they are not quoted. */
const mayBeSecret = (path: string): boolean => path === "tracking.uri";

const hideValue = (argument: string): string =>
  argument.replace(/=.*/s, (value) => `=${"*".repeat(value.length - 1)}`);

/**
 * All problems as text: `file:line:column: path: message`, each with its line and a caret, without
 * the secrets of addresses.
 */
export function renderProblems(problems: readonly SpecProblem[], files: QuotedFiles): string {
  const main = files[0]?.file ?? "";
  const order = ({ place }: SpecProblem): number => {
    if (place?.kind !== "text") return 0;
    const file = files.findIndex(({ file }) => file === place.file);
    return file * 1e12 + place.line * 10_000 + place.column;
  };
  const blocks = [...problems]
    .sort((left, right) => order(left) - order(right))
    .map(({ path, message, place }) => {
      const subject = path === "" ? message : `${path}: ${message}`;
      if (place === undefined) return `${main}: ${subject}`;
      const isSecret = mayBeSecret(path);
      if (place.kind === "override") {
        const argument = isSecret ? hideValue(place.argument) : place.argument;
        return `${argument}: ${subject}`;
      }
      const text = files.find(({ file }) => file === place.file)?.text ?? "";
      const found = `${place.file}:${place.line}:${place.column}: ${subject}`;
      // Whatever was written there in place of an address: it may be nothing but a token.
      return isSecret ? found : `${found}\n${excerpt(text, place)}`;
    })
    .map(hideSecrets);
  const count = blocks.length === 1 ? "1 problem" : `${blocks.length} problems`;
  return `${count} in ${main}\n\n${blocks.join("\n\n")}`;
}
