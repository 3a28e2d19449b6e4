import { type BrokenFile, good, goodLines } from "./made-files.fixture.js";

/** JSON and JSON Lines that are none, or not the rows they should be. */
export const brokenJson: readonly BrokenFile[] = [
  {
    name: "JSON that is no list",
    file: "a.json",
    content: '{"text":["a"],"label":[1]}',
    says: [/needed a list of objects, got an object/, /format: jsonl/],
  },
  {
    name: "JSON cut off in an object",
    file: "a.json",
    content: '[\n{"text":"a","label":1},\n{"text":"b","la',
    says: [/row 2 \(line 3\)/, /ends before its list does/],
  },
  {
    name: "JSON cut off between rows",
    file: "a.json",
    content: '[{"text":"a","label":1},',
    says: [/ends before its list does/],
  },
  {
    name: "JSON with a trailing comma",
    file: "a.json",
    content: '[{"text":"a","label":1},\n]',
    says: [/line 2/, /comma has no row/],
  },
  {
    name: "JSON with rows behind the list",
    file: "a.json",
    content: '[{"text":"a","label":1}]\n[{"text":"b","label":0}]',
    says: [/text follows the end/],
  },
  {
    name: "JSON without commas",
    file: "a.json",
    content: '[{"text":"a","label":1}\n{"text":"b","label":0}]',
    says: [/row 1 \(line 1\)/, /not JSON/],
  },
  { name: "CSV named JSON", file: "a.json", content: good, says: [/not JSON/, /set format/] },
  {
    name: "a list of lists",
    file: "a.json",
    content: '[["a",1]]',
    says: [/row 1 \(line 1\)/, /needed an object, got a list/],
  },
  {
    name: "JSON Lines with a broken line",
    file: "a.jsonl",
    content: `${goodLines}{"text":"c",\n`,
    says: [/row 3 \(line 3\)/, /not JSON/],
  },
  {
    name: "JSON Lines with NaN",
    file: "a.jsonl",
    content: `${goodLines}\n{"text": "c", "label": NaN}\n`,
    says: [/row 3 \(line 4\)/, /holds NaN/],
  },
  {
    name: "a list read as JSON Lines",
    file: "a.jsonl",
    content: '[\n{"text":"a","label":1}\n]',
    says: [/row 1 \(line 1\)/, /\.json/],
  },
  {
    name: "a nested text",
    file: "a.jsonl",
    content: '{"text":{"en":"a"},"label":1}\n',
    says: [/"text" is an object, needed a text/],
  },
  {
    name: "a nested label",
    file: "a.jsonl",
    content: '{"text":"a","label":[1]}\n',
    says: [/label "label" is a list/],
  },
  {
    name: "a null text",
    file: "a.jsonl",
    content: `${goodLines}{"text":null,"label":1}\n`,
    says: [/row 3 \(line 3\)/, /is empty/],
  },
  {
    name: "a null label",
    file: "a.jsonl",
    content: `${goodLines}{"text":"c","label":null}\n`,
    says: [/row 3 \(line 3\)/, /label "label" is empty/],
  },
  {
    name: "a label of 2^53 + 1",
    file: "a.jsonl",
    content: '{"text":"a","label":9007199254740993}\n',
    says: [/row 1/, /as a string/],
  },
  {
    name: "a fractional label",
    file: "a.jsonl",
    content: '{"text":"a","label":0.5}\n',
    says: [/label "label" is 0\.5/],
  },
  {
    name: "a lone surrogate in a text",
    file: "a.jsonl",
    content: '{"text":"\\ud83d","label":1}\n',
    says: [/row 1 \(line 1\)/, /half a character/],
  },
  {
    name: "a lone surrogate in a label",
    file: "a.jsonl",
    content: '{"text":"a","label":"\\ude00"}\n',
    says: [/"label" holds half a character/],
  },
];
