import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { command, sampleSpec } from "../command.fixture.js";

vi.setConfig({ testTimeout: 300_000 });

let folder = "";
let spec = "";
let own: readonly string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "counterweight-store-"));
  spec = join(folder, "sample.yaml");
  await writeFile(spec, sampleSpec);
  own = ["--store", join(folder, "store")];
  const { code, stderr } = await command(["run", spec, ...own, "--out", join(folder, "out")]);
  expect(code, stderr).toBe(0);
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const store = (...words: string[]) => command(["store", ...words, ...own]);

interface Listed {
  readonly key: string;
  readonly kind: string;
  readonly label: string;
  readonly bytes: number;
}
async function listed(...words: string[]): Promise<Listed[]> {
  return JSON.parse((await store("ls", "--json", ...words)).stdout);
}
async function keyOf(label: string, kind = "train-classifier"): Promise<string> {
  const found = (await listed()).find((each) => each.kind === kind && each.label === label);
  expect(found).toBeDefined();
  return found?.key ?? "";
}

describe("store ls", () => {
  it("lists the entries, one kind where asked", async () => {
    const { code, stdout, stderr } = await store("ls");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^key +kind +label +size +made +seconds$/m);
    expect(stdout).toMatch(/train-checker +toy-world, quality-checker, seed 0 +[\d.]+ k?B/);
    const all = await listed();
    expect(stderr).toContain(`${all.length} entries`);
    const some = await listed("--kind", "train-classifier");
    expect(some.map(({ label }) => label).sort()).toEqual([
      "toy-world, ce, seed 0",
      "toy-world, dimp, seed 0",
    ]);
  });

  it("a kind that is not there names the nearest", async () => {
    const { code, stderr } = await store("ls", "--kind", "train-classifer");
    expect(code).toBe(2);
    expect(stderr).toContain("Did you mean train-classifier?");
  });
});

describe("store show and why KEY", () => {
  it("show takes the first digits of a key, and shows making, record, files and inputs", async () => {
    const key = await keyOf("toy-world, dimp, seed 0");
    const { code, stdout } = await store("show", key.slice(0, 10));
    expect(code).toBe(0);
    expect(stdout).toContain(key);
    expect(stdout).toMatch(/^ {2}train\.epochs +2$/m);
    expect(stdout).toMatch(/^by +in-process, attempt 1, 1 thread/m);
    expect(stdout).toMatch(/─ quality: \w{12} {2}score, toy-world, quality checker, seed 0/);
    expect(stdout).toMatch(
      /─ checker: \w{12} {2}train-checker, toy-world, quality-checker, seed 0/,
    );
    const json = JSON.parse((await store("show", key, "--json")).stdout);
    expect(json.key).toBe(key);
    expect(json.making.settings.loss).toBe("dimp");
    expect(json.inputs.map(({ name }: { name: string }) => name)).toContain("quality");
  });

  it("show says where the log of its making is, and shows its end; --log prints it whole", async () => {
    const key = await keyOf("toy-world, dimp, seed 0");
    const { stdout } = await store("show", key);
    const place = join(folder, "store", "entries", key.slice(0, 2), key, "entry.log");
    expect(stdout).toMatch(/^log \([\d.]+ k?B, .*\)$/m);
    expect(stdout).toContain(place);
    expect(stdout).toMatch(/^ {2}\d+ lines before these: --log shows all$/m);
    expect(stdout).toMatch(/^ {2}\d{4}-\d\d-\d\dT[\d:.]+Z ready after [\d.]+ s of work$/m);
    const whole = await store("show", key, "--log");
    expect(whole.code).toBe(0);
    expect(whole.stdout).toBe(await readFile(place, "utf8"));
    expect(whole.stdout).toMatch(/Z toy-world, dimp, seed 0: attempt 1 \(in-process\), key /);
    expect(whole.stdout).toMatch(/Z \{"type":"epoch"/);
    const json = JSON.parse((await store("show", key, "--json")).stdout);
    expect(json.logFile).toBe(place);
    expect(json.log.bytes).toBe(Buffer.byteLength(whole.stdout));
    expect(Object.keys(json.files)).not.toContain("entry.log");
  });

  it("why says how an entry came to be", async () => {
    const { code, stdout } = await store(
      "why",
      (await keyOf("toy-world, ce, seed 0")).slice(0, 12),
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^label +toy-world, ce, seed 0$/m);
    expect(stdout).toMatch(/^ {2}loss +"ce"$/m);
    expect(stdout).toMatch(/─ rows: \w{12} {2}read, toy-world, generated, 60 rows/);
  });

  it("an unknown key names the nearest; one digit too few names all it may mean", async () => {
    const key = await keyOf("toy-world, ce, seed 0");
    const last = key[9] === "0" ? "1" : "0";
    const unknown = await store("show", `${key.slice(0, 9)}${last}`);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain(
      `Did you mean ${key.slice(0, 12)} (train-classifier, toy-world, ce, seed 0)?`,
    );
    const all = await listed();
    const digit = [..."0123456789abcdef"].find(
      (each) => all.filter((entry) => entry.key.startsWith(each)).length > 1,
    );
    const ambiguous = await store("show", digit ?? "");
    expect(ambiguous.code).toBe(2);
    expect(ambiguous.stderr).toMatch(/\d+ keys begin so: .*Give more digits/);
  });

  it("no store and an empty one are said", async () => {
    const none = await command(["store", "ls", "--store", join(folder, "none")]);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain("there is no store here");
    await mkdir(join(folder, "bare"));
    const bare = ["--store", join(folder, "bare")];
    expect((await command(["store", "ls", ...bare])).stderr).toContain("is empty");
    const show = await command(["store", "show", "ab", ...bare]);
    expect(show.code).toBe(2);
    expect(show.stderr).toContain("the store is empty");
  });
});

describe("store why SPEC", () => {
  it("says for each kind which setting differs from the nearest entry", async () => {
    const { code, stdout } = await store("why", spec, "train.epochs=3");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^train-classifier: 2 to run$/m);
    expect(stdout).toContain("settings.train.epochs: 3 here, 2 in the store");
    // What only follows from it is told by its cause.
    expect(stdout).toMatch(/inputs\.\w+(\.inputs\.\w+)*\.settings\.train\.epochs: 3 here/);
    expect(stdout).not.toContain("tokenise");
    const same = await store("why", spec);
    expect(same.stdout).toContain("Every step is in the store");
  });

  it("as JSON", async () => {
    const { stdout } = await store("why", spec, "seeds=7", "--json");
    const kinds: { kind: string; reasons: { nearest: { differences: { path: string }[] } }[] }[] =
      JSON.parse(stdout);
    const checker = kinds.find(({ kind }) => kind === "train-checker");
    const paths = checker?.reasons[0]?.nearest.differences.map(({ path }) => path);
    expect(paths).toContain("settings.seed");
  });
});

