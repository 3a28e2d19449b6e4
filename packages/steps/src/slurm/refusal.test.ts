import { describe, expect, it } from "vitest";
import { isOfKind, settingRefused } from "./refusal.js";

const client = { partitions: async () => ["main", "gpu"] };
const silent = { partitions: async () => undefined };

// What sbatch says, less its own name: Slurm 22.05 to 24.11.
const words = {
  partition: "invalid partition specified: mian; Invalid partition name specified",
  none: "No partition specified or system default partition",
  account: "Invalid account or account/partition combination specified",
  qos: "Invalid qos specification",
  gres: "Invalid generic resource (gres) specification",
  option: "unrecognized option '--nope'",
  time: "Invalid --time specification",
  space: "I/O error writing script/environment to file",
  nodes: "Requested node configuration is not available",
  shape: "Requested partition configuration not available now",
  drained: "Required partition not available (inactive or drain)",
  limit: "QOSMaxWallDurationPerJobLimit; Job violates accounting/QOS policy (job submit limit)",
};

describe("settingRefused", () => {
  it("names the partition that is none, and those that are", async () => {
    const request = { partition: "mian", account: undefined, flags: [] };
    const error = await settingRefused(words.partition, request, client);
    expect(error).toMatchObject({ kind: "usage" });
    expect(error?.message).toMatch(/no partition "mian"\. Did you mean "main"\?.*main, gpu/);
    for (const flag of ["--partition=mian", "-pmian"]) {
      const inFlags = { partition: undefined, account: undefined, flags: ["--mem=1G", flag] };
      expect((await settingRefused(words.partition, inFlags, client))?.message).toBe(
        error?.message,
      );
    }
    // Slurm's own words where it does not say which there are.
    const unknown = await settingRefused(words.partition, request, silent);
    expect(unknown?.message).toMatch(/"mian" is refused: sbatch says: invalid partition specified/);
    const none = { partition: undefined, account: undefined, flags: [] };
    expect((await settingRefused(words.none, none, client))?.message).toMatch(
      /no partition is asked for.*main, gpu/,
    );
  });

  it("names the account", async () => {
    const request = { partition: "main", account: "lab", flags: [] };
    expect((await settingRefused(words.account, request, client))?.message).toMatch(
      /no account "lab" for you here.*sacctmgr/,
    );
    const flags = { partition: "main", account: undefined, flags: ["--account=lab"] };
    expect((await settingRefused(words.account, flags, client))?.message).toMatch(/"lab"/);
  });

  it("takes other settings for settings, and what concerns one job for none", async () => {
    const request = { partition: undefined, account: undefined, flags: [] };
    for (const message of [words.qos, words.gres, words.option, words.time]) {
      const error = await settingRefused(message, request, client);
      expect(error).toMatchObject({ kind: "usage" });
      expect(error?.message).toContain(message);
    }
    for (const message of [words.space, words.nodes, words.shape, words.drained, words.limit]) {
      expect(await settingRefused(message, request, client)).toBeUndefined();
    }
  });
});

describe("isOfKind", () => {
  it("tells a kind's own settings from those of all steps", () => {
    for (const message of Object.values(words)) {
      expect(isOfKind(message, undefined)).toBe(false);
      expect(isOfKind(message, { minutes: 5 })).toBe(false);
      for (const own of [{ partition: "gpu" }, { flags: ["-pgpu"] }]) {
        expect(isOfKind(message, own)).toBe(true);
      }
    }
    expect(isOfKind(words.partition, { flags: ["--gres=gpu:1"] })).toBe(false);
    expect(isOfKind(words.gres, { flags: ["--gres=gpu:1"] })).toBe(true);
    expect(isOfKind(words.account, { account: "lab" })).toBe(true);
  });
});
