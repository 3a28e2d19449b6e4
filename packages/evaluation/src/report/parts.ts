import { at } from "@counterweight/base";
import { type Condition, conditionOf } from "../results.js";
import { distinct } from "../tables/results-table.js";
import { columnGroups, isStrong, type Table } from "../tables/table.js";
import { type Html, html } from "./html.js";
import type { MethodStyle } from "./method-styles.js";

/** What each section needs beside its own data. */
export interface PageContext {
  readonly styleOf: (method: string) => MethodStyle;
  readonly hideRowText: boolean;
}

/** A short stroke in the method's colour and dashes. */
export function swatch({ colour, dash }: MethodStyle): Html {
  return html`<svg class="swatch" width="26" height="8" aria-hidden="true"><line x1="1" y1="4" x2="25" y2="4" stroke="${colour}" stroke-width="3" stroke-dasharray="${dash.join(" ")}"/></svg>`;
}

/** Which colour is which method. */
export function legend(methods: readonly string[], { styleOf }: PageContext): Html {
  return html`<ul class="legend">${methods.map(
    (method) => html`<li>${swatch(styleOf(method))}${method}</li>`,
  )}</ul>`;
}

/** Items by condition, in order of first appearance. */
export function byCondition<Item extends Condition>(
  items: readonly Item[],
): { readonly condition: Condition; readonly items: Item[] }[] {
  const same = (left: Condition, right: Condition): boolean =>
    left.benchmark === right.benchmark &&
    left.generated === right.generated &&
    left.checkerFraction === right.checkerFraction &&
    (left.variant ?? "") === (right.variant ?? "");
  return distinct(items.map(conditionOf)).map((condition) => ({
    condition,
    items: items.filter((item) => same(item, condition)),
  }));
}

/** Items by method, in order of first appearance. */
export function byMethod<Item extends { readonly method: string }>(
  items: readonly Item[],
): { readonly method: string; readonly items: Item[] }[] {
  return [...new Set(items.map(({ method }) => method))].map((method) => ({
    method,
    items: items.filter((item) => item.method === method),
  }));
}

/** A {@link Table} as HTML; the first column heads its row and carries the method's swatch. */
export function tableHtml(table: Table, { styleOf }: PageContext): Html {
  const groups = columnGroups(table);
  const heading = table.columns.flatMap((_, index) => {
    const group = groups.find(({ first, span }) => first <= index && index < first + span);
    if (group === undefined) return [html`<td></td>`];
    if (group.first !== index) return [];
    return [html`<th class="group" scope="colgroup" colspan="${group.span}">${group.title}</th>`];
  });
  return html`<figure><figcaption class="above">${table.caption}</figcaption><div class="scroll"><table>
<thead>${groups.length === 0 ? undefined : html`<tr>${heading}</tr>`}<tr>${table.columns.map(
    ({ title, align }) => html`<th scope="col" class="${className(align)}">${title}</th>`,
  )}</tr></thead>
<tbody>${table.rows.map(
    (row, place) =>
      html`<tr>${row.map((cell, index) =>
        index === 0
          ? html`<th scope="row">${swatch(styleOf(cell))}${cell}</th>`
          : html`<td class="${className(at(table.columns, index).align)}">${
              isStrong(table, place, index) ? html`<strong>${cell}</strong>` : cell
            }</td>`,
      )}</tr>`,
  )}</tbody></table></div></figure>`;
}

function className(align: "left" | "right"): string {
  return align === "right" ? "number" : "";
}

/** `1 row`, `1,234 rows`. */
export function count(amount: number, noun: string): string {
  return `${amount.toLocaleString("en-US")} ${noun}${amount === 1 ? "" : "s"}`;
}