describe("store gc", () => {
  it("frees what no given spec needs and keeps what they need", async () => {
    const extra = await command([
      "run",
      spec,
      "train.epochs=1",
      ...own,
      "--out",
      join(folder, "extra"),
    ]);
    expect(extra.code, extra.stderr).toBe(0);
    const all = await listed();
    const before = all.length;
    const sum = (some: readonly Listed[]) => some.reduce((total, { bytes }) => total + bytes, 0);
    const { entries, bytes } = JSON.parse(
      (await store("gc", "--keep", spec, "--dry-run", "--json")).stdout,
    );
    // One measure: what the list adds up is what goes, and what is proven.
    expect(bytes).toBe(sum(all.filter(({ key }) => entries.includes(key))));
    expect(JSON.parse((await store("verify", "--json")).stdout).bytes).toBe(sum(all));
    expect(all.every((each) => each.bytes > 0)).toBe(true);
    const dry = await store("gc", "--keep", spec, "--dry-run");
    expect(dry.code).toBe(0);
    expect(dry.stdout).toMatch(/train-classifier +2 /);
    expect(dry.stdout).toMatch(/^Would free .*entries: \d+/m);
    expect((await listed()).length).toBe(before);
    const { code, stdout } = await store("gc", "--keep", spec);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Freed /m);
    expect((await listed()).length).toBeLessThan(before);
    const plan = await command(["plan", spec, ...own]);
    expect(plan.stdout).toContain("3 trainings planned, 3 cached, 0 to run.");
  });

  it("wants to know what to keep", async () => {
    const { code, stderr } = await store("gc");
    expect(code).toBe(2);
    expect(stderr).toContain("--keep");
  });
});

describe("store verify", () => {
  it("exits with 0 where all is whole, with 1 and a line for each damaged entry", async () => {
    const whole = await store("verify");
    expect(whole.code).toBe(0);
    expect(whole.stdout).toMatch(/^\d+ entries whole .*, 0 damaged\.$/m);
    const key = await keyOf("toy-world, ce, seed 0");
    const place = join(folder, "store", "entries", key.slice(0, 2), key);
    const [name = ""] = (await readdir(place)).filter((each) => each !== "entry.json");
    await appendFile(join(place, name), "x");
    const { code, stdout } = await store("verify");
    expect(code).toBe(1);
    expect(stdout).toContain(`${key}: `);
    expect(stdout).toMatch(/, 1 damaged\.$/m);
    const again = await command(["run", spec, ...own, "--out", join(folder, "out")]);
    expect(again.code).toBe(0);
    expect(again.stderr.match(/: training$/gm)).toHaveLength(1);
  });
});
