import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import type { LocalHub, LocalRepo } from "./local-hub/server.js";
import { type LocalHubOptions, startLocalHub } from "./local-hub/server.js";
import type { HubOptions } from "./repository.js";

/** The CounterweightError that a call ends in; anything else fails the test. */
export async function rejectionOf(call: Promise<unknown>): Promise<CounterweightError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof CounterweightError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** A checkpoint's files as the hub has them: what is needed beside what is not. */
export const weights = randomBytes(300_000);
export const modelFiles: LocalRepo["revisions"][string] = {
  ".gitattributes": "*.safetensors filter=lfs\n",
  "1_Pooling/config.json": '{"pooling_mode_mean_tokens":true}',
  "README.md": "---\nlicense: apache-2.0\n---\n",
  "config.json": '{"model_type":"bert"}',
  "model.safetensors": weights,
  "modules.json": "[]",
  "onnx/model.onnx": "onnx",
  "pytorch_model.bin": "pickle",
  "tokenizer.json": '{"version":"1.0"}',
  "vocab.txt": "[PAD]\n",
};
export const model: LocalRepo = {
  type: "model",
  id: "toy/encoder",
  revisions: { main: modelFiles, v1: { ...modelFiles, "README.md": "first\n" } },
};

/** The least that is a checkpoint. */
export const smallModel: LocalRepo = {
  ...model,
  revisions: {
    main: { "config.json": "{}", "tokenizer.json": "{}", "model.safetensors": weights },
  },
};

/** A local hub, an empty cache, and options that lead to both. */
export interface Workbench {
  readonly hub: LocalHub;
  readonly cache: string;
  readonly options: HubOptions;
  /** The same options where no request can succeed. */
  readonly unreachable: HubOptions;
  readonly offline: HubOptions;
}

/** Runs a test with a local hub and an empty cache of its own, both gone afterwards. */
export async function withHub<T>(
  repos: readonly LocalRepo[],
  run: (bench: Workbench) => Promise<T>,
  settings: LocalHubOptions = {},
): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), "counterweight-hub-"));
  const hub = await startLocalHub(repos, settings);
  const silent = await startLocalHub([]); // its port is free afterwards
  await silent.close();
  const environment = { HF_HOME: join(home, "hf"), HF_ENDPOINT: hub.endpoint };
  const options: HubOptions = { environment, home, backoffMs: 2, idleTimeoutMs: 2000 };
  try {
    return await run({
      hub,
      cache: join(home, "hf", "hub"),
      options,
      unreachable: {
        ...options,
        environment: { ...environment, HF_ENDPOINT: silent.endpoint },
      },
      offline: { ...options, environment: { ...environment, HF_HUB_OFFLINE: "1" } },
    });
  } finally {
    await hub.close();
    await rm(home, { recursive: true, force: true });
  }
}
