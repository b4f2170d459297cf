/**
 * The safetensors format: eight bytes of header length (little-endian), a JSON header that names every tensor's dtype,
 * shape and byte range, then the bytes. Values arrive as float32 (F64, F32, F16, BF16) or int32 (integers, BOOL).
 *
 * Nothing in the header is believed: lengths, ranges, gaps and overlaps are checked before a byte of data is read.
 * Source: the format description of the `safetensors` library, 0.4 and later.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { type HostTensor, sizeOf, type TensorMap } from "../engine/engine.js";
import { fromBFloat16, fromFloat16, toBFloat16, toFloat16 } from "../engine/half-floats.js";
import { writeFileAtomic } from "./atomic-file.js";
import { ModelFileError } from "./model-file-error.js";

const BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, I16: 2, I8: 1, U8: 1, BOOL: 1 } as const;
export type SafetensorsDtype = keyof typeof BYTES;

/** The reference implementation's own limit. */
const MAX_HEADER_BYTES = 100_000_000;

export interface SafetensorsEntry {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** Byte range in the data section, which starts after the header. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly path: string;
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Offset of the data section in the file, bytes. */
  readonly dataStart: number;
}

/**
 * Reads and checks a file's header only.
 * @throws ModelFileError when the file is missing, truncated, or its header is not true of it.
 */
export function readSafetensorsHeader(path: string): SafetensorsHeader {
  const fd = openForReading(path);
  try {
    return headerOf(fd, path);
  } finally {
    closeSync(fd);
  }
}

/**
 * Reads a whole file, or the tensors that `wanted` accepts.
 * @throws ModelFileError when the file is missing, truncated, corrupt, or holds a dtype that this program does not read.
 */
export function readSafetensors(
  path: string,
  wanted: (name: string) => boolean = () => true,
): Record<string, HostTensor> {
  const fd = openForReading(path);
  try {
    const header = headerOf(fd, path);
    const tensors: Record<string, HostTensor> = {};
    for (const [name, entry] of header.entries) {
      if (!wanted(name)) continue;
      const bytes = new Uint8Array(entry.end - entry.begin);
      readWhole(fd, bytes, header.dataStart + entry.begin, path);
      tensors[name] = decode(path, name, entry, bytes);
    }
    return tensors;
  } finally {
    closeSync(fd);
  }
}

export type FloatFormat = "float32" | "float16" | "bfloat16";
const FLOAT_DTYPES = { float32: "F32", float16: "F16", bfloat16: "BF16" } as const;

