import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { randomStream } from "@counterweight/base";
import { afterAll, beforeAll, expect, test } from "vitest";

/** Kills to be survived, over as many runs as they take. */
const KILLS = 30;

let folder = "";
/** Compiled, as a process of its own knows no TypeScript; `npm test` builds before it tests. */
const script = fileURLToPath(new URL("../../dist/checkpoint/kill.fixture.js", import.meta.url));
/** The undisturbed run's log. */
let wanted = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kill-"));
  await run(join(folder, "undisturbed"));
  wanted = await resultOf(join(folder, "undisturbed"));
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** When to kill: so many milliseconds after so many letters. */
interface Moment {
  readonly letters: number;
  readonly milliseconds: number;
}

/** Runs the training until it ends or is killed; true where it was killed. */
function run(target: string, moment?: Moment): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, target], { stdio: ["ignore", "pipe", "pipe"] });
    let letters = 0;
    let said = "";
    let timer: NodeJS.Timeout | undefined;
    child.stdout.on("data", (data: Buffer) => {
      letters += data.byteLength;
      if (moment === undefined || timer !== undefined || letters < moment.letters) return;
      timer = setTimeout(() => child.kill("SIGKILL"), moment.milliseconds);
    });
    child.stderr.on("data", (data: Buffer) => {
      said += data.toString();
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(false);
      else if (signal === "SIGKILL") resolve(true);
      else reject(new Error(said));
    });
  });
}

const resultOf = (target: string): Promise<string> => readFile(join(target, "result.json"), "utf8");

test(`a training killed ${KILLS} times ends as the undisturbed one, bit for bit`, async () => {
  // 3 epochs of 20 steps, 3 epochs' ends, the end.
  expect(JSON.parse(wanted)).toHaveLength(64);
  const random = randomStream("kill");
  let kills = 0;
  let halves = 0;
  for (let each = 0; kills < KILLS; each++) {
    const target = join(folder, `run-${each}`);
    // A step and its checkpoint are two letters and a few milliseconds.
    while (
      await run(target, { letters: 1 + random.integer(12), milliseconds: 8 * random.float() ** 2 })
    ) {
      kills += 1;
      const present = await readdir(join(target, "checkpoints")).catch(() => []);
      if (present.some((name) => name.endsWith(".tmp"))) halves += 1;
    }
    expect(await resultOf(target)).toBe(wanted);
    expect((await readdir(join(target, "checkpoints"))).sort()).toEqual([
      "checkpoint-59",
      "checkpoint-60",
    ]);
  }
  expect(halves).toBeGreaterThan(0);
}, 600_000);

/** A file system of its own, which only the process that makes it sees. */
const inOwnMounts = ["--map-root-user", "--mount", "sh", "-e", "-c"];
const canMount =
  spawnSync("unshare", [...inOwnMounts, 'mount -t tmpfs none "$1"', "sh", tmpdir()]).status === 0;

test.skipIf(!canMount)(
  "a disk that fills up, then a read-only one, end in a message and lose nothing",
  async () => {
    const target = await mkdtemp(join(folder, "small-"));
    const steps = `
      mount -t tmpfs -o size=250k none "$3"
      "$1" "$2" "$3" 2>&1 >/dev/null && exit 9
      ls "$3/checkpoints"
      mount -o remount,size=64m,ro "$3"
      "$1" "$2" "$3" 2>&1 >/dev/null && exit 9
      mount -o remount,rw "$3"
      "$1" "$2" "$3" >/dev/null
      cat "$3/result.json"`;
    const { stdout, stderr, status } = spawnSync(
      "unshare",
      [...inOwnMounts, steps, "sh", process.execPath, script, target],
      { encoding: "utf8" },
    );
    expect(`${stderr}${status}`).toBe("0");
    expect(stdout).toMatch(
      /checkpoints: checkpoint-\d+ could not be written: the disk is full \(ENOSPC\)\. .*Free space/,
    );
    expect(stdout).toMatch(/^checkpoint-\d+$/m);
    expect(stdout).toMatch(/the file system is read-only \(EROFS\)/);
    expect(stdout.slice(stdout.lastIndexOf("\n") + 1)).toBe(wanted);
  },
  300_000,
);
