import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fc, test as property } from "@fast-check/vitest";
import { afterEach, expect, test, vi } from "vitest";
import { AppendFile } from "../../../src/bench/files/append-file.js";
import { WriteError } from "../../../src/lm/atomic-file.js";
import { temporaryFolder } from "./temporary-folder.js";

/** Bytes that the disk still takes; then it is full. */
let room = Number.POSITIVE_INFINITY;

vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  const writeSync = (fd: number, bytes: Uint8Array, offset: number, length: number): number => {
    if (room <= 0) throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    const written = fs.writeSync(fd, bytes, offset, Math.min(length, room));
    room -= written;
    return written;
  };
  return { ...fs, writeSync };
});

afterEach(() => {
  room = Number.POSITIVE_INFINITY;
});

property.prop([fc.string({ unit: "binary", maxLength: 60 })], { numRuns: 100 })(
  "opening keeps all whole lines and drops what stands after the last",
  (content) => {
    const path = join(temporaryFolder(), "a");
    writeFileSync(path, content);
    const file = new AppendFile(path);
    const whole = content.slice(0, content.lastIndexOf("\n") + 1);
    expect(file.firstLine()).toBe(
      whole === "" ? undefined : Buffer.from(whole.slice(0, whole.indexOf("\n"))).toString(),
    );
    file.append("next\n");
    file.close();
    file.close();
    expect(readFileSync(path, "utf8")).toBe(Buffer.from(`${whole}next\n`).toString());
  },
);

test("a cut line longer than a block is dropped too", () => {
  const path = join(temporaryFolder(), "a");
  writeFileSync(path, `${"x".repeat(100_000)}\n${"y".repeat(200_000)}`);
  const file = new AppendFile(path);
  expect(file.size).toBe(100_001);
  expect(file.firstLine()?.length).toBe(100_000);
  file.close();
});

test("a disk that fills up in the middle of a line leaves whole lines, and more can follow when there is room again", () => {
  const path = join(temporaryFolder(), "a");
  const file = new AppendFile(path);
  file.append("one\n");
  room = 5;
  expect(() => file.append("two\nthree\n")).toThrow(WriteError);
  expect(readFileSync(path, "utf8")).toBe("one\n");
  expect(() => file.append("two\n")).toThrow(/the disk is full; free some space and resume/);
  room = Number.POSITIVE_INFINITY;
  file.append("four\n");
  file.close();
  expect(readFileSync(path, "utf8")).toBe("one\nfour\n");
});

test("a folder of that name is the user's fault", () => {
  const path = join(temporaryFolder(), "a");
  mkdirSync(path);
  expect(() => new AppendFile(path)).toThrow(/there is a folder of that name/);
});
