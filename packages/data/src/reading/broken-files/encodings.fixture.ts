import { type BrokenFile, bytes, good } from "./made-files.fixture.js";

/** Bytes that are no text in the encoding they are said to be in. */
export const brokenEncodings: readonly BrokenFile[] = [
  {
    name: "a NUL character",
    file: "a.csv",
    content: "text,label\na,good\nb\0,bad\n",
    says: [/line 3/, /NUL character/],
  },
  {
    name: "Latin-1 read as UTF-8",
    file: "a.csv",
    content: bytes("text,label\na,good\ncaf", [0xe9], ",bad\n"),
    says: [/line 3/, /not valid UTF-8/, /offset 21 \(0xe9\)/, /encoding: windows-1252/],
  },
  {
    name: "UTF-8 cut inside a character",
    file: "a.csv",
    content: bytes("text,label\na,good\nb,caf", [0xc3]),
    says: [/line 3/, /not valid UTF-8/, /offset 24/],
  },
  {
    name: "invalid bytes far into the file",
    file: "a.csv",
    content: bytes("text,label\n", "abcdefgh,good\n".repeat(200_000), "x", [0xff], ",bad\n"),
    says: [/line 200002/, /offset 2800012 \(0xff\)/],
  },
  {
    name: "invalid Shift JIS",
    file: "a.csv",
    content: bytes("text,label\n", [0x82, 0xa0, 0x85, 0x0a]),
    options: { encoding: "shift_jis" },
    says: [/line 2/, /SHIFT_JIS/, /offset 13/],
  },
  {
    name: "UTF-16 without a mark",
    file: "a.csv",
    content: Buffer.from(good, "utf16le"),
    says: [/UTF-16 without a byte-order mark/, /encoding: utf-16le/],
  },
  {
    name: "big-endian UTF-16 without a mark",
    file: "a.csv",
    content: Buffer.from(good, "utf16le").swap16(),
    says: [/encoding: utf-16be/],
  },
  {
    name: "UTF-16 with an odd byte",
    file: "a.csv",
    content: bytes([0xff, 0xfe], Buffer.from(good, "utf16le"), [0x61]),
    says: [/not valid UTF-16LE/],
  },
  {
    name: "UTF-32",
    file: "a.csv",
    content: bytes([0xff, 0xfe, 0, 0, 0x74, 0, 0, 0]),
    says: [/UTF-32/, /iconv/],
  },
  {
    name: "an unknown encoding",
    file: "a.csv",
    content: good,
    options: { encoding: "windows-1525" },
    says: [/unknown encoding "windows-1525"/, /Did you mean "windows-125\d"/],
  },
  {
    name: "an encoding that the mark contradicts",
    file: "a.csv",
    content: `\ufeff${good}`,
    options: { encoding: "windows-1252" },
    says: [/byte-order mark of utf-8, but encoding says windows-1252/],
  },
  {
    name: "accents said to be ASCII",
    file: "a.csv",
    content: "text,label\ncafé,good\n",
    options: { encoding: "us-ascii" },
    says: [/line 2/, /not valid US-ASCII/],
  },
];
