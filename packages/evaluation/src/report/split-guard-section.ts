import { type Html, html } from "./html.js";
import type { SplitOverlap } from "./report-data.js";

/** Rows that roles share; exact ones with the test rows stand out. */
export function splitGuardSection(overlaps: readonly SplitOverlap[]): Html {
  const benchmarks = [...new Set(overlaps.map(({ benchmark }) => benchmark))];
  return html`<section id="split-guard"><h2>Split guard</h2>
<p class="soft">Rows of one role found again in another. Exact: letter for letter; normalised: the same but for case, spacing and punctuation; near: nearly the same words (MinHash). A row counts once, in the strictest kind.</p>
${benchmarks.map((benchmark) => {
  const items = overlaps.filter((overlap) => overlap.benchmark === benchmark);
  return html`<h3>${benchmark}</h3>${items
    .filter(isLeak)
    .map(
      ({ role, exact, allowed }) =>
        html`<p class="warning"><strong>Warning.</strong> ${exact.toLocaleString("en-US")} of the ${role} rows stand in the test rows too${
          allowed === true ? "; the spec allows it" : ""
        }. Scores on such rows say nothing about new ones.</p>`,
    )}<div class="card scroll"><table><thead><tr><th scope="col">role</th><th scope="col">found in</th>${[
    "rows",
    "exact",
    "normalised",
    "near",
  ].map(
    (title) => html`<th scope="col" class="number">${title}</th>`,
  )}</tr></thead><tbody>${items.map(
    (overlap) =>
      html`<tr><th scope="row">${overlap.role}</th><td>${overlap.foundIn}</td>${[
        overlap.rows,
        overlap.exact,
        overlap.normalised,
        overlap.near,
      ].map((amount) => html`<td class="number">${amount.toLocaleString("en-US")}</td>`)}</tr>`,
  )}</tbody></table></div>`;
})}</section>`;
}

function isLeak({ foundIn, exact }: SplitOverlap): boolean {
  return foundIn === "test" && exact > 0;
}
