import { at } from "@counterweight/base";
import { describe, expect, it } from "vitest";
import { configToJson, maxTokens, parseConfig } from "../checkpoint/config.js";
import { initialiseParameter } from "../checkpoint/initialise.js";
import { parameterShapes } from "../checkpoint/parameter-shapes.js";
import { randomConfig } from "../checkpoint/random-config.js";
import { wordEmbeddingNameOf } from "../encoder/classifier.js";
import { poolings } from "../encoder/pooling.js";
import { readGolden } from "./golden.fixture.js";
import { architectureNames, architectureOf } from "./registry.js";

describe.each(architectureNames)("%s", (architecture) => {
  it("comes back from its own JSON, with either pooling", () => {
    for (const pooling of poolings) {
      const config = randomConfig({ architecture, pooling, vocabularySize: 20, numLabels: 3 });
      const json = configToJson(config);
      expect(parseConfig(json, "test")).toEqual(config);
      expect(json.counterweight_pooling).toBe(pooling === "cls" ? undefined : pooling);
    }
  });

  it("keeps every key of a config.json that Transformers wrote, and its values", () => {
    const golden = at(
      readGolden().cases.filter(({ name }) => name === architecture),
      0,
    ).config;
    const { classifier_dropout: given, ...rest } = golden;
    const { classifier_dropout: written, ...back } = configToJson(parseConfig(golden, "test"));
    expect(back).toEqual(rest);
    // null there means: as hidden_dropout_prob.
    expect(written).toBe(given === null ? golden.hidden_dropout_prob : given);
  });

  it("takes texts as long as asked for, and starts the padding token's rows at zero", () => {
    const config = randomConfig({
      architecture,
      vocabularySize: 20,
      hiddenSize: 8,
      heads: 2,
      maxPositions: 12,
      padTokenId: 3,
    });
    expect(maxTokens(config)).toBe(12);
    expect(parameterShapes(config).has(wordEmbeddingNameOf(config))).toBe(true);
    for (const name of parameterShapes(config).keys()) {
      if (!name.includes("_embeddings")) continue;
      const { values, shape } = initialiseParameter(config, name, 0);
      const zeroRows = Array.from({ length: at(shape, 0) }, (_, row) => row).filter((row) =>
        values.subarray(row * 8, (row + 1) * 8).every((value) => value === 0),
      );
      const padded = architectureOf(config).paddedTables.includes(name);
      expect(zeroRows, name).toEqual(padded ? [3] : []);
    }
  });

  it("starts every layer norm's gain at one", () => {
    const config = randomConfig({ architecture, vocabularySize: 20, hiddenSize: 8, heads: 2 });
    const gains = [...parameterShapes(config).keys()].filter((name) => /norm\.weight$/i.test(name));
    expect(gains).toHaveLength(1 + 2 * config.layers);
    for (const name of gains) {
      expect(new Set(initialiseParameter(config, name, 0).values), name).toEqual(new Set([1]));
    }
  });
});

it.each([
  [{ model_type: "xlnet" }, /model_type: needed one of "bert", "distilbert", "roberta", got "xl/],
  [{ model_type: "roberta", pad_token_id: null }, /RoBERTa counts positions from it, got null/],
  [{ model_type: "roberta", max_position_embeddings: 2 }, /leaves no position for a token/],
  [{ model_type: "distilbert", n_heads: 5 }, /n_heads 5 does not divide dim 768/],
  [{ model_type: "distilbert", activation: "silu" }, /activation: needed one of "gelu"/],
  [{ model_type: "bert", counterweight_pooling: "max" }, /needed one of "cls", "mean", got "max"/],
])("refuses %j", (json, message) => {
  expect(() => parseConfig(json, "config.json")).toThrow(message);
});
