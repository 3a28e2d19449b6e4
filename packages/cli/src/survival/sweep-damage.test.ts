import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { at, randomStream } from "@counterweight/base";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type SweepEvent, startSweep } from "./sweep-process.fixture.js";
import {
  type Digests,
  entryDigests,
  outputDigests,
  type SweepEntry,
  sweepEntries,
} from "./sweep-results.fixture.js";
import { filesSpec, sweepSpec } from "./sweep-spec.fixture.js";

const patience = 900_000;
const editing = pathToFileURL(
  fileURLToPath(new URL("../../dist/survival/sweep-edit.fixture.js", import.meta.url)),
).href;

let folder = "";
let spec = "";
let finished = { out: "", store: "" };
let outputs: Digests = {};
let entries: Digests = {};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-sweep-"));
  spec = join(folder, "sweep.yaml");
  await writeFile(spec, sweepSpec);
  finished = places("finished");
  expect((await run(finished)).code).toBe(0);
  outputs = await outputDigests(finished.out);
  entries = await entryDigests(finished.store);
}, patience);
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

const places = (name: string) => ({
  out: join(folder, name, "out"),
  store: join(folder, name, "store"),
});

/** One run by a pool of two, with the events that it told. */
async function run(
  where: { readonly out: string; readonly store: string },
  onEvent: (event: SweepEvent, number: number) => void = () => {},
) {
  const events: ToldEvent[] = [];
  const sweep = startSweep({ spec, ...where });
  sweep.onEvent((event, number) => {
    events.push(event);
    onEvent(event, number);
  });
  return { ...(await sweep.ended), events };
}

interface ToldEvent extends SweepEvent {
  readonly step?: unknown;
  readonly training?: unknown;
}

/** Keys of the steps that events of a type are about. */
const keysOf = (events: readonly ToldEvent[], ...types: readonly string[]): string[] =>
  events
    .filter(({ type }) => types.includes(type))
    .map(({ training, step }) => String(training ?? step))
    .sort();

/** The only entry of a kind whose label holds a word. */
function entryOf(all: readonly SweepEntry[], kind: string, word: string): SweepEntry {
  const found = all.find((entry) => entry.kind === kind && entry.label.includes(word));
  if (found === undefined) throw new Error(`no ${kind} of ${word}`);
  return found;
}

async function flipIn({ folder: own, key }: SweepEntry, name: string): Promise<void> {
  const path = join(own, name);
  const bytes = await readFile(path);
  const place = randomStream("sweep-damage", key, name).integer(bytes.length);
  bytes[place] = at(bytes, place) ^ 1;
  await writeFile(path, bytes);
}

test(
  "every kind of damage is said, set aside and mended; nothing else is made again",
  async () => {
    const where = places("damaged");
    await cp(join(finished.out, ".."), join(where.out, ".."), { recursive: true });
    const all = await sweepEntries(where.store);
    const slow = "learningRate=0.003";
    const of = (kind: string, word: string) => entryOf(all, kind, word);
    const scores = all.filter(({ kind }) => kind === "score");
    const [first, second] = [at(scores, 0), at(scores, 1)];
    const training = of("train-classifier", `imp, seed 0, ${slow}`);
    const cut = of("train-classifier", "dimp, seed 0, learningRate=0.01");
    const member = of("train-checker", slow);
    const tokens = of("tokenise", "generated");
    const model = of("keep-model", `ce, seed 0, ${slow}`);
    const evaluation = of("evaluate", `ce, seed 0, ${slow}`);
    const damaged = [first, second, training, cut, member, tokens, model, evaluation];
    expect(new Set(damaged.map(({ key }) => key)).size).toBe(8);

    await flipIn(training, "log-probabilities-test.f32");
    await flipIn(tokens, "token-ids.i32");
    await flipIn(model, "model/model.safetensors");
    const marker = join(cut.folder, "entry.json");
    await writeFile(marker, (await readFile(marker)).subarray(0, 100));
    await rm(join(member.folder, at(member.files, 0)));
    await flipIn(evaluation, "entry.json");
    await rename(first.folder, `${first.folder}.moved`);
    await rename(second.folder, first.folder);
    await rename(`${first.folder}.moved`, second.folder);

    const { code, stderr, events } = await run(where);
    expect(code, stderr).toBe(0);
    const keys = damaged.map(({ key }) => key).sort();
    expect(keysOf(events, "store-damaged")).toEqual(keys);
    expect(keysOf(events, "step-made", "training-end")).toEqual(keys);
    expect(stderr.match(/is damaged/g)?.length).toBe(8);
    expect(
      (await readdir(join(where.store, "quarantine"))).filter((name) => !name.endsWith(".txt")),
    ).toHaveLength(8);
    expect(await outputDigests(where.out)).toEqual(outputs);
    expect(await entryDigests(where.store)).toEqual(entries);
  },
  patience,
);

test(
  "a score with a flipped byte is made again alone",
  async () => {
    const where = places("score");
    await cp(join(finished.out, ".."), join(where.out, ".."), { recursive: true });
    const score = entryOf(await sweepEntries(where.store), "score", "");
    await flipIn(score, "scores.f32");
    const { code, stderr, events } = await run(where);
    expect(code, stderr).toBe(0);
    expect(keysOf(events, "store-damaged")).toEqual([score.key]);
    expect(keysOf(events, "step-made", "training-end")).toEqual([score.key]);
    expect(await outputDigests(where.out)).toEqual(outputs);
    expect(await entryDigests(where.store)).toEqual(entries);
  },
  patience,
);

