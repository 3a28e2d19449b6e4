import { CounterweightError } from "@counterweight/base";

interface ForeignKind {
  readonly test: (bytes: Uint8Array, text: string) => boolean;
  readonly what: string;
  readonly fix: string;
}

const starts =
  (...wanted: number[]) =>
  (bytes: Uint8Array): boolean =>
    wanted.every((byte, index) => bytes[index] === byte);
const startsText =
  (pattern: RegExp) =>
  (_: Uint8Array, text: string): boolean =>
    pattern.test(text);
const zip = starts(0x50, 0x4b, 0x03, 0x04);
const unpack = "Unpack it and give the file inside (gzip is read as it is).";
const otherFile = "Check that this is the file you mean.";

/** Kinds of file that stand where rows were meant, by how they begin; the first that fits counts. */
const kinds: readonly ForeignKind[] = [
  {
    test: startsText(/^version https:\/\/git-lfs\.github\.com\/spec\//),
    what: "this is a pointer of Git LFS, the rows themselves were not fetched",
    fix: "Fetch them: git lfs pull.",
  },
  {
    test: startsText(/^\s*<(?:!doctype html|html|head|\?xml|!--)/i),
    what: "this is an HTML or XML page (perhaps an error page saved in place of the data)",
    fix: "Download the file again and look at what comes; a login may be needed.",
  },
  {
    test: (bytes, text) => zip(bytes) && /\[Content_Types\]\.xml|xl\/|_rels\//.test(text),
    what: "this is an Excel workbook (.xlsx)",
    fix: "Save the sheet as CSV UTF-8 and give that file.",
  },
  {
    test: (bytes, text) => zip(bytes) && /data\.pkl|archive\/|\.npy/.test(text),
    what: "this is an archive of PyTorch or NumPy",
    fix: "Write the rows as CSV, JSON Lines or Parquet from Python.",
  },
  { test: zip, what: "this is a ZIP archive", fix: unpack },
  {
    test: starts(0xd0, 0xcf, 0x11, 0xe0),
    what: "this is an old Office document (.xls or .doc)",
    fix: "Save the sheet as CSV UTF-8 and give that file.",
  },
  {
    test: (bytes) => bytes[0] === 0x80 && [2, 3, 4, 5].includes(bytes[1] ?? 0),
    what: "this is a Python pickle",
    fix: "Write the rows as CSV, JSON Lines or Parquet from Python (DataFrame.to_parquet).",
  },
  {
    test: startsText(/^(?:ARROW1|FEA1)/),
    what: "this is an Arrow or Feather file",
    fix: "Write it as Parquet (Dataset.to_parquet or DataFrame.to_parquet).",
  },
  { test: startsText(/^SQLite format 3/), what: "this is an SQLite database", fix: otherFile },
  { test: startsText(/^%PDF-/), what: "this is a PDF document", fix: otherFile },
  { test: starts(0x89, 0x50, 0x4e, 0x47), what: "this is a PNG image", fix: otherFile },
  { test: starts(0xff, 0xd8, 0xff), what: "this is a JPEG image", fix: otherFile },
  { test: startsText(/^BZh[1-9]1AY/), what: "the file is packed with bzip2", fix: unpack },
  {
    test: starts(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0),
    what: "the file is packed with xz",
    fix: unpack,
  },
  { test: starts(0x28, 0xb5, 0x2f, 0xfd), what: "the file is packed with zstd", fix: unpack },
  { test: starts(0x37, 0x7a, 0xbc, 0xaf), what: "this is a 7z archive", fix: unpack },
  { test: starts(0x1f, 0x8b), what: "the gzip file holds a gzip file", fix: "Unpack it once." },
];

const parquet = starts(0x50, 0x41, 0x52, 0x31);

/** Whether a file begins as gzip does. */
export const isGzip = starts(0x1f, 0x8b, 0x08);

function headText(head: Uint8Array): string {
  return Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, 4096)).toString(
    "latin1",
  );
}

/** Refuses what is no table by its first bytes, in words that say what it is: archives, pages, workbooks. */
function refuseForeign(head: Uint8Array, file: string): void {
  const text = headText(head);
  const kind = kinds.find(({ test }) => test(head, text));
  if (kind === undefined) return;
  throw new CounterweightError("data", `${kind.what}, needed rows.`, {
    where: file,
    fix: kind.fix,
  });
}

/**
 * Refuses a file whose first bytes show that it is no text table.
 * @throws CounterweightError `data` that says what the file is and what to do.
 */
export function refuseNoText(head: Uint8Array, file: string): void {
  refuseForeign(head, file);
  if (parquet(head)) {
    throw new CounterweightError("data", "this is a Parquet file, needed text.", {
      where: file,
      fix: "Set format: parquet, or let its name end in .parquet.",
    });
  }
}

/**
 * Refuses a file that does not begin as Parquet does.
 * @throws CounterweightError `data` that says what the file is, as far as it shows.
 */
export function refuseNoParquet(head: Uint8Array, file: string): void {
  if (parquet(head)) return;
  refuseForeign(head, file);
  const encrypted = headText(head).startsWith("PARE");
  throw new CounterweightError(
    "data",
    encrypted
      ? "the Parquet file is encrypted."
      : "this is no Parquet file (it does not begin with PAR1).",
    {
      where: file,
      fix: encrypted
        ? "Write it without encryption."
        : "Set format to what it is (csv, tsv, jsonl, json), or fetch the file again.",
    },
  );
}
