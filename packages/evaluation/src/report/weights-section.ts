import { describeCondition } from "../results.js";
import type { ScoredRow, WeightSummary } from "../weight-summary.js";
import { histogramChart } from "./histogram-chart.js";
import { type Html, html } from "./html.js";
import { byCondition, byMethod, count, type PageContext, swatch } from "./parts.js";

/** Longer texts are cut: a page of extreme rows should stay readable. */
const LONGEST_TEXT = 1000;

/** Histograms of weights and the rows at both ends; seeds after a method's first are folded. */
export function weightsSection(weights: readonly WeightSummary[], context: PageContext): Html {
  return html`<section id="weights"><h2>Weights of generated rows</h2>
<p class="soft">Quality: probability of the row's label from the quality checker. Diversity: the same from the diversity checker, or from the classifier itself for DIMP. A weight of 1 counts as under cross-entropy.</p>
${byCondition(weights).map(
  ({ condition, items }, place) =>
    html`<h3>${describeCondition(condition)}</h3>${byMethod(items).map(
      ({ method, items: runs }, at) => {
        const cards = runs.map((run, seed) =>
          weightCard(run, `weights-${place}-${at}-${seed}`, context),
        );
        return html`<h4>${swatch(context.styleOf(method))}${method}</h4>${cards.slice(0, 1)}${
          cards.length < 2
            ? undefined
            : html`<details><summary>${method}: ${count(cards.length - 1, "more seed")}</summary>${cards.slice(1)}</details>`
        }`;
      },
    )}`,
)}</section>`;
}

function weightCard(run: WeightSummary, id: string, context: PageContext): Html {
  const { histogram } = run;
  const zeros =
    histogram.zeros > 0 && histogram.scale === "logarithmic"
      ? ` ${count(histogram.zeros, "row")} of weight 0 not drawn.`
      : "";
  return html`<div class="card"><div class="pair facts"><figure>${histogramChart(
    id,
    histogram,
    context.styleOf(run.method),
    `Histogram of weights, ${run.method}, seed ${run.seed}`,
  )}<figcaption>Seed ${run.seed}.${zeros}</figcaption></figure>
<table><tbody>
${fact("generated rows", run.rows.toLocaleString("en-US"))}
${fact("mean weight", formatWeight(run.mean))}
${fact("effective sample size", `${Math.round(run.effectiveSampleSize).toLocaleString("en-US")} rows (${((100 * run.effectiveSampleSize) / run.rows).toFixed(1)} %)`)}
${fact("weight on the heaviest tenth", `${(100 * run.topTenthShare).toFixed(1)} %`)}
</tbody></table></div>
<details><summary>${count(run.highest.length, "highest-weighted row")}</summary>${rowsTable(run.highest, context)}</details>
<details><summary>${count(run.lowest.length, "lowest-weighted row")}</summary>${rowsTable(run.lowest, context)}</details></div>`;
}

function fact(name: string, value: string): Html {
  return html`<tr><th scope="row">${name}</th><td class="number">${value}</td></tr>`;
}

function rowsTable(rows: readonly ScoredRow[], { hideRowText }: PageContext): Html {
  const hasDiversity = rows.some(({ diversity }) => diversity !== undefined);
  const head = (title: string): Html => html`<th scope="col" class="number">${title}</th>`;
  const number = (name: string, value: string): Html =>
    html`<td class="number" data-name="${name}">${value}</td>`;
  return html`<div class="scroll"><table class="rows"><thead><tr>${head("row")}${
    hideRowText ? undefined : html`<th scope="col">text</th>`
  }<th scope="col">label</th>${head("quality")}${hasDiversity ? head("diversity") : undefined}${head("weight")}</tr></thead><tbody>${rows.map(
    (row) =>
      html`<tr>${number("row", String(row.row))}${
        hideRowText
          ? undefined
          : html`<td class="text"><bdi>${cut(row.text)}</bdi>${
              row.textPair === undefined ? undefined : html`<hr><bdi>${cut(row.textPair)}</bdi>`
            }</td>`
      }<td data-name="label"><bdi>${row.label}</bdi></td>${number("quality", formatWeight(row.quality))}${
        hasDiversity
          ? number("diversity", row.diversity === undefined ? "" : formatWeight(row.diversity))
          : undefined
      }${number("weight", formatWeight(row.weight))}</tr>`,
  )}</tbody></table></div>`;
}

function cut(text: string): string {
  const letters = [...text];
  if (letters.length <= LONGEST_TEXT) return text;
  const rest = letters.length - LONGEST_TEXT;
  return `${letters.slice(0, LONGEST_TEXT).join("")} … (${count(rest, "more character")})`;
}

/** Three significant digits; very small and very large numbers with an exponent. */
function formatWeight(value: number): string {
  if (value === 0) return "0";
  if (value < 1e-4 || value >= 1e6) return value.toExponential(2);
  return value < 1000 ? value.toPrecision(3) : Math.round(value).toLocaleString("en-US");
}
