import { visibleLine } from "../visible-text.js";
import { isStrong, type Table } from "./table.js";

/** The table in GitHub's Markdown. Groups go into the titles, since Markdown has one heading row. */
export function tableToMarkdown(table: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    ...(table.caption === undefined ? [] : [escapeMarkdown(table.caption), ""]),
    line(
      table.columns.map(({ title, group }) =>
        escapeMarkdown(group === undefined ? title : `${group}: ${title}`),
      ),
    ),
    line(table.columns.map(({ align }) => (align === "right" ? "---:" : "---"))),
    ...table.rows.map((row, place) =>
      line(
        row.map((cell, column) =>
          isStrong(table, place, column) ? `**${escapeMarkdown(cell)}**` : escapeMarkdown(cell),
        ),
      ),
    ),
    "",
  ].join("\n");
}

/** Names keep their underscores and stars; nothing opens a cell, a tag or a link. */
function escapeMarkdown(text: string): string {
  return visibleLine(text).replace(/[\\|`*_[\]<>#&~]/g, (character) => `\\${character}`);
}
