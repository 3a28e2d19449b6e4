import { type Html, html } from "./html.js";
import type { Provenance, ProvenanceItem, ReportNote } from "./report-data.js";

/** Warnings first, then notes. */
export function notesSection(id: string, title: string, notes: readonly ReportNote[]): Html {
  const lines = notes.map(({ kind, text }) =>
    kind === "warning"
      ? html`<p class="warning"><strong>Warning.</strong> ${text}</p>`
      : html`<p class="note">${text}</p>`,
  );
  return html`<section id="${id}"><h2>${title}</h2>${lines}</section>`;
}

/** What made the results, so that they can be made again. */
export function makingSection(made: Provenance): Html {
  const rows = (items: readonly ProvenanceItem[], className: string): Html[] =>
    items.map(
      ({ name, value }) =>
        html`<tr><th scope="row">${name}</th><td class="${className}">${value}</td></tr>`,
    );
  const facts: ProvenanceItem[] = [
    ...(made.command === undefined ? [] : [{ name: "command", value: made.command }]),
    { name: "code version", value: made.codeVersion },
    ...(made.finishedAt === undefined ? [] : [{ name: "finished", value: made.finishedAt }]),
  ];
  return html`<section id="making"><h2>How it was made</h2><div class="card scroll"><table><tbody>
${rows(facts, "digest")}${rows(made.environment, "")}</tbody></table>
${
  made.inputs.length === 0
    ? undefined
    : html`<h4>Inputs (SHA-256)</h4><table><tbody>${rows(made.inputs, "digest")}</tbody></table>`
}
<details><summary>Resolved spec</summary><pre>${made.spec}</pre></details></div></section>`;
}
