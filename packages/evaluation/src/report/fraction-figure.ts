import { describeCondition, type ResultRow } from "../results.js";
import { fractionCourses } from "./fraction-points.js";
import { fractionChart } from "./fractions-section.js";
import { html } from "./html.js";
import { type MethodStyle, methodColours, methodStyles } from "./method-styles.js";

/** A picture of its own, to be linked from a page or kept beside a table. */
export interface FractionFigure {
  /** What it shows, such as `tweet-irony, gpt-3.5-turbo_few-shot`. */
  readonly title: string;
  /** The whole file; light or dark as its reader's system asks. */
  readonly svg: string;
}

const WIDTH = 540;
const CHART_HEIGHT = 300;
const LINE_HEIGHT = 20;
/** Widths of the legend's texts are guessed: no browser measures them here. */
const LETTER = 7;
const PLAIN: MethodStyle = { colour: "var(--ink)", dash: [] };

/**
 * Test accuracy (mean, and lowest to highest seed) against the checker fraction, one line a method: a
 * standalone SVG for each benchmark, generated source and variant with two fractions or more. The
 * same rows give the same bits.
 */
export function fractionFigures(rows: readonly ResultRow[]): FractionFigure[] {
  return fractionCourses(rows).map((course) => {
    const methods = course.methods.map(({ method }) => method);
    const styles = methodStyles(methods);
    const styleOf = (method: string): MethodStyle => styles.get(method) ?? PLAIN;
    const title = describeCondition(course.condition);
    const places = legendPlaces(methods);
    const top = 34 + LINE_HEIGHT * (1 + Math.max(0, ...places.map(({ line }) => line)));
    const height = top + CHART_HEIGHT;
    const chart = fractionChart(course, "fractions", styleOf);
    const svg = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="12">
<style>
svg { color-scheme: light dark; --page: #ffffff; --ink: #1b1f27; --ink-soft: #565d6b; --grid: #e6e9ee; --axis: #98a0ae; ${methodColours("light")} }
@media (prefers-color-scheme: dark) { svg { --page: #1a1f27; --ink: #e6e9ef; --ink-soft: #a4adbb; --grid: #2a313d; --axis: #6b7585; ${methodColours("dark")} } }
</style>
<rect width="${WIDTH}" height="${height}" fill="var(--page)"/>
<text x="16" y="22" fill="var(--ink)" font-size="13" font-weight="600">${title}</text>
${places.map(({ method, x, line }) => {
  const { colour, dash } = styleOf(method);
  const y = 44 + LINE_HEIGHT * line;
  return html`<line x1="${x}" y1="${y - 4}" x2="${x + 24}" y2="${y - 4}" stroke="${colour}" stroke-width="3" stroke-dasharray="${dash.join(" ")}"/><text x="${x + 30}" y="${y}" fill="var(--ink)">${method}</text>`;
})}
<g transform="translate(0 ${top})">${chart}</g>
</svg>
`;
    return { title, svg: svg.source };
  });
}

/** Left to right, on the next line where a name would not fit. */
function legendPlaces(
  methods: readonly string[],
): { readonly method: string; readonly x: number; readonly line: number }[] {
  let x = 16;
  let line = 0;
  return methods.map((method) => {
    const width = 48 + LETTER * method.length;
    if (x > 16 && x + width > WIDTH) {
      x = 16;
      line++;
    }
    const place = { method, x, line };
    x += width;
    return place;
  });
}
