import { type Html, html } from "./html.js";
import type { Provenance, ProvenanceItem, ReportNote } from "./report-data.js";

/** Warnings first, then notes. */
export function notesSection(notes: readonly ReportNote[]): Html {
  const of = (kind: ReportNote["kind"]): Html[] =>
    notes
      .filter((note) => note.kind === kind)
      .map(({ text }) =>
        kind === "warning"
          ? html`<p class="warning"><strong>Warning.</strong> ${text}</p>`
          : html`<p class="note">${text}</p>`,
      );
  return html`<section id="notes"><h2>Notes</h2>${of("warning")}${of("note")}</section>`;
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
