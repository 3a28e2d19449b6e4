import type { TextTable } from "../text-table.js";

/** Two rows with equal or near texts. */
export interface RowPair {
  /** 1-based record number of each row in its file. */
  readonly left: number;
  readonly right: number;
  /** Exact Jaccard similarity; 1 where the normalised texts are equal. */
  readonly similarity: number;
}

/** Counts all links and keeps the first of them in the order of rows. */
export interface LinkList {
  /** @param left,right 0-based rows of the two tables. */
  add(left: number, right: number, similarity: number): void;
  total(): number;
  listed(): RowPair[];
}

interface Link {
  readonly left: number;
  readonly right: number;
  readonly similarity: number;
}

const ascending = (one: Link, other: Link): number =>
  one.left - other.left || one.right - other.right;

/** A list that never holds more than twice `limit` links. */
export function createLinkList(left: TextTable, right: TextTable, limit: number): LinkList {
  let kept: Link[] = [];
  let total = 0;
  const cut = (): void => {
    kept = kept.sort(ascending).slice(0, limit);
  };
  let last: Link | undefined;
  return {
    add(leftRow, rightRow, similarity) {
      total++;
      const link = { left: leftRow, right: rightRow, similarity };
      if (last !== undefined && ascending(link, last) > 0) return;
      kept.push(link);
      if (kept.length < limit * 2) return;
      cut();
      last = kept[limit - 1];
    },
    total: () => total,
    listed() {
      cut();
      return kept.map((link) => ({
        left: left.row[link.left] ?? 0,
        right: right.row[link.right] ?? 0,
        similarity: link.similarity,
      }));
    },
  };
}
