/**
 * Bits of one element, by the name a safetensors header gives its type
 * (https://github.com/huggingface/safetensors, `Dtype`).
 */
export const SAFETENSORS_BITS: ReadonlyMap<string, number> = new Map([
  ["BOOL", 8],
  ["F4", 4],
  ["F6_E2M3", 6],
  ["F6_E3M2", 6],
  ["U8", 8],
  ["I8", 8],
  ["F8_E5M2", 8],
  ["F8_E4M3", 8],
  ["F8_E8M0", 8],
  ["F8_E4M3FNUZ", 8],
  ["F8_E5M2FNUZ", 8],
  ["I16", 16],
  ["U16", 16],
  ["F16", 16],
  ["BF16", 16],
  ["I32", 32],
  ["U32", 32],
  ["F32", 32],
  ["C64", 64],
  ["F64", 64],
  ["I64", 64],
  ["U64", 64],
]);

/** Types that `toFloat32` can turn into float32 values. */
export type FloatDtype = "F16" | "BF16" | "F32" | "F64";

/** True for the types that weights come in; others (I64 position ids, say) are left alone. */
export function isFloatDtype(dtype: string): dtype is FloatDtype {
  return dtype === "F16" || dtype === "BF16" || dtype === "F32" || dtype === "F64";
}

/** IEEE 754 binary16 bits as a number, exactly: subnormals, infinities and NaN included. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/**
 * The bytes `[begin, end)` of `data` as float32. F32 on a 4-byte boundary is a view on `data`
 * without a copy; F16 and BF16 are widened exactly; F64 is rounded to nearest.
 * Assumes a little-endian machine, as every machine that Node has binaries for but s390x and AIX.
 */
export function toFloat32(
  data: ArrayBuffer,
  begin: number,
  end: number,
  dtype: FloatDtype,
): Float32Array<ArrayBuffer> {
  const bytes = dtype === "F32" ? 4 : dtype === "F64" ? 8 : 2;
  const count = (end - begin) / bytes;
  const aligned = begin % bytes === 0;
  const buffer = aligned ? data : data.slice(begin, end);
  const offset = aligned ? begin : 0;
  if (dtype === "F32") return new Float32Array(buffer, offset, count);
  if (dtype === "F64") return Float32Array.from(new Float64Array(buffer, offset, count));
  const halves = new Uint16Array(buffer, offset, count);
  const result = new Float32Array(count);
  if (dtype === "F16") {
    for (let i = 0; i < count; i++) result[i] = halfToNumber(halves[i] ?? 0);
  } else {
    const words = new Uint32Array(result.buffer);
    for (let i = 0; i < count; i++) words[i] = (halves[i] ?? 0) << 16;
  }
  return result;
}
