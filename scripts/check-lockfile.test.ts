import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { missingEntries, platformOf } from "./check-lockfile.mjs";

const { packages } = JSON.parse(
  readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"),
);

describe("platformOf", () => {
  it("agrees with what npm has recorded for the native packages of the lockfile", () => {
    const native = Object.keys(packages).filter(
      (path) => packages[path].os && packages[path].cpu && packages[path].integrity,
    );
    expect(native.length).toBeGreaterThan(10);
    for (const path of native) {
      const platform = platformOf(path.replace(/^.*node_modules\//, ""));
      if (platform === undefined) continue;
      const { os, cpu } = packages[path];
      // A package may serve more systems than its name says (turbo's linux one serves android).
      expect(os, path).toEqual(expect.arrayContaining(platform.os));
      expect(cpu, path).toEqual(platform.cpu);
    }
  });

  it("knows when a name states no single platform", () => {
    expect(platformOf("fsevents")).toBeUndefined();
    expect(platformOf("@nx/nx-linux")).toBeUndefined();
    expect(platformOf("@nx/nx-linux-arm64-musl")).toEqual({
      os: ["linux"],
      cpu: ["arm64"],
      libc: ["musl"],
    });
  });
});

describe("missingEntries", () => {
  it("finds what npm left out, wherever the missing package was recorded", () => {
    expect(missingEntries(packages)).toEqual([]);
    const optional = Object.keys(packages).filter((path) =>
      Object.values<{ optionalDependencies?: object }>(packages).some((entry) =>
        Object.hasOwn(entry.optionalDependencies ?? {}, path.replace(/^node_modules\//, "")),
      ),
    );
    expect(optional.length).toBeGreaterThan(20);
    for (const path of optional) {
      const { [path]: removed, ...rest } = packages;
      expect(removed).toBeDefined();
      expect(missingEntries(rest).map((missing) => missing.path)).toContain(path);
    }
  });
});
