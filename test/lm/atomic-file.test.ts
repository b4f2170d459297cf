import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { WriteError, writeFileAtomic } from "../../src/lm/atomic-file.js";
import { temporaryFolder } from "./temporary-folder.js";

test("chunks are written in order, and nothing temporary stays", () => {
  const dir = temporaryFolder();
  const path = join(dir, "a.txt");
  writeFileAtomic(path, ["é", new Uint8Array([10]), "b"]);
  expect(readFileSync(path, "utf8")).toBe("é\nb");
  writeFileAtomic(path, "new");
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(readdirSync(dir)).toEqual(["a.txt"]);
});

test("a device is written to, not replaced by a file", () => {
  const dir = temporaryFolder();
  const path = join(dir, "out");
  symlinkSync("/dev/null", path);
  writeFileAtomic(path, "gone");
  expect(lstatSync(path).isSymbolicLink()).toBe(true);
  expect(readdirSync(dir)).toEqual(["out"]);
});

test("when the content cannot be made, the old file stays whole and the cause is passed on", () => {
  const dir = temporaryFolder();
  const path = join(dir, "a.txt");
  writeFileSync(path, "old");
  const failing = function* () {
    yield "half";
    throw new RangeError("no more");
  };
  expect(() => writeFileAtomic(path, failing())).toThrow(new RangeError("no more"));
  expect(readFileSync(path, "utf8")).toBe("old");
  expect(readdirSync(dir)).toEqual(["a.txt"]);
});

test("a folder that does not exist, and a target that is a folder, are the user's faults", () => {
  const dir = temporaryFolder();
  mkdirSync(join(dir, "taken"));
  for (const path of [join(dir, "none", "a.txt"), join(dir, "taken")]) {
    try {
      writeFileAtomic(path, "x");
      expect.fail("nothing was thrown");
    } catch (error) {
      expect(error).toBeInstanceOf(WriteError);
      expect((error as WriteError).exitCode).toBe(2);
      expect((error as WriteError).message).toContain(path);
    }
  }
  expect(readdirSync(dir)).toEqual(["taken"]);
});

test("a full disk is nobody's bad input: exit code 70 and a word on what to do", () => {
  const cause = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  const error = new WriteError("run/scores.csv", cause);
  expect(error.exitCode).toBe(70);
  expect(error.message).toBe("run/scores.csv: cannot write: the disk is full; free some space and resume");
});
