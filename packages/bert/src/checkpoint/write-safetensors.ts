import { CounterweightError, writeFileAtomic } from "@counterweight/base";
import type { ParameterTensor } from "./read-safetensors.js";
import { MAX_HEADER_BYTES } from "./safetensors-header.js";

const byName = ([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number =>
  left < right ? -1 : left > right ? 1 : 0;

/**
 * Writes float32 tensors as a safetensors file, whole or not at all. Tensors and metadata go in by
 * name and the header is padded to 8 bytes, as Python's `safetensors.torch.save_file` does: equal
 * content gives equal bytes.
 * @throws CounterweightError("internal") when values and shape of a tensor disagree.
 */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, ParameterTensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  const parts: string[] = [];
  if (metadata.size > 0) {
    const items = [...metadata].sort(byName).map(([key, value]) => `${quote(key)}:${quote(value)}`);
    parts.push(`"__metadata__":{${items.join(",")}}`);
  }
  const sorted = [...tensors].sort(byName);
  let offset = 0;
  for (const [name, { shape, values }] of sorted) {
    if (
      name === "__metadata__" ||
      shape.reduce((product, size) => product * size, 1) !== values.length
    ) {
      throw new CounterweightError(
        "internal",
        `writeSafetensors: ${values.length} values for the shape [${shape.join(", ")}] of ${quote(name)}.`,
      );
    }
    const end = offset + values.byteLength;
    parts.push(
      `${quote(name)}:{"dtype":"F32","shape":[${shape.join(",")}],"data_offsets":[${offset},${end}]}`,
    );
    offset = end;
  }
  const text = Buffer.from(`{${parts.join(",")}}`, "utf8");
  const length = Math.ceil(text.byteLength / 8) * 8;
  if (length > MAX_HEADER_BYTES) {
    throw new CounterweightError(
      "internal",
      `writeSafetensors: a header of ${length} bytes is too long.`,
    );
  }
  const content = new Uint8Array(8 + length + offset).fill(0x20, 8, 8 + length);
  new DataView(content.buffer).setBigUint64(0, BigInt(length), true);
  content.set(text, 8);
  let position = 8 + length;
  for (const [, { values }] of sorted) {
    content.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), position);
    position += values.byteLength;
  }
  await writeFileAtomic(path, content);
}

const quote = (text: string): string => JSON.stringify(text);
