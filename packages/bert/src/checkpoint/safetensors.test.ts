import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CounterweightError, sha256 } from "@counterweight/base";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readGolden } from "./golden.fixture.js";
import { type ParameterTensor, readSafetensors, type SafetensorsFile } from "./read-safetensors.js";
import { toFloat32 } from "./safetensors-dtypes.js";
import { headerLength, parseHeader } from "./safetensors-header.js";
import { writeSafetensors } from "./write-safetensors.js";

const golden = readGolden();
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "safetensors-"));
});
afterAll(async () => rm(folder, { recursive: true }));

const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

function digest(values: Float32Array): string {
  const words = new Uint32Array(values.length);
  values.forEach((value, index) => {
    words[index] = Number.isNaN(value)
      ? 0x7fc00000
      : (new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0);
  });
  return sha256(new Uint8Array(words.buffer));
}

async function readBytes(content: Uint8Array): Promise<SafetensorsFile> {
  const path = join(folder, "case.safetensors");
  await writeFile(path, content);
  return readSafetensors(path);
}

function frame(header: Uint8Array, dataBytes: number): Uint8Array {
  const content = new Uint8Array(8 + header.byteLength + dataBytes);
  new DataView(content.buffer).setBigUint64(0, BigInt(header.byteLength), true);
  content.set(header, 8);
  return content;
}

/** The checks of `readSafetensors` without the disk. */
function verdict(content: Uint8Array): CounterweightError | undefined {
  try {
    const length = headerLength(content.subarray(0, 8), content.byteLength, "case");
    parseHeader(content.subarray(8, 8 + length), content.byteLength - 8 - length, "case");
    return undefined;
  } catch (error) {
    if (error instanceof CounterweightError && error.kind === "model") return error;
    throw error;
  }
}

/** Files that Python's reader takes and this one does not, on purpose. */
const STRICTER: readonly RegExp[] = [
  /stands twice/,
  /not described by an object/,
  /has no dtype name/,
  /from 0 to 2\^53 - 1/,
  /header's length is zero/,
];

describe("readSafetensors", () => {
  it("reads Python's files: every float type, odd names, empty and scalar tensors", async () => {
    for (const file of golden.files) {
      const read = await readBytes(Buffer.from(file.base64, "base64"));
      const shown = [...read.tensors].map(([name, { shape, values }]) => [
        name,
        [shape, digest(values)],
      ]);
      expect(shown.sort()).toEqual(Object.entries(file.tensors).sort());
      expect([...read.skipped].sort()).toEqual(file.skipped);
    }
  });

  it("widens all 65,536 halves and bfloat16s as PyTorch does", () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, index) => index).buffer;
    expect(digest(toFloat32(bits, 0, bits.byteLength, "F16"))).toBe(golden.exhaustive.half);
    expect(digest(toFloat32(bits, 0, bits.byteLength, "BF16"))).toBe(golden.exhaustive.brain);
  });

  it("gives aligned float32 tensors as views on one buffer", async () => {
    const path = join(folder, "views.safetensors");
    const tensor = (length: number): ParameterTensor => ({
      shape: [length],
      values: new Float32Array(length),
    });
    await writeSafetensors(
      path,
      new Map([
        ["a", tensor(3)],
        ["b", tensor(5)],
      ]),
    );
    const { tensors } = await readSafetensors(path);
    expect(tensors.get("a")?.values.buffer).toBe(tensors.get("b")?.values.buffer);
  });

  it("names the file when it is missing or a folder", async () => {
    await expect(readSafetensors(join(folder, "nowhere"))).rejects.toThrow(/nowhere: Cannot open/);
    await expect(readSafetensors(folder)).rejects.toThrow(CounterweightError);
  });
});

