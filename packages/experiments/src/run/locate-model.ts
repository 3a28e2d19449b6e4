import { isAbsolute } from "node:path";
import { CounterweightError } from "@counterweight/base";
import { type DownloadProgress, type Environment, resolveModelFolder } from "@counterweight/hub";
import type { ModelSpec } from "../spec/schema.js";

/** How the hub is reached. */
export interface HubAccess {
  /** Environment variables: HF_HOME, HF_TOKEN, HF_HUB_OFFLINE, ... */
  readonly environment: Environment;
  /** The person's home folder, below which the hub's cache lies. */
  readonly home: string;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/** A model whose files lie on this machine, and what is worth knowing of how they came here. */
export interface LocatedModel {
  readonly model: ModelSpec;
  readonly notes: readonly string[];
}

/**
 * Puts folders of the hub's cache in the place of ids. A resolved spec's folders are absolute paths;
 * all else is an id.
 * @throws CounterweightError `model` or `spec` of the hub package; `model` without access to the hub.
 */
export async function locateModel(
  model: ModelSpec,
  hub: HubAccess | undefined,
): Promise<LocatedModel> {
  const notes: string[] = [];
  const folderOf = async (place: string): Promise<string> => {
    if (isAbsolute(place)) return place;
    if (hub === undefined) {
      throw new CounterweightError(
        "model",
        `${place} is no folder, and the hub is not asked here.`,
        {
          fix: "Give the folder of a checkpoint.",
        },
      );
    }
    const found = await resolveModelFolder(place, hub).catch((error: unknown) => {
      if (!(error instanceof CounterweightError)) throw error;
      const what = `there is no folder ${place} beside the spec, and as a model of the hub: ${error.message}`;
      throw new CounterweightError(error.kind, what, { cause: error });
    });
    const how = found.fromCache ? "from the cache" : "downloaded";
    notes.push(`${place}: commit ${found.revision} of the hub, ${how}`, ...found.notes);
    return found.folder;
  };
  const { checkpoint, config } = model;
  return {
    model: {
      ...model,
      ...(checkpoint === undefined ? {} : { checkpoint: await folderOf(checkpoint) }),
      ...(config?.tokenizer === undefined
        ? {}
        : { config: { ...config, tokenizer: await folderOf(config.tokenizer) } }),
    },
    notes,
  };
}
