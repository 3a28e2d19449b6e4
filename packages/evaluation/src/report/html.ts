import { visibleText } from "../visible-text.js";

const ENTITIES: { readonly [character: string]: string } = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Finished HTML; anything else that goes into {@link html} is escaped. */
export class Html {
  constructor(readonly source: string) {}
}

type Part = Html | string | number | readonly Html[] | undefined;

/**
 * A template tag that escapes what is put in: strings are made visible ({@link visibleText}) and
 * escaped for text and for quoted attributes; `Html` goes in as it is, lists of it are joined,
 * undefined is nothing.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const source = strings.map((string, index) => `${string}${sourceOf(parts[index])}`).join("");
  return new Html(source);
}

/** Text for HTML content or a quoted attribute. */
export function escapeHtml(text: string): string {
  return visibleText(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

function sourceOf(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Html) return part.source;
  if (typeof part === "number") return escapeHtml(String(part));
  if (typeof part === "string") return escapeHtml(part);
  return part.map(({ source }) => source).join("");
}
