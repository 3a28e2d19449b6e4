import { stringify } from "csv-stringify/sync";
import type { Table } from "./table.js";

/** The printed cells as CSV (RFC 4180, LF). For numbers to compute with take `resultsToCsv`. */
export function tableToCsv(table: Table): string {
  const titles = table.columns.map(({ title, group }) =>
    group === undefined ? title : `${group}: ${title}`,
  );
  return stringify([titles, ...table.rows.map((row) => [...row])]);
}
