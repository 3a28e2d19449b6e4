/**
 * Protocol buffers' wire format (https://protobuf.dev/programming-guides/encoding), the part that a
 * model file needs. Unlike a buffer that grows, a message here is a list of pieces, and a tensor's
 * bytes are made when they are written: a model of hundreds of megabytes is never in memory twice.
 */

/** Bytes that are made when needed; `make` gives `byteLength` of them each time. */
export interface LazyBytes {
  readonly byteLength: number;
  make(): Uint8Array;
}

/** Bytes at hand, or made when needed. */
export type Bytes = Uint8Array | LazyBytes;

const varintWire = 0;
const lengthWire = 2;
const fixed32Wire = 5;

/** A message under construction. */
export class Message {
  readonly #pieces: Bytes[] = [];
  #byteLength = 0;

  /** Bytes of the message so far. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** A whole number, int64 or an enumeration's member; negative ones take ten bytes. */
  integer(field: number, value: number): this {
    this.#varint(field * 8 + varintWire);
    return this.#varint(value);
  }

  /** A float32. */
  float(field: number, value: number): this {
    this.#varint(field * 8 + fixed32Wire);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#append(bytes);
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Bytes): this {
    this.#varint(field * 8 + lengthWire);
    this.#varint(value.byteLength);
    return this.#append(value);
  }

  /** A message as a member; what is added to it later is not seen. */
  message(field: number, value: Message): this {
    this.#varint(field * 8 + lengthWire);
    this.#varint(value.byteLength);
    for (const piece of value.#pieces) this.#append(piece);
    return this;
  }

  /** The message in stretches of about `stretch` bytes; only a single tensor's may be longer. */
  *stretches(stretch = 1 << 20): Generator<Uint8Array, void> {
    let waiting: Uint8Array[] = [];
    let waitingBytes = 0;
    for (const piece of this.#pieces) {
      const bytes = "make" in piece ? piece.make() : piece;
      waiting.push(bytes);
      waitingBytes += bytes.byteLength;
      if (waitingBytes >= stretch) {
        yield* joined(waiting, stretch);
        waiting = [];
        waitingBytes = 0;
      }
    }
    yield* joined(waiting, stretch);
  }

  #varint(value: number): this {
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest >= 128n) {
      bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    return this.#append(Uint8Array.from(bytes));
  }

  #append(piece: Bytes): this {
    this.#pieces.push(piece);
    this.#byteLength += piece.byteLength;
    return this;
  }
}

/** Small pieces joined, large ones as they are. */
function* joined(pieces: readonly Uint8Array[], stretch: number): Generator<Uint8Array, void> {
  const large = (piece: Uint8Array | undefined): piece is Uint8Array =>
    piece !== undefined && piece.byteLength >= stretch;
  const last = pieces.at(-1);
  const small = large(last) ? pieces.slice(0, -1) : pieces;
  if (small.length > 0) yield Buffer.concat(small);
  if (large(last)) yield last;
}
