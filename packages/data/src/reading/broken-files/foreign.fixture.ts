import { brotliCompressSync } from "node:zlib";
import { type BrokenFile, bytes, good, many } from "./made-files.fixture.js";

/** Files of another kind, and kinds that cannot be told. */
export const foreignFiles: readonly BrokenFile[] = [
  {
    name: "a wrong ending",
    file: "a.txt",
    content: good,
    says: [/cannot tell the format/, /Set format/],
  },
  {
    name: "a ZIP archive",
    file: "a.csv",
    content: bytes("PK\x03\x04", [20, 0, 0, 0], "rows.csv"),
    says: [/ZIP archive/],
  },
  {
    name: "a workbook named CSV",
    file: "a.csv",
    content: bytes("PK\x03\x04", [20, 0, 6, 0], "[Content_Types].xml"),
    says: [/Excel workbook/, /Save the sheet as CSV/],
  },
  {
    name: "an old workbook",
    file: "a.csv",
    content: bytes([0xd0, 0xcf, 0x11, 0xe0, 0xa1]),
    says: [/old Office document/],
  },
  {
    name: "a pickle",
    file: "a.json",
    content: bytes([0x80, 0x04, 0x95], "pandas"),
    says: [/pickle/, /to_parquet/],
  },
  {
    name: "an HTML error page",
    file: "a.csv",
    content: "<!DOCTYPE html><html><body>404</body></html>",
    says: [/HTML/, /Download the file again/],
  },
  {
    name: "a pointer of Git LFS",
    file: "a.parquet",
    content: "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n",
    says: [/Git LFS/, /git lfs pull/],
  },
  {
    name: "an image",
    file: "a.csv",
    content: bytes([0x89], "PNG\r\n", [0x1a, 0x0a, 0, 0]),
    says: [/PNG image/],
  },
  {
    name: "bytes of any kind",
    file: "a.csv",
    content: Uint8Array.from({ length: 900 }, (_, i) => (i * 167 + 131) % 256),
    says: [/not valid UTF-8|NUL/],
  },
  {
    name: "zstd",
    file: "a.csv",
    content: bytes([0x28, 0xb5, 0x2f, 0xfd, 4, 0]),
    says: [/packed with zstd/, /gzip is read/],
  },
  {
    name: "brotli",
    file: "a.csv",
    content: brotliCompressSync(many),
    says: [/not valid UTF-8|NUL|empty/],
  },
  {
    name: "CSV named Parquet",
    file: "a.parquet",
    content: good,
    says: [/no Parquet file/, /Set format/],
  },
];
