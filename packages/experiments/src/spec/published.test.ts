import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { schemaFile, specReference } from "./docs.js";
import { listKeys, specJsonSchema } from "./json-schema.js";

const root = new URL("../../../../", import.meta.url);

describe("published files are what the schema says now (run scripts/write-schema.mjs)", () => {
  it("counterweight.schema.json", async () => {
    expect(await readFile(new URL("counterweight.schema.json", root), "utf8")).toBe(schemaFile());
  });
  it("docs/spec.md", async () => {
    expect(await readFile(new URL("docs/spec.md", root), "utf8")).toBe(specReference());
  });
});

describe("the schema", () => {
  const schema = specJsonSchema();
  it("is of draft 7, which editors read", () => {
    expect(schema).toMatchObject({ $schema: "http://json-schema.org/draft-07/schema#" });
  });
  it("describes every key but the discriminators", () => {
    const silent = listKeys(schema).filter(({ node }) => node.description === undefined);
    expect(silent.map(({ path }) => path).filter((path) => !path.endsWith(".kind"))).toEqual([]);
  });
});
