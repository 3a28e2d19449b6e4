import { access } from "node:fs/promises";
import { join } from "node:path";
import { CounterweightError } from "@counterweight/base";
import { isJsonObject, parseJsonObject, readOptionalText } from "./model-folder.js";
import { type ParameterTensor, readSafetensors, type SafetensorsFile } from "./read-safetensors.js";

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/** The weights of a model folder, and the file that names them, for messages. */
export interface FolderWeights extends SafetensorsFile {
  readonly source: string;
}

/**
 * Reads a folder's weights: `model.safetensors`, else the shards that
 * `model.safetensors.index.json` lists. The index and the shards must agree on every tensor.
 * @throws CounterweightError("model") naming the file that is missing, damaged or at odds.
 */
export async function readWeights(folder: string): Promise<FolderWeights> {
  const single = join(folder, SINGLE);
  if (await exists(single)) return { ...(await readSafetensors(single)), source: single };
  const text = await readOptionalText(folder, INDEX);
  if (text === undefined) throw await missingWeights(folder);
  const source = join(folder, INDEX);
  return { ...(await readShards(folder, parseIndex(text, source), source)), source };
}

interface ShardIndex {
  /** Names of the tensors that each shard holds, by file name. */
  readonly shards: ReadonlyMap<string, ReadonlySet<string>>;
  /** Bytes of all tensors as they stand in the files, where the index says. */
  readonly totalSize: number | undefined;
}

/** A file of the folder itself: nothing that leads elsewhere, on any system. */
const SHARD_NAME = /^[A-Za-z0-9_][\w.-]*\.safetensors$/;

function parseIndex(text: string, where: string): ShardIndex {
  const json = parseJsonObject(text, where);
  const fail = (what: string, fix?: string): never => {
    throw new CounterweightError("model", what, { where, ...(fix === undefined ? {} : { fix }) });
  };
  const map = json.weight_map;
  if (!isJsonObject(map) || Object.keys(map).length === 0) {
    return fail("weight_map: needed an object of tensor names and shard files.");
  }
  const shards = new Map<string, Set<string>>();
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== "string" || !SHARD_NAME.test(file)) {
      return fail(
        `weight_map: ${JSON.stringify(tensor)} is said to be in ${JSON.stringify(file)}.`,
        "A shard is a .safetensors file in the same folder, named without a path.",
      );
    }
    const names = shards.get(file) ?? new Set<string>();
    shards.set(file, names.add(tensor));
  }
  const metadata = json.metadata ?? {};
  const totalSize = isJsonObject(metadata) ? metadata.total_size : fail("metadata: not an object.");
  if (totalSize === undefined || totalSize === null) return { shards, totalSize: undefined };
  if (typeof totalSize !== "number" || !Number.isSafeInteger(totalSize) || totalSize < 0) {
    return fail(`metadata.total_size: needed a number of bytes, got ${JSON.stringify(totalSize)}.`);
  }
  return { shards, totalSize };
}

async function readShards(
  folder: string,
  { shards, totalSize }: ShardIndex,
  where: string,
): Promise<SafetensorsFile> {
  const absent: string[] = [];
  for (const name of shards.keys()) if (!(await exists(join(folder, name)))) absent.push(name);
  if (absent.length > 0) {
    throw new CounterweightError(
      "model",
      `${absent.length} of ${shards.size} shards are missing: ${absent.slice(0, 3).join(", ")}${absent.length > 3 ? ", ..." : ""}.`,
      { where, fix: "Download the folder again, whole." },
    );
  }
  const tensors = new Map<string, ParameterTensor>();
  const skipped: string[] = [];
  let bytes = 0;
  for (const [name, wanted] of [...shards].sort(([left], [right]) => (left < right ? -1 : 1))) {
    const shard = await readSafetensors(join(folder, name));
    const present = new Set([...shard.tensors.keys(), ...shard.skipped]);
    for (const tensor of wanted) {
      if (!present.has(tensor)) refuse(tensor, name, "is not in it", where);
    }
    for (const tensor of present) {
      if (!wanted.has(tensor)) refuse(tensor, name, "stands in it all the same", where);
    }
    for (const [tensor, value] of shard.tensors) tensors.set(tensor, value);
    skipped.push(...shard.skipped);
    bytes += shard.dataBytes;
  }
  if (totalSize !== undefined && totalSize !== bytes) {
    throw new CounterweightError(
      "model",
      `metadata.total_size: the index says ${totalSize} bytes, the shards hold ${bytes}.`,
      {
        where,
        fix: "Index and shards may be of different models; fetch them again, or remove total_size where it is known to be wrong.",
      },
    );
  }
  return { tensors, skipped, metadata: new Map(), dataBytes: bytes };
}

function refuse(tensor: string, shard: string, what: string, where: string): never {
  const said = what.startsWith("is not") ? "lists" : "does not list";
  throw new CounterweightError(
    "model",
    `The index ${said} ${JSON.stringify(tensor)} in ${shard}, but it ${what}.`,
    { where, fix: "Index and shards are of different models or downloads; fetch them again." },
  );
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function missingWeights(folder: string): Promise<CounterweightError> {
  const what = `There is no ${SINGLE}.`;
  if (
    (await exists(join(folder, "pytorch_model.bin"))) ||
    (await exists(join(folder, "pytorch_model.bin.index.json")))
  ) {
    return new CounterweightError(
      "model",
      `${what} pytorch_model.bin is a pickle and is not read.`,
      {
        where: folder,
        fix: "Convert it: AutoModel.from_pretrained(folder).save_pretrained(folder) in Transformers.",
      },
    );
  }
  return new CounterweightError("model", what, {
    where: folder,
    fix: "Give a Hugging Face model folder with config.json, model.safetensors and tokenizer.json.",
  });
}
