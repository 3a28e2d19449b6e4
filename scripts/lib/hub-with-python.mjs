// @ts-check
// One cache, two programs: what Python's huggingface_hub downloads is found by packages/hub without a
// request, and the other way round. Run by scripts/ci/60-hub-with-python.sh.
// Usage: node scripts/lib/hub-with-python.mjs PYTHON
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, realpath, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parseCardYaml } from "../../packages/hub/dist/card-yaml.js";
import {
  hubSettings,
  resolveDatasetFiles,
  resolveModelFolder,
  startLocalHub,
} from "../../packages/hub/dist/index.js";

const python = process.argv[2] ?? "python3";
const weights = randomBytes(200_000);
const files = {
  "1_Pooling/config.json": '{"pooling_mode_mean_tokens":true}',
  "README.md": "---\nlicense: mit\n---\n",
  "config.json": '{"model_type":"bert"}',
  "model.safetensors": weights,
  "modules.json": "[]",
  "pytorch_model.bin": "pickle",
  "tokenizer.json": "{}",
};
/** @type {import("../../packages/hub/dist/index.js").LocalRepo[]} */
const repos = [
  {
    type: "model",
    id: "toy/encoder",
    revisions: { main: files, v1: { ...files, "README.md": "v1" } },
  },
  { type: "model", id: "toy/secret", revisions: { main: files }, access: "private" },
  {
    type: "dataset",
    id: "toy/rows",
    revisions: {
      main: {
        "README.md": "",
        "data/train-00000-of-00001.parquet": weights,
        "test.csv": "text,label\n",
      },
    },
  },
];

/**
 * Runs a Python program; its last line of output is JSON.
 * @param {string} program
 * @param {Record<string, string>} environment
 * @returns {Promise<any>}
 */
async function run(program, environment) {
  const { stdout } = await promisify(execFile)(python, ["-c", program], {
    env: {
      ...process.env,
      HF_HUB_DISABLE_PROGRESS_BARS: "1",
      HF_HUB_DISABLE_TELEMETRY: "1",
      HF_HUB_DISABLE_XET: "1",
      HF_HUB_DISABLE_UPDATE_CHECK: "1",
      ...environment,
    },
    maxBuffer: 1 << 26,
  });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "null");
}

/** @typedef {{ hub: Awaited<ReturnType<typeof startLocalHub>>, home: string, environment: Record<string, string>, options: import("../../packages/hub/dist/index.js").HubOptions }} Bench */