test(
  "all entries deleted in the middle: the run, or the same command again, ends with the same bits",
  async () => {
    const where = places("deleted");
    let deleting: Promise<void> | undefined;
    const first = await run(where, (_, number) => {
      if (number !== 150) return;
      deleting = rm(join(where.store, "entries"), { recursive: true, force: true, maxRetries: 20 });
    });
    await deleting;
    expect([0, 2]).toContain(first.code);
    expect(first.stderr).not.toMatch(/^\s+at |mistake in Counterweight/m);
    const { code, stderr } = await run(where);
    expect(code, stderr).toBe(0);
    expect(await outputDigests(where.out)).toEqual(outputs);
    const found = await entryDigests(where.store);
    // What nothing needs any more was not made again.
    for (const [name, digest] of Object.entries(found)) expect(entries[name], name).toBe(digest);
  },
  patience,
);

/** Data and a tokenizer in files, as a person has them. */
async function filesOf(name: string): Promise<{ readonly place: string; readonly file: string }> {
  const place = join(folder, name);
  await mkdir(join(place, "words"), { recursive: true });
  const shades = ["bright", "dull", "warm", "cold", "plain", "loud", "calm", "odd"];
  const table = (role: string, rows: number): string =>
    `text,label\n${Array.from({ length: rows }, (_, row) => `the ${shades[row % 8]} thing ${role} ${row},${row % 2 === 0 ? "good" : "bad"}\n`).join("")}`;
  await writeFile(join(place, "generated.csv"), table("generated", 48));
  await writeFile(join(place, "real.csv"), table("real", 60));
  const vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "thing", ...shades];
  await writeFile(join(place, "words", "vocab.txt"), `${vocabulary.join("\n")}\n`);
  const file = join(place, "files.yaml");
  await writeFile(file, filesSpec);
  return { place, file };
}

/** Runs of a spec on files, in whose first worker a file changes. */
function edits(place: string, file: string, edited: string) {
  const path = join(place, edited);
  return async (out: string, store: string, preload: readonly string[] = []) => {
    const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
    // Of equal length: two lines change their places.
    const [last = "", before = ""] = [lines.pop(), lines.pop()];
    const content = `${[...lines, last, before].join("\n")}\n`;
    return startSweep({
      ...{ spec: file, out: join(place, out), store: join(place, store), preload },
      environment: { COUNTERWEIGHT_EDIT: path, COUNTERWEIGHT_EDIT_TO: content },
    }).ended;
  };
}

/** The same command again, now with the edited file, is as good as a fresh one. */
async function expectMended(start: ReturnType<typeof edits>, place: string): Promise<void> {
  const again = await start("out", "store");
  expect(again.code, again.stderr).toBe(0);
  const fresh = await start("fresh", "fresh-store");
  expect(fresh.code, fresh.stderr).toBe(0);
  expect(await outputDigests(join(place, "out"))).toEqual(
    await outputDigests(join(place, "fresh")),
  );
  const own = await entryDigests(join(place, "store"));
  const wanted = await entryDigests(join(place, "fresh-store"));
  for (const [name, digest] of Object.entries(wanted)) expect(own[name], name).toBe(digest);
}

test(
  "a tokenizer edited between the plan and a worker's first step: nothing is stored of it",
  async () => {
    const { place, file } = await filesOf("words-edited");
    const start = edits(place, file, "words/vocab.txt");
    const refused = await start("out", "store", [editing]);
    expect(refused.code, refused.stderr).toBe(1);
    expect(refused.stderr).toContain("files changed since the plan was made");
    expect(refused.stderr).toContain("Run the same command again");
    expect(refused.stderr).toMatch(/trainings: 0 succeeded, 0 failed, \d+ not run\./);
    expect(refused.stderr).toMatch(/^\d+ other steps? failed\.$/m);
    expect(refused.stderr).not.toMatch(/^\s+at |mistake in Counterweight/m);
    const kinds = (await sweepEntries(join(place, "store"))).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind !== "read" && kind !== "split")).toEqual([]);
    expect(await readdir(join(place, "out"))).not.toContain("failures.json");
    await expectMended(start, place);
  },
  patience,
);

test(
  "rows of one benchmark edited between the plan and a worker's first step: only its steps stop",
  async () => {
    const { place, file } = await filesOf("rows-edited");
    // The real rows are the same, so that their tokens are shared.
    const rows = await readFile(join(place, "generated.csv"), "utf8");
    await writeFile(join(place, "other.csv"), rows.replaceAll("generated", "another"));
    const text = await readFile(file, "utf8");
    await writeFile(
      file,
      text.replace(
        "generated: generated.csv }]",
        "generated: generated.csv }, { kind: files, name: others, real: real.csv, generated: other.csv }]",
      ),
    );
    const start = edits(place, file, "generated.csv");
    const { code, stderr } = await start("out", "store", [editing]);
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(
      /^.*things.*: the generated rows changed since the plan was made\. .* Log: \S+\.log$/m,
    );
    expect(stderr).not.toMatch(/^\s+at |mistake in Counterweight/m);
    const results = JSON.parse(await readFile(join(place, "out", "results.json"), "utf8"));
    expect(results).toMatchObject({ status: "failed", trials: [{ benchmark: "others" }] });
    const trained = (await sweepEntries(join(place, "store"))).filter(({ kind }) =>
      kind.startsWith("train"),
    );
    expect(trained.length).toBeGreaterThan(0);
    for (const { label } of trained) expect(label).toMatch(/^others, /);
    await expectMended(start, place);
  },
  patience,
);
