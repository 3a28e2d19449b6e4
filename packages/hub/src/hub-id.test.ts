import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isHubId, looksLikePath, parseHubId, placeOfModel } from "./hub-id.js";

const part = fc.stringMatching(/^[A-Za-z0-9]{2}([-_.]?[A-Za-z0-9]){0,20}$/);
const revision = fc.constantFrom(
  "main",
  "v1.0",
  "refs/pr/1",
  "refs/convert/parquet",
  "a".repeat(40),
);
const absent = (): Promise<boolean> => Promise.resolve(false);
const present = (): Promise<boolean> => Promise.resolve(true);

describe("parseHubId", () => {
  it("reads back what was put together", () => {
    const id = fc.oneof(
      part,
      fc.tuple(part, part).map((parts) => parts.join("/")),
    );
    fc.assert(
      fc.property(id, fc.option(revision, { nil: undefined }), (name, at) => {
        const text = at === undefined ? name : `${name}@${at}`;
        expect(parseHubId(text)).toEqual(
          at === undefined ? { id: name } : { id: name, revision: at },
        );
        expect(isHubId(text)).toBe(true);
        expect(looksLikePath(text)).toBe(false);
      }),
    );
  });

  it.each([
    "a/b/c",
    "",
    "/",
    "a/",
    "/a",
    "a b/c",
    "a/b@",
    "a/b@../x",
    "-a/b",
    "a/b.",
    "a--b/c",
    "a/..",
    "a/b@/x",
    "ä/b",
  ])("refuses %j and says why", (text) => {
    expect(() => parseHubId(text, "data set")).toThrow(
      /is no data set id of the hub: .* Write "owner\/name"/,
    );
  });
});

describe("placeOfModel", () => {
  it.each([
    "./a/b",
    "../a",
    "/a/b",
    "~/a",
    "C:\\a",
    "c:/a",
    "a\\b",
    ".",
    "..",
    "./",
    "\\\\host\\a",
  ])("takes %j for a path, there or not", async (path) => {
    expect(await placeOfModel(path, absent)).toEqual({ kind: "folder", path });
    expect(await placeOfModel(path, present)).toEqual({ kind: "folder", path });
  });

  it("lets a path that exists win, and an id be one otherwise", async () => {
    expect(await placeOfModel("a/b", present)).toEqual({ kind: "folder", path: "a/b" });
    expect(await placeOfModel("a/b@v1", absent)).toEqual({
      kind: "hub",
      hub: { id: "a/b", revision: "v1" },
    });
    expect(await placeOfModel("a/b/c d", present)).toEqual({ kind: "folder", path: "a/b/c d" });
    await expect(placeOfModel("a/b/c", absent)).rejects.toThrow(/no folder "a\/b\/c"/);
  });
});
