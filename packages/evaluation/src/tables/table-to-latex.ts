import { visibleLine } from "../visible-text.js";
import { columnGroups, isStrong, type Table } from "./table.js";

/** The table in LaTeX; needs `\usepackage{booktabs}`. A caption makes it a floating table. */
export function tableToLatex(table: Table): string {
  const groups = columnGroups(table);
  const line = (cells: readonly string[]): string => `${cells.join(" & ")} \\\\`;
  const heading = table.columns.flatMap((_, index) => {
    const group = groups.find(({ first, span }) => first <= index && index < first + span);
    if (group === undefined) return [""];
    if (group.first !== index) return [];
    return [`\\multicolumn{${group.span}}{c}{${escapeLatex(group.title)}}`];
  });
  const rules = groups.map(({ first, span }) => `\\cmidrule(lr){${first + 1}-${first + span}}`);
  const tabular = [
    `\\begin{tabular}{${table.columns.map(({ align }) => align.charAt(0)).join("")}}`,
    "\\toprule",
    ...(groups.length === 0 ? [] : [line(heading), rules.join(" ")]),
    line(table.columns.map(({ title }) => escapeLatex(title))),
    "\\midrule",
    ...table.rows.map((row, place) =>
      line(
        row.map((cell, column) =>
          isStrong(table, place, column) ? `\\textbf{${escapeLatex(cell)}}` : escapeLatex(cell),
        ),
      ),
    ),
    "\\bottomrule",
    "\\end{tabular}",
  ];
  if (table.caption === undefined) return `${tabular.join("\n")}\n`;
  return [
    "\\begin{table}",
    "\\centering",
    `\\caption{${escapeLatex(table.caption)}}`,
    ...tabular,
    "\\end{table}",
    "",
  ].join("\n");
}

const LATEX: { readonly [character: string]: string } = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "±": "$\\pm$",
  "–": "--",
  "−": "$-$",
  "<": "$<$",
  ">": "$>$",
  "|": "\\textbar{}",
  // A row that begins with a bracket would be read as an argument of the line break before it.
  "[": "{[}",
  "]": "{]}",
};

function escapeLatex(text: string): string {
  return visibleLine(text).replace(
    /[\\~^±–−<>|[\]{}$&#%_]/g,
    (character) => LATEX[character] ?? `\\${character}`,
  );
}
