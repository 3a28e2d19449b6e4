import { type Html, html } from "./html.js";
import { count } from "./parts.js";
import type { ModelNote } from "./report-data.js";

/** What checkpoints lacked, and whatever else was said when they were loaded. */
export function modelNotesSection(notes: readonly ModelNote[]): Html {
  return html`<section id="models"><h2>Models</h2>${notes.map(
    ({ model, missing, unused = [], notes: sentences = [] }) =>
      html`<div class="card"><h4>${model}</h4>${
        missing.length === 0
          ? html`<p>The checkpoint has all parameters.</p>`
          : names(missing, "lacked by the checkpoint and begun at random")
      }${unused.length === 0 ? undefined : names(unused, "of the checkpoint not used")}${sentences.map(
        (sentence) => html`<p class="note">${sentence}</p>`,
      )}</div>`,
  )}</section>`;
}

function names(parameters: readonly string[], what: string): Html {
  return html`<details><summary>${count(parameters.length, "parameter")} ${what}</summary><ul>${parameters.map(
    (name) => html`<li class="digest">${name}</li>`,
  )}</ul></details>`;
}
