import { gzipSync } from "node:zlib";
import { type BrokenFile, bytes, good, gzipped, mib, patched } from "./made-files.fixture.js";

/** Damaged, cut off and hostile gzip. */
export const brokenGzip: readonly BrokenFile[] = [
  {
    name: "gzip cut off",
    file: "a.csv.gz",
    content: gzipped.subarray(0, gzipped.length - 200),
    says: [/cut off/, /gzip -t/],
  },
  {
    name: "gzip cut off in its last 8 bytes",
    file: "a.csv.gz",
    content: gzipped.subarray(0, -5),
    says: [/cut off/],
  },
  {
    name: "gzip with a wrong checksum",
    file: "a.csv.gz",
    content: patched(gzipped, -8, 1, 2, 3, 4),
    says: [/damaged/, /incorrect data check/],
  },
  {
    name: "gzip damaged inside",
    file: "a.csv.gz",
    content: patched(gzipped, 200, 255, 255, 255, 255, 255, 255),
    says: [/damaged|cut off/],
  },
  {
    name: "gzip with a second part damaged at its start",
    file: "a.csv.gz",
    content: bytes(gzipped, gzipSync("z,1\n").subarray(1)),
    says: [/damaged/, /incorrect header check/],
  },
  {
    name: "gzip with rows behind its end",
    file: "a.csv.gz",
    content: bytes(gzipped, [0, 0], gzipSync("z,1\n")),
    says: [/damaged/, /behind its end/],
  },
  {
    name: "a gzip bomb",
    file: "a.csv.gz",
    content: gzipSync(
      Buffer.concat([Buffer.from(good), Buffer.alloc(20 * mib, `${"a".repeat(9999)},good\n`)]),
      {
        level: 9,
      },
    ),
    says: [/more than 200 times/, /unpack it/],
  },
  {
    name: "gzip inside gzip",
    file: "a.csv.gz",
    content: gzipSync(gzipped),
    says: [/holds a gzip file/],
  },
  { name: "an empty gzip", file: "a.csv.gz", content: gzipSync(""), says: [/the file is empty/] },
  {
    name: "a workbook inside gzip",
    file: "a.csv.gz",
    content: gzipSync("PK\x03\x04[Content_Types].xml"),
    says: [/Excel workbook/],
  },
];
