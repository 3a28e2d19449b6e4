import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockFolder } from "./run-lock.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-lock-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const lockOf = (process: number, host = hostname()): Promise<void> =>
  writeFile(join(folder, "run.lock"), JSON.stringify({ process, host, token: "other" }));

describe("lockFolder", () => {
  it("refuses while the other process lives, and takes over when it is gone", async () => {
    const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    await once(other, "spawn");
    await lockOf(other.pid ?? 0);
    await expect(lockFolder(folder)).rejects.toThrow(
      new RegExp(`another run is at work in this folder \\(process ${other.pid} on `),
    );
    other.kill("SIGKILL");
    await once(other, "exit");
    const release = await lockFolder(folder);
    expect(await readdir(folder)).toEqual(["run.lock"]);
    await release();
    expect(await readdir(folder)).toEqual([]);
  });

  it("takes over what a kill left half written, and its own number used again", async () => {
    await writeFile(join(folder, "run.lock"), '{"proc');
    await (await lockFolder(folder))();
    await lockOf(process.pid);
    await (await lockFolder(folder))();
    expect(await readdir(folder)).toEqual([]);
  });

  it("cannot know of other hosts, and says what to remove", async () => {
    await lockOf(1, "elsewhere");
    await expect(lockFolder(folder)).rejects.toThrow(/process 1 on elsewhere.*remove run.lock/);
  });
});
