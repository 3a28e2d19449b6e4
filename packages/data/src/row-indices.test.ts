import { describe, expect, it } from "vitest";
import { parseRowIndices, selectByFile } from "./row-indices.js";
import { errorOf, tableOf, withFiles } from "./test-support.js";

describe("parseRowIndices", () => {
  it("keeps the file's order", async () => {
    expect([...parseRowIndices("[3, 0, 2]", 4, "rows.json")]).toEqual([3, 0, 2]);
    const table = tableOf([
      ["a", 0],
      ["b", 1],
      ["c", 0],
    ]);
    await withFiles({ "rows.json": "[2,0]" }, async (path) => {
      expect((await selectByFile(table, path("rows.json"))).text).toEqual(["c", "a"]);
    });
  });

  it.each([
    ["[0,", "not JSON"],
    ['{"a":1}', "needed a list"],
    ["[]", "empty"],
    ["[0, 1.5]", "entry 1 is 1.5, not an integer"],
    ['["0"]', 'entry 0 is "0", not an integer'],
    ["[4]", "entry 0 is 4, but the table has 4 rows"],
    ["[-1]", "entry 0 is -1"],
    ["[1, 2, 1]", "row 1 is there twice (entries 0 and 2)"],
  ])("refuses %s", (text, problem) => {
    const error = errorOf(() => parseRowIndices(text, 4, "rows.json"));
    expect(error.message).toContain("rows.json");
    expect(error.message).toContain(problem);
  });
});
