import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { randomStream } from "@counterweight/base";
import { folderStore } from "./folder-store.js";
import { gc } from "./gc.js";
import type { RaceLine } from "./racer.fixture.js";
import { isToy, toyKey } from "./toy-entry.fixture.js";

const racer = fileURLToPath(new URL("../../dist/store/racer.fixture.js", import.meta.url));

/** A process that answers in lines of JSON. */
export interface Racer {
  readonly process: ChildProcess;
  /** The next line; rejects where the process ended instead. */
  readonly answer: () => Promise<unknown>;
  /** Sends a line. */
  readonly go: () => void;
  readonly end: Promise<number | null>;
}

/** Starts the built `racer.fixture`. */
export function startRacer(...words: readonly (string | number)[]): Racer {
  const child = spawn(process.execPath, [racer, ...words.map(String)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const end = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return {
    process: child,
    answer: async () => {
      const next = await lines.next();
      if (next.done === true) throw new Error(`racer ${words.join(" ")} ended`);
      return JSON.parse(next.value);
    },
    go: () => child.stdin.write("\n"),
    end,
  };
}

export interface RaceOptions {
  readonly folder: string;
  readonly log: string;
  readonly seed: number;
  readonly processes: number;
  readonly keys: number;
  /** So many makers are stopped past their lease, and woken; so many are killed. */
  readonly stops: number;
  readonly kills: number;
  readonly leaseSeconds: number;
}

export interface RaceReport {
  /** What should not have been. */
  readonly problems: readonly string[];
  readonly made: number;
  readonly takenOver: number;
  readonly stopped: number;
  readonly killed: number;
  /** Makers that were told they had lost, or come second. */
  readonly refused: number;
}

/** Races processes for the same keys, stops and kills some in the middle, and looks at what is left. */
export async function runRace(options: RaceOptions): Promise<RaceReport> {
  const { folder, log, seed, processes, keys, leaseSeconds } = options;
  writeFileSync(log, "");
  const random = randomStream("race", seed);
  const racers = new Map<number, Racer>();
  const killed = new Set<number>();
  const wakings: Promise<void>[] = [];
  const problems: string[] = [];
  let starts = 0;
  const start = (): void => {
    const child = startRacer("race", folder, log, `${seed}.${starts++}`, keys, leaseSeconds);
    const id = child.process.pid ?? 0;
    racers.set(id, child);
    void child.end.then((code) => {
      racers.delete(id);
      if (code !== 0 && !killed.has(id)) problems.push(`process ${id} ended with ${code}`);
    });
  };
  for (let index = 0; index < processes; index++) start();

  let { stops, kills } = options;
  let seen = 0;
  const stopped = new Set<number>();
  const looker = folderStore(folder);
  const disturb = async ({ process: id, number }: RaceLine): Promise<void> => {
    const child = racers.get(id);
    if (child === undefined || stopped.has(id)) return;
    await sleep(random.integer(60));
    // Whichever more is left of; a few makers are left alone.
    const [isStop, isKill] = [stops >= kills && stops > 0, kills > stops];
    if (random.integer(4) === 0 || (!isStop && !isKill)) return;
    if (isStop) {
      stops -= 1;
      stopped.add(id);
      child.process.kill("SIGSTOP");
      await sleep(1000 * leaseSeconds);
      // However slow the machine is, another gets to take over, or even to publish.
      const untilPublished = random.integer(2) === 0;
      const isOver = async () =>
        (await looker.has(toyKey(number))) ||
        (!untilPublished &&
          readLog(log).some((line) => line.number === number && line.from === id));
      for (let wait = 0; wait < 60_000 && !(await isOver()); wait += 50) await sleep(50);
      stopped.delete(id);
      child.process.kill("SIGCONT");
    } else {
      kills -= 1;
      killed.add(id);
      child.process.kill("SIGKILL");
      start();
    }
  };
  while (racers.size > 0) {
    const lines = readLog(log);
    for (const line of lines.slice(seen)) {
      if (line.what === "making") wakings.push(disturb(line));
    }
    seen = lines.length;
    await sleep(10);
  }
  await Promise.all(wakings);

  const lines = readLog(log);
  problems.push(...judge(lines, keys, killed), ...(await leftWrong(folder, keys)));
  const count = (...whats: RaceLine["what"][]) =>
    lines.filter(({ what }) => whats.includes(what)).length;
  return {
    problems,
    made: count("making"),
    takenOver: lines.filter(({ from }) => from !== undefined).length,
    stopped: options.stops - stops,
    killed: killed.size,
    refused: count("already", "lost"),
  };
}

const readLog = (log: string): RaceLine[] => {
  const text = readFileSync(log, "utf8");
  // A line may be in the middle of being written.
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
};

/** Each key published once, and made twice only where it was taken over. */
function judge(lines: readonly RaceLine[], keys: number, killed: ReadonlySet<number>): string[] {
  const problems = lines
    .filter(({ what }) => what === "wrong")
    .map((line) => `read wrong: ${JSON.stringify(line)}`);
  for (let number = 0; number < keys; number++) {
    const own = lines.filter((line) => line.number === number);
    const published = own.filter(({ what }) => what === "published").length;
    const makings = own
      .filter(({ what }) => what === "making")
      .sort((left, right) => (left.token ?? 0) - (right.token ?? 0));
    // Killed between publishing and telling the log.
    const mayBeUntold = makings.some(({ process }) => killed.has(process));
    if (published > 1 || (published === 0 && !mayBeUntold)) {
      const told = own.map((line) => `\n    ${JSON.stringify(line)}`).join("");
      problems.push(`toy ${number} was published ${published} times${told}`);
    }
    for (const making of makings.slice(1)) {
      if (making.from === undefined) {
        problems.push(`toy ${number} was made again, by ${making.process}, without a take-over`);
      }
    }
    if (new Set(makings.map(({ token }) => token)).size !== makings.length) {
      problems.push(`toy ${number} has equal tokens`);
    }
  }
  return problems;
}

/** Every entry whole and right, and nothing else left once the killed ones' things are collected. */
async function leftWrong(folder: string, keys: number): Promise<string[]> {
  const store = folderStore(folder);
  const problems: string[] = [];
  const all = new Set<string>();
  for (let number = 0; number < keys; number++) {
    const key = toyKey(number);
    all.add(key);
    const lookup = await store.read(key);
    if (lookup.kind !== "found") problems.push(`toy ${number} is ${lookup.kind}`);
    else if (!(await isToy(store, lookup.entry, number))) problems.push(`toy ${number} is wrong`);
  }
  await gc(store, all);
  for (const part of ["drafts", "leases", "work", "quarantine"]) {
    const left = await readdir(join(folder, part)).catch(() => []);
    if (left.length > 0) problems.push(`${part} holds ${left.join(", ")}`);
  }
  return problems;
}
