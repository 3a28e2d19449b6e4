import { at } from "@counterweight/base";
import { visibleLine } from "../visible-text.js";
import { displayWidth, padCell } from "./display-width.js";
import { columnGroups, type Table } from "./table.js";

const GAP = "  ";

/** The table for a terminal: aligned columns, a rule below the titles, no trailing spaces. */
export function tableToText(table: Table): string {
  const titles = table.columns.map(({ title }) => visibleLine(title));
  const rows = table.rows.map((row) => row.map(visibleLine));
  const widths = titles.map((title, index) =>
    // No list of arguments: a sweep has more rows than a call takes.
    rows.reduce((most, row) => Math.max(most, displayWidth(at(row, index))), displayWidth(title)),
  );
  const groups = columnGroups(table).map((group) => ({
    ...group,
    title: visibleLine(group.title),
  }));
  const spanned = ({ first, span }: { first: number; span: number }): number =>
    widths.slice(first, first + span).reduce((sum, width) => sum + width, (span - 1) * GAP.length);
  for (const group of groups) {
    const last = group.first + group.span - 1;
    widths[last] = at(widths, last) + Math.max(0, displayWidth(group.title) - spanned(group));
  }
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => padCell(cell, at(widths, index), at(table.columns, index).align))
      .join(GAP)
      .trimEnd();

  const heading: string[] = [];
  for (let index = 0; index < widths.length; ) {
    const group = groups.find(({ first }) => first === index);
    heading.push(
      group === undefined
        ? " ".repeat(at(widths, index))
        : padCell(group.title, spanned(group), "center"),
    );
    index += group?.span ?? 1;
  }
  return [
    ...(table.caption === undefined ? [] : [visibleLine(table.caption), ""]),
    ...(groups.length === 0 ? [] : [heading.join(GAP).trimEnd()]),
    line(titles),
    widths.map((width) => "─".repeat(width)).join(GAP),
    ...rows.map(line),
    "",
  ].join("\n");
}