/** @type {[string, (bench: Bench) => Promise<void>][]} */
const checks = [
  [
    "Python finds the files that we cached, offline, at the same commit",
    async ({ options, environment }) => {
      const ours = await resolveModelFolder("toy/encoder", options);
      const found = await run(
        `import json
from huggingface_hub import hf_hub_download, snapshot_download
files = ${JSON.stringify(ours.files)}
print(json.dumps({
  "folder": snapshot_download("toy/encoder", local_files_only=True, allow_patterns=files),
  "files": [hf_hub_download("toy/encoder", name, local_files_only=True) for name in files],
  "commit": hf_hub_download("toy/encoder", "config.json", revision="${ours.revision}", local_files_only=True),
}))`,
        environment,
      );
      assert.equal(found.folder, ours.folder);
      assert.deepEqual(
        found.files,
        ours.files.map((name) => join(ours.folder, name)),
      );
      assert.equal(found.commit, join(ours.folder, "config.json"));
    },
  ],
  [
    "Python downloads nothing anew of what we cached",
    async ({ options, environment, hub }) => {
      await resolveModelFolder("toy/encoder", options);
      const before = hub.requests.length;
      await run(
        `from huggingface_hub import snapshot_download
snapshot_download("toy/encoder", ignore_patterns=["*.bin"])
print("null")`,
        environment,
      );
      const fetched = hub.requests
        .slice(before)
        .filter((request) => request.startsWith("GET") && /resolve|large/.test(request));
      assert.deepEqual(fetched, []);
    },
  ],
  [
    "Python's own account of the cache has our model, without a warning",
    async ({ options, environment }) => {
      const ours = await resolveModelFolder("toy/encoder@v1", options);
      const account = await run(
        `import json
from huggingface_hub import scan_cache_dir
cache = scan_cache_dir()
print(json.dumps({
  "warnings": [str(w) for w in cache.warnings],
  "repos": [[r.repo_type, r.repo_id, r.size_on_disk, [[v.commit_hash, sorted(v.refs), len(v.files)] for v in r.revisions]] for r in cache.repos],
}))`,
        environment,
      );
      assert.deepEqual(account.warnings, []);
      assert.equal(account.repos.length, 1);
      const [type, id, size, revisions] = account.repos[0];
      assert.deepEqual([type, id], ["model", "toy/encoder"]);
      assert.ok(size > weights.length);
      assert.deepEqual(revisions, [[ours.revision, ["v1"], ours.files.length]]);
    },
  ],
  [
    "we find a model that Python's snapshot_download cached, without a request",
    async ({ options, environment, hub }) => {
      const folder = await run(
        `import json
from huggingface_hub import snapshot_download
print(json.dumps(snapshot_download("toy/encoder")))`,
        environment,
      );
      const before = hub.requests.length;
      const ours = await resolveModelFolder("toy/encoder", {
        ...options,
        environment: { ...environment, HF_HUB_OFFLINE: "1" },
      });
      assert.equal(ours.folder, folder);
      assert.equal(ours.revision, hub.commit("toy/encoder"));
      assert.ok(ours.fromCache && ours.notes.length === 0);
      assert.ok(!ours.files.includes("pytorch_model.bin"));
      assert.equal(hub.requests.length, before);
    },
  ],
  [
    "we find what Python's hf_hub_download cached file by file",
    async ({ options, environment, hub }) => {
      await run(
        `from huggingface_hub import hf_hub_download
for name in ["config.json", "tokenizer.json", "model.safetensors"]: hf_hub_download("toy/encoder", name)
print("null")`,
        environment,
      );
      const before = hub.requests.length;
      const ours = await resolveModelFolder("toy/encoder", options);
      assert.ok(ours.fromCache);
      assert.ok(ours.fromCache);
      assert.equal(hub.requests.length, before);
      const blob = await realpath(join(ours.folder, "model.safetensors"));
      await truncate(blob, 100);
      const mended = await resolveModelFolder("toy/encoder", options);
      assert.ok(!mended.fromCache);
      assert.deepEqual(await readFile(join(mended.folder, "model.safetensors")), weights);
    },
  ],
  [
    "we find a data set that Python cached, and Python ours",
    async ({ options, environment }) => {
      await run(
        `from huggingface_hub import snapshot_download
snapshot_download("toy/rows", repo_type="dataset")
print("null")`,
        environment,
      );
      const offline = { ...environment, HF_HUB_OFFLINE: "1" };
      const ours = await resolveDatasetFiles("toy/rows", { ...options, environment: offline });
      assert.deepEqual(ours.available, ["train", "test"]);
      assert.ok(ours.fromCache);
      await rm(join(environment.HF_HOME ?? "", "hub"), { recursive: true });
      const fresh = await resolveDatasetFiles("toy/rows", options);
      const found = await run(
        `import json
from huggingface_hub import hf_hub_download
print(json.dumps(hf_hub_download("toy/rows", "data/train-00000-of-00001.parquet", repo_type="dataset", local_files_only=True)))`,
        environment,
      );
      assert.deepEqual([found], fresh.splits[0]?.files);
    },
  ],
  [
    "both read the same token file",
    async ({ options, environment, home }) => {
      await writeFile(join(home, "token"), "hf_opensesame\n");
      const folder = await run(
        `import json
from huggingface_hub import snapshot_download
print(json.dumps(snapshot_download("toy/secret")))`,
        environment,
      );
      await rm(join(environment.HF_HOME ?? "", "hub"), { recursive: true });
      assert.equal((await resolveModelFolder("toy/secret", options)).folder, folder);
    },
  ],
  [
    "both find the same cache by the same variables",
    async () => {
      /** @type {Record<string, string>[]} */
      const variants = [
        {},
        { HF_HOME: "/a" },
        { HF_HOME: "~/a" },
        { XDG_CACHE_HOME: "/x" },
        { XDG_CACHE_HOME: "/x", HF_HOME: "/a" },
        { HUGGINGFACE_HUB_CACHE: "/c", HF_HOME: "/a" },
        { HF_HUB_CACHE: "/d", HUGGINGFACE_HUB_CACHE: "/c" },
        { HF_HUB_CACHE: "$BASE/e", BASE: "/b" },
        { HF_HUB_OFFLINE: "yes" },
        { TRANSFORMERS_OFFLINE: "1" },
        { HF_ENDPOINT: "http://127.0.0.1:1/" },
      ];
      const theirs = await run(
        `import importlib, json, os
from huggingface_hub import constants as c
found = []
for variant in json.loads(${JSON.stringify(JSON.stringify(variants))}):
    for name in list(os.environ):
        if name.startswith(("HF_", "HUGGING", "XDG_CACHE", "TRANSFORMERS_")): del os.environ[name]
    os.environ["HOME"] = "/home/me"
    os.environ.update(variant)
    importlib.reload(c)
    found.append([c.HF_HUB_CACHE, c.HF_HUB_OFFLINE, c.HF_TOKEN_PATH, c.ENDPOINT if "HF_ENDPOINT" in variant else None])
print(json.dumps(found))`,
        {},
      );
      const ours = variants.map((variant) => {
        const { cacheFolder, offline, tokenFile, endpoint } = hubSettings(variant, "/home/me");
        return [cacheFolder, offline, tokenFile, endpoint ?? null];
      });
      assert.deepEqual(ours, theirs);
    },
  ],
  [
    "cards are read as PyYAML reads them, in 400 random ones",
    async () => {
      const cards = await run(
        `import json, random, yaml
random.seed(7)
words = ["train", "a b", "data/*.csv", "'q'", 'say "x"', "x: y", "# no", "yes", "0", "1.5", "null", "~", "", "[a]", "{b}", "a#b", "*", "&x", "ä ö", "- d", "@", "a: ", "it's", "1,2", "!t", "%", "back\\\\slash", "true"]
def make(depth):
    kind = random.random()
    if depth == 0 or kind < 0.35: return random.choice(words + [None])
    if kind < 0.65: return [make(depth - 1) for _ in range(random.randint(0, 3))]
    return {random.choice(words[:12] + words[16:]) or "k": make(depth - 1) for _ in range(random.randint(0, 3))}
cards = []
while len(cards) < 400:
    value = {"configs": make(4)}
    text = yaml.safe_dump(value, allow_unicode=True, default_flow_style=random.choice([False, False, None]), width=10**6, indent=random.choice([2, 4]), sort_keys=False)
    cards.append([text, value])
print(json.dumps(cards))`,
        {},
      );
      for (const [text, value] of cards) {
        assert.deepEqual(parseCardYaml(text), value, text);
      }
    },
  ],
];

let failed = 0;
for (const [name, check] of checks) {
  const home = await mkdtemp(join(tmpdir(), "hub-python-"));
  const hub = await startLocalHub(repos, { token: "hf_opensesame" });
  const environment = { HF_HOME: home, HF_ENDPOINT: hub.endpoint };
  try {
    await check({ hub, home, environment, options: { environment, home } });
    console.log(`passed: ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAILED: ${name}\n${error instanceof Error ? error.stack : error}`);
  } finally {
    await hub.close();
    await rm(home, { recursive: true, force: true });
  }
}
console.log(`${checks.length - failed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed === 0 ? 0 : 1;
