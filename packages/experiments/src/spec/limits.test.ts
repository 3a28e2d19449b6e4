import { expect, it } from "vitest";
import { checkSpec } from "./resolve.js";

const base = `version: 1
name: sample
model: { config: { hiddenSize: 4, layers: 1, heads: 1, intermediateSize: 4 } }
benchmarks: [toy-world]
`;
const messageOf = (text: string): string | undefined => {
  const outcome = checkSpec(text, { file: "x.yaml" });
  return outcome.ok ? undefined : outcome.message;
};

it.each([
  ["checker: { folds: 1000000000 }", "at most 1000, got 1000000000"],
  ["evaluation: { bootstrapResamples: 1000000000 }", "at most 1000000, got 1000000000"],
  ["evaluation: { calibrationBins: 1000000 }", "at most 1000, got 1000000"],
])("%s would take all memory of a machine, or an hour without a word", (line, part) => {
  expect(messageOf(`${base}${line}\n`)).toContain(part);
});

it.each([
  ["{ clip: [1] }", ["weights.transform.0.clip"], ["temper", "unknown key"]],
  ["{ clip: .inf }", ["weights.transform.0.clip", "got Infinity"], ["temper", "unknown key"]],
  ["{ temper: 1, clip: 2 }", ["does not go together with the other keys"], ["Did you mean"]],
  ["{ temper: -1 }", ["weights.transform.0.temper", "at least 0, got -1"], ["clip"]],
])("the transform %s: says what is wrong with the key that is there", (written, parts, absent) => {
  const message = messageOf(`${base}weights:\n  transform:\n    - ${written}\n`)?.split("\n")[2];
  for (const part of parts) expect(message).toContain(part);
  for (const part of absent) expect(message).not.toContain(part);
});

it("models whose vocabulary is the data's words are not saved where row texts are hidden", () => {
  const both = `${base}saveModels: true\nhideRowText: true\n`;
  expect(messageOf(both)).toContain("x.yaml:5:1: saveModels");
  expect(messageOf(`${base}saveModels: true\n`)).toBeUndefined();
  const ownTokenizer = both.replace("layers: 1", "layers: 1, tokenizer: bert");
  expect(messageOf(ownTokenizer)).toBeUndefined();
});
