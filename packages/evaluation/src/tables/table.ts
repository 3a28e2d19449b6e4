/** One column of a printed table. */
export interface TableColumn {
  readonly title: string;
  /** Neighbouring columns of one group share a heading above their titles. */
  readonly group?: string;
  readonly align: "left" | "right";
}

/** A table of finished cells; the `tableTo...` functions print it. */
export interface Table {
  /** What holds for all cells; printed above, or as the caption. */
  readonly caption?: string;
  readonly columns: readonly TableColumn[];
  /** `[rows][columns]`. */
  readonly rows: readonly (readonly string[])[];
  /** Cells in bold, as `[row, column]`, 0-based. Plain text and CSV do not show it. */
  readonly strong?: readonly (readonly [number, number])[];
}

/** Whether a cell is to be in bold. */
export function isStrong({ strong = [] }: Table, row: number, column: number): boolean {
  return strong.some(([strongRow, strongColumn]) => strongRow === row && strongColumn === column);
}

/** Runs of neighbouring columns with the same group: heading, first column (0-based), width. */
export function columnGroups(
  table: Table,
): { readonly title: string; readonly first: number; readonly span: number }[] {
  const groups: { title: string; first: number; span: number }[] = [];
  let open: { title: string; first: number; span: number } | undefined;
  table.columns.forEach(({ group }, index) => {
    if (group !== undefined && open?.title === group) {
      open.span++;
      return;
    }
    open = group === undefined ? undefined : { title: group, first: index, span: 1 };
    if (open !== undefined) groups.push(open);
  });
  return groups;
}
