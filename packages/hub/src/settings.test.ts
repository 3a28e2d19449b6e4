import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hubSettings, readToken } from "./settings.js";

// Against Python's own reading of the same variables: scripts/ci/60-hub-with-python.sh.
describe("hubSettings", () => {
  const cacheOf = (environment: Record<string, string>): string =>
    hubSettings(environment, "/home/me").cacheFolder;

  it("finds the cache by the same variables in the same order as the ecosystem", () => {
    const all = {
      HF_HUB_CACHE: "/1",
      HUGGINGFACE_HUB_CACHE: "/2",
      HF_HOME: "/3",
      XDG_CACHE_HOME: "/4",
    };
    const { HF_HUB_CACHE: _1, ...second } = all;
    const { HUGGINGFACE_HUB_CACHE: _2, ...third } = second;
    const { HF_HOME: _3, ...fourth } = third;
    expect(cacheOf(all)).toBe("/1");
    expect(cacheOf(second)).toBe("/2");
    expect(cacheOf(third)).toBe(join("/3", "hub"));
    expect(cacheOf(fourth)).toBe(join("/4", "huggingface", "hub"));
    expect(cacheOf({})).toBe(join("/home/me", ".cache", "huggingface", "hub"));
    expect(cacheOf({ HF_HOME: "" })).toBe(cacheOf({}));
    expect(cacheOf({ HF_HOME: "~/x" })).toBe(join("/home/me/x", "hub"));
    expect(cacheOf({ HF_HOME: `$A/$${"{B}"}/$C`, A: "/a", B: "b" })).toBe(join("/a/b/$C", "hub"));
  });

  it.each([
    ["1", true],
    ["true", true],
    ["YES", true],
    ["on", true],
    ["0", false],
    ["", false],
    ["no", false],
  ])("reads HF_HUB_OFFLINE=%s as %s", (written, offline) => {
    expect(hubSettings({ HF_HUB_OFFLINE: written }, "/h").offline).toBe(offline);
  });

  it("takes the token of the environment, else of the file, unless that is forbidden", async () => {
    const home = await mkdtemp(join(tmpdir(), "token-"));
    try {
      await writeFile(join(home, "token"), "hf_file\n");
      const of = (environment: Record<string, string>) =>
        readToken(hubSettings({ HF_HOME: home, ...environment }, "/nowhere"));
      expect(await of({})).toBe("hf_file");
      expect(await of({ HF_TOKEN: " hf_env " })).toBe("hf_env");
      expect(await of({ HUGGING_FACE_HUB_TOKEN: "hf_old" })).toBe("hf_old");
      expect(await of({ HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" })).toBeUndefined();
      expect(await of({ HF_TOKEN_PATH: join(home, "absent") })).toBeUndefined();
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });

  it("takes another hub without the slash at its end", () => {
    expect(hubSettings({ HF_ENDPOINT: "http://mirror.test/" }, "/h").endpoint).toBe(
      "http://mirror.test",
    );
    expect("endpoint" in hubSettings({}, "/h")).toBe(false);
  });
});