export interface WriteSafetensorsOptions {
  /** How float32 tensors are stored; float32 by default. Int32 tensors are stored as I32. */
  readonly floats?: FloatFormat;
  /** Written under `__metadata__`; `{ format: "pt" }` by default, which transformers insists on. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes a file atomically; tensors in order of name, so equal tensors give equal bytes.
 * @throws ModelFileError when a value does not fit the 16-bit format asked for; WriteError from the file system.
 */
export function writeSafetensors(path: string, tensors: TensorMap, options: WriteSafetensorsOptions = {}): void {
  const names = Object.keys(tensors).sort(byCodeUnits);
  const header: Record<string, unknown> = { __metadata__: options.metadata ?? { format: "pt" } };
  let offset = 0;
  for (const name of names) {
    const tensor = tensors[name] as HostTensor;
    const dtype = tensor.dtype === "int32" ? "I32" : FLOAT_DTYPES[options.floats ?? "float32"];
    if (name === "__metadata__") throw new ModelFileError(path, "is no name for a tensor", name);
    if (tensor.data.length !== sizeOf(tensor.shape)) {
      throw new ModelFileError(path, `${tensor.data.length} values do not fill shape [${tensor.shape}]`, name);
    }
    const end = offset + tensor.data.length * BYTES[dtype];
    header[name] = { dtype, shape: tensor.shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = Buffer.from(JSON.stringify(header), "utf8");
  // Padded with spaces to a multiple of eight, so that every tensor can be mapped in place.
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, 0x20);
  json.copy(padded);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  writeFileAtomic(path, chunks());

  function* chunks(): Generator<Uint8Array> {
    yield length;
    yield padded;
    for (const name of names) yield encode(path, name, tensors[name] as HostTensor, options.floats ?? "float32");
  }
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function openForReading(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw new ModelFileError(path, `cannot be opened (${error instanceof Error ? error.message : String(error)})`);
  }
}

function readWhole(fd: number, bytes: Uint8Array, position: number, path: string): void {
  let done = 0;
  try {
    while (done < bytes.length) {
      const read = readSync(fd, bytes, done, Math.min(bytes.length - done, 1 << 30), position + done);
      if (read === 0) throw new ModelFileError(path, `ends early, at byte ${position + done}: it is truncated`);
      done += read;
    }
  } catch (error) {
    if (error instanceof ModelFileError) throw error;
    throw new ModelFileError(path, `cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
}

function headerOf(fd: number, path: string): SafetensorsHeader {
  const stat = fstatSync(fd);
  if (!stat.isFile()) throw new ModelFileError(path, "is not a file");
  if (stat.size < 8) throw new ModelFileError(path, `has ${stat.size} bytes: not a safetensors file, or truncated`);
  const prefix = new Uint8Array(8);
  readWhole(fd, prefix, 0, path);
  const declared = new DataView(prefix.buffer).getBigUint64(0, true);
  if (declared > BigInt(Math.min(stat.size - 8, MAX_HEADER_BYTES))) {
    throw new ModelFileError(
      path,
      `declares a header of ${declared} bytes but has ${stat.size} in all: not a safetensors file, or truncated`,
    );
  }
  const bytes = new Uint8Array(Number(declared));
  readWhole(fd, bytes, 8, path);
  const dataStart = 8 + bytes.length;
  const dataBytes = stat.size - dataStart;

  const header = parseObject(bytes, path);
  const entries = new Map<string, SafetensorsEntry>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header)) {
    if (name === "__metadata__") metadata = metadataOf(value, path);
    else entries.set(name, entryOf(path, name, value, dataBytes));
  }
  checkTiling(path, entries, dataBytes);
  return { path, entries, metadata, dataStart };
}

function parseObject(bytes: Uint8Array, path: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new ModelFileError(path, "has a header that is not JSON: not a safetensors file, or corrupt");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw new ModelFileError(path, "has a header that is not a JSON object: corrupt");
  }
  return header as Record<string, unknown>;
}

function metadataOf(value: unknown, path: string): Record<string, string> {
  if (
    typeof value !== "object" ||
    value === null ||
    Array.isArray(value) ||
    Object.values(value).some((entry) => typeof entry !== "string")
  ) {
    throw new ModelFileError(path, "must map strings to strings", "__metadata__");
  }
  return value as Record<string, string>;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function entryOf(path: string, name: string, value: unknown, dataBytes: number): SafetensorsEntry {
  const fields = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const { dtype, shape, data_offsets: range } = fields;
  if (typeof dtype !== "string" || !Array.isArray(shape) || !shape.every(isCount)) {
    throw new ModelFileError(path, "has no dtype and shape of whole numbers in the header: corrupt", name);
  }
  if (!Object.hasOwn(BYTES, dtype)) {
    throw new ModelFileError(path, `has dtype ${dtype}; supported are ${Object.keys(BYTES).join(", ")}`, name);
  }
  if (!Array.isArray(range) || range.length !== 2 || !range.every(isCount)) {
    throw new ModelFileError(path, "has no data_offsets of two whole numbers in the header: corrupt", name);
  }
  const [begin, end] = range as [number, number];
  const needed = sizeOf(shape) * BYTES[dtype as SafetensorsDtype];
  if (begin > end) throw new ModelFileError(path, `has data_offsets [${begin}, ${end}] that run backwards`, name);
  if (end - begin !== needed) {
    throw new ModelFileError(
      path,
      `has ${end - begin} bytes, but ${dtype} of shape [${shape}] takes ${needed}: wrong dtype, shape or offsets`,
      name,
    );
  }
  if (end > dataBytes) {
    throw new ModelFileError(path, `lies at bytes ${begin}–${end} of ${dataBytes}: the file is truncated`, name);
  }
  return { dtype: dtype as SafetensorsDtype, shape: [...(shape as number[])], begin, end };
}

/** The tensors must cover the data section without overlap, gap or rest: else some offset lies. */
function checkTiling(path: string, entries: ReadonlyMap<string, SafetensorsEntry>, dataBytes: number): void {
  const ordered = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  let previous = "";
  for (const [name, { begin, end }] of ordered) {
    if (begin < position) {
      throw new ModelFileError(
        path,
        `starts at byte ${begin}, inside "${previous}" (to ${position}): overlapping`,
        name,
      );
    }
    if (begin > position) {
      throw new ModelFileError(path, `starts at byte ${begin}, but the data before it end at ${position}: a gap`, name);
    }
    position = end;
    previous = name;
  }
  if (position !== dataBytes) {
    throw new ModelFileError(path, `has ${dataBytes - position} bytes after the last tensor: corrupt`);
  }
}

function decode(path: string, name: string, entry: SafetensorsEntry, bytes: Uint8Array): HostTensor {
  const { dtype, shape } = entry;
  const n = sizeOf(shape);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const floats = (read: (i: number) => number): HostTensor => {
    const data = new Float32Array(n);
    for (let i = 0; i < n; i++) data[i] = read(i);
    return { dtype: "float32", shape, data };
  };
  const integers = (read: (i: number) => number): HostTensor => {
    const data = new Int32Array(n);
    for (let i = 0; i < n; i++) data[i] = read(i);
    return { dtype: "int32", shape, data };
  };
  switch (dtype) {
    case "F32":
      if (littleEndian) return { dtype: "float32", shape, data: new Float32Array(bytes.buffer) };
      return floats((i) => view.getFloat32(4 * i, true));
    case "F64":
      return floats((i) => view.getFloat64(8 * i, true));
    case "F16":
      return floats((i) => fromFloat16(view.getUint16(2 * i, true)));
    case "BF16":
      return floats((i) => fromBFloat16(view.getUint16(2 * i, true)));
    case "I32":
      return integers((i) => view.getInt32(4 * i, true));
    case "I16":
      return integers((i) => view.getInt16(2 * i, true));
    case "I8":
      return integers((i) => view.getInt8(i));
    case "U8":
    case "BOOL":
      return integers((i) => view.getUint8(i));
    case "I64":
      return integers((i) => {
        const value = view.getBigInt64(8 * i, true);
        if (value !== BigInt.asIntN(32, value)) throw new ModelFileError(path, `holds ${value}, beyond 32 bits`, name);
        return Number(value);
      });
    default:
      return dtype satisfies never;
  }
}

const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

function encode(path: string, name: string, tensor: HostTensor, floats: FloatFormat): Uint8Array {
  const { data } = tensor;
  if (tensor.dtype === "float32" && floats !== "float32") {
    const bytes = new Uint8Array(2 * data.length);
    const view = new DataView(bytes.buffer);
    const convert = floats === "float16" ? toFloat16 : toBFloat16;
    const infinity = floats === "float16" ? 0x7c00 : 0x7f80;
    for (let i = 0; i < data.length; i++) {
      const value = data[i] as number;
      const bits = convert(value);
      if ((bits & 0x7fff) === infinity && Number.isFinite(value)) {
        throw new ModelFileError(path, `holds ${value}, too large for ${floats}; write float32 or bfloat16`, name);
      }
      view.setUint16(2 * i, bits, true);
    }
    return bytes;
  }
  if (littleEndian) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const bytes = new Uint8Array(4 * data.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < data.length; i++) {
    if (tensor.dtype === "int32") view.setInt32(4 * i, data[i] as number, true);
    else view.setFloat32(4 * i, data[i] as number, true);
  }
  return bytes;
}
