/**
 * The part of the Protocol Buffers wire format that an ONNX file needs: varints, 32-bit floats and length-delimited
 * fields (https://protobuf.dev/programming-guides/encoding/). Large byte fields are kept by reference until `finish`.
 */
export class ProtoWriter {
  private readonly chunks: Uint8Array[] = [];
  private length = 0;

  /** A non-negative integer or enum field; negative values take the ten-byte two's complement form of int64. */
  int(field: number, value: number): this {
    return this.push(varint(field << 3), varint(value));
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.push(varint((field << 3) | 5), bytes);
  }

  bytes(field: number, value: Uint8Array): this {
    return this.push(varint((field << 3) | 2), varint(value.length), value);
  }

  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  packedInts(field: number, values: readonly number[]): this {
    const inner = new ProtoWriter();
    for (const value of values) inner.push(varint(value));
    return this.message(field, inner);
  }

  message(field: number, inner: ProtoWriter): this {
    return this.push(varint((field << 3) | 2), varint(inner.length), ...inner.chunks);
  }

  finish(): Uint8Array {
    const all = new Uint8Array(this.length);
    let offset = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, offset);
      offset += chunk.length;
    }
    return all;
  }

  private push(...chunks: Uint8Array[]): this {
    for (const chunk of chunks) {
      this.chunks.push(chunk);
      this.length += chunk.length;
    }
    return this;
  }
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(bytes);
}
