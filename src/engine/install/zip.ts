/**
 * Takes files out of a ZIP archive, which Python wheels are, as streams: a wheel's libraries are larger than memory should
 * hold. Entries that are stored or deflated, archives below 4 GiB (no ZIP64). Format: PKWARE's APPNOTE 6.3, §4.3.
 */
import { createReadStream, createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32, createInflateRaw } from "node:zlib";
import { InstallError } from "./install-error.js";

export interface ZipEntry {
  readonly name: string;
  /** Bytes when unpacked. */
  readonly size: number;
  readonly packedSize: number;
  readonly crc: number;
  readonly deflated: boolean;
  /** Offset of its local header. */
  readonly offset: number;
}

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
/** The end record is 22 bytes and a comment of at most 65,535. */
const END_SEARCH = 22 + 65_535;

/** @throws InstallError when the file is no ZIP archive, or one that cannot be read here. */
export async function zipEntries(path: string): Promise<ZipEntry[]> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new InstallError(`${path}: cannot be read (${error.code})`);
  });
  try {
    const { size } = await file.stat();
    const tail = await bytesAt(file, Math.max(0, size - END_SEARCH), Math.min(size, END_SEARCH));
    let end = tail.length - 22;
    while (end >= 0 && tail.readUInt32LE(end) !== END) end--;
    if (end < 0) throw new InstallError(`${path}: not a wheel (no ZIP archive, or cut short): fetch it again`);
    const count = tail.readUInt16LE(end + 10);
    const length = tail.readUInt32LE(end + 12);
    const start = tail.readUInt32LE(end + 16);
    if (count === 0xffff || start === 0xffffffff) throw new InstallError(`${path}: ZIP64 archives cannot be read`);
    const directory = await bytesAt(file, start, length);
    const entries: ZipEntry[] = [];
    let at = 0;
    for (let i = 0; i < count; i++) {
      if (at + 46 > directory.length || directory.readUInt32LE(at) !== CENTRAL) {
        throw new InstallError(`${path}: its list of files is damaged: fetch it again`);
      }
      const method = directory.readUInt16LE(at + 10);
      const nameLength = directory.readUInt16LE(at + 28);
      const name = directory.toString("utf8", at + 46, at + 46 + nameLength);
      if (method !== 0 && method !== 8) throw new InstallError(`${path}: ${name} is packed in a way unknown here`);
      entries.push({
        name,
        size: directory.readUInt32LE(at + 24),
        packedSize: directory.readUInt32LE(at + 20),
        crc: directory.readUInt32LE(at + 16),
        deflated: method === 8,
        offset: directory.readUInt32LE(at + 42),
      });
      at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    }
    return entries;
  } finally {
    await file.close();
  }
}

/** @throws InstallError when the entry is damaged. */
export async function unpackEntry(path: string, entry: ZipEntry, target: string): Promise<void> {
  const file = await open(path);
  let start: number;
  try {
    const header = await bytesAt(file, entry.offset, 30);
    if (header.length < 30 || header.readUInt32LE(0) !== LOCAL) {
      throw new InstallError(`${path}: ${entry.name} is damaged: fetch it again`);
    }
    start = entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  } finally {
    await file.close();
  }
  mkdirSync(dirname(target), { recursive: true });
  if (entry.packedSize === 0) {
    // A range of no bytes cannot be read; and whoever is told that the entry is unpacked must find it there.
    writeFileSync(target, "");
    return;
  }
  const sink = createWriteStream(target);
  let sum = 0;
  const summed = new Transform({
    transform(chunk: Buffer, _, done) {
      sum = crc32(chunk, sum);
      done(null, chunk);
    },
  });
  const source = createReadStream(path, { start, end: start + entry.packedSize - 1 });
  try {
    if (entry.deflated) await pipeline(source, createInflateRaw(), summed, sink);
    else await pipeline(source, summed, sink);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!code.startsWith("Z_")) throw error;
    throw new InstallError(`${path}: ${entry.name} is damaged (${code}): fetch it again`);
  }
  if (sum !== entry.crc) throw new InstallError(`${path}: ${entry.name} is damaged (checksum): fetch it again`);
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