describe("hostile files", () => {
  it("judges header lengths as Python does", () => {
    for (const [claimed, have, accepted] of golden.lengths) {
      const content = new Uint8Array(8 + have).fill(0x20, 8);
      new DataView(content.buffer).setBigUint64(0, BigInt(claimed), true);
      if (have >= 2) content.set([0x7b, 0x7d], 8);
      expect([claimed, have, verdict(content) === undefined]).toEqual([
        claimed,
        have,
        accepted === 1,
      ]);
    }
  });

  it("judges written-out headers as Python does, or more strictly where it says so", () => {
    const differing: string[] = [];
    for (const [what, header, dataBytes, accepted] of golden.headers) {
      const error = verdict(frame(Buffer.from(header, "utf8"), dataBytes));
      if ((error === undefined) === (accepted === 1)) continue;
      const allowed =
        accepted === 1 && STRICTER.some((pattern) => pattern.test(error?.message ?? ""));
      if (!allowed)
        differing.push(`${what}: Python ${accepted}, here ${error?.message ?? "accepted"}`);
    }
    expect(differing).toEqual([]);
    expect(golden.headers.length).toBeGreaterThan(150);
  });

  it("judges random mutations of real files as Python does", () => {
    const files = golden.files.map(({ base64 }) => Buffer.from(base64, "base64"));
    const differing: string[] = [];
    let accepted = 0;
    for (const [file, edits, python] of golden.mutations) {
      let content = files[file] ?? Buffer.alloc(0);
      for (const [position, deleted, inserted] of edits) {
        const rest = content.subarray(position + deleted);
        content = Buffer.concat([
          content.subarray(0, position),
          Buffer.from(inserted, "hex"),
          rest,
        ]);
      }
      const error = verdict(content);
      accepted += python;
      if ((error === undefined) === (python === 1)) continue;
      const allowed =
        python === 1 && STRICTER.some((pattern) => pattern.test(error?.message ?? ""));
      if (!allowed)
        differing.push(`${JSON.stringify([file, edits])}: Python ${python}, ${error?.message}`);
    }
    expect(differing).toEqual([]);
    expect(accepted).toBeGreaterThan(100);
  });

  it("answers any bytes with a verdict, never with another exception", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(64), (header, dataBytes) => {
        verdict(header);
        verdict(frame(header, dataBytes));
      }),
      { numRuns: 2000 },
    );
  });

  it("refuses a hundred thousand tensors, a long string, and deep nesting in seconds", () => {
    const entry = '"dtype":"F32","shape":[1],"data_offsets":[0,4]';
    const many = Array.from({ length: 100_000 }, (_, index) => `"${index}":{${entry}}`).join(",");
    const headers = [
      `{${many}}`,
      `{"${"x".repeat(5_000_000)}`,
      `{"a":${"[".repeat(2_000_000)}`,
      `{"a":{"shape":[${"1".repeat(5_000_000)}]}}`,
      `{"a":${" ".repeat(5_000_000)}`,
      `{"a":"${"\\".repeat(5_000_000)}"}`,
      `{"a":{"dtype":"F32","shape":[${"4294967295,".repeat(300_000)}1],"data_offsets":[0,4]}}`,
    ];
    for (const header of headers) {
      const started = performance.now();
      expect(verdict(frame(Buffer.from(header), 4))).toBeInstanceOf(CounterweightError);
      expect(performance.now() - started).toBeLessThan(20_000);
    }
  });

  it("keeps its messages short whatever the name", () => {
    const message = verdict(frame(Buffer.from(`{"${"n".repeat(1e6)}":1}`), 0))?.message ?? "";
    expect(message.length).toBeLessThan(1000);
    expect(message).toContain("nnn");
  });
});

describe("writeSafetensors", () => {
  it("writes the bytes that Python's save_file writes", async () => {
    const { tensors, metadata, sha256: expected } = golden.written;
    const path = join(folder, "written.safetensors");
    const entries = Object.entries(tensors).map(
      ([name, [shape, values]]) => [name, { shape, values: Float32Array.from(values) }] as const,
    );
    await writeSafetensors(path, new Map(entries), new Map(Object.entries(metadata)));
    expect(sha256(await readFile(path))).toBe(expected);
  });

  it("reads back what it wrote, bit by bit", async () => {
    const tensor = fc
      .tuple(fc.array(fc.nat(4), { maxLength: 3 }), fc.infiniteStream(fc.float()))
      .map(([shape, stream]): ParameterTensor => {
        const length = shape.reduce((product, size) => product * size, 1);
        return { shape, values: Float32Array.from([...stream.take(length)]) };
      });
    const name = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("__proto__", "constructor"),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(name, tensor), { maxLength: 5 }),
        fc.array(fc.tuple(name, fc.string({ unit: "grapheme" })), { maxLength: 3 }),
        async (entries, pairs) => {
          const path = join(folder, "round.safetensors");
          const [tensors, metadata] = [new Map(entries), new Map(pairs)];
          await writeSafetensors(path, tensors, metadata);
          const read = await readSafetensors(path);
          expect([...read.tensors.keys()].sort()).toEqual([...tensors.keys()].sort());
          expect(new Map(read.metadata)).toEqual(metadata);
          for (const [key, { shape, values }] of tensors) {
            expect(read.tensors.get(key)?.shape).toEqual(shape);
            expect(bytesOf(read.tensors.get(key)?.values ?? new Float32Array())).toEqual(
              bytesOf(values),
            );
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("refuses values that do not fill the shape", async () => {
    const wrong = new Map([["a", { shape: [2, 2], values: new Float32Array(3) }]]);
    await expect(writeSafetensors(join(folder, "x"), wrong)).rejects.toThrow(/3 values .*\[2, 2\]/);
  });
});
