import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { runFiles } from "../../src/bench/files/run-files.js";
import { knownLock } from "../../src/bench/known-lock.js";
import { lockFile, type SuiteLock, scaleRecipe } from "../../src/bench/lock.js";
import { loadSuite } from "../../src/bench/suite.js";

const dir = mkdtempSync(join(tmpdir(), "mva-known-lock-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const suite = loadSuite("hh");
const dataHash = "ab".repeat(16);
const locks = join(dir, "locks");
const lockWith = (center: number): SuiteLock => ({
  suite: suite.suite,
  version: suite.version,
  dataHash,
  recipe: scaleRecipe(suite),
  values: suite.values.map(({ name }) => ({ name, center, scale: 1, reference: center })),
});
const runWith = (name: string, lock: object | undefined): string => {
  const folder = join(dir, name);
  mkdirSync(folder, { recursive: true });
  if (lock !== undefined) writeFileSync(runFiles(folder).suiteLock, stringify(lock));
  return folder;
};
const said: string[] = [];
const known = (more: Partial<Parameters<typeof knownLock>[0]>) =>
  knownLock({ suite, dataHash, resume: undefined, reuse: undefined, foreign: undefined, locks, ...more }, (line) =>
    said.push(line),
  );

beforeEach(() => {
  said.length = 0;
  mkdirSync(locks, { recursive: true });
  writeFileSync(lockFile(suite, dataHash, locks), stringify(lockWith(1)));
});

describe("the lock of a run", () => {
  test("is the run's own, before that of the run taken over from, before the committed one", () => {
    const own = runWith("own", lockWith(3));
    const other = runWith("other", lockWith(2));
    const none = runWith("none", undefined);
    expect(known({})).toEqual(lockWith(1));
    expect(known({ reuse: other })).toEqual(lockWith(2));
    expect(known({ reuse: other, resume: own })).toEqual(lockWith(3));
    expect(known({ reuse: none, resume: none })).toEqual(lockWith(1));
    expect(said).toEqual([]);
  });
  test("is none for other data, and for a base given from outside", () => {
    expect(known({ dataHash: "cd".repeat(16) })).toBeUndefined();
    expect(known({ foreign: "ef".repeat(16) })).toBeUndefined();
    expect(said).toEqual([]);
  });
  test("is not a committed one of another version, and that is said", () => {
    expect(known({ suite: { ...suite, version: suite.version + 1 } })).toBeUndefined();
    expect(said.join("\n")).toMatch(/hh-abababababab\.yaml: made for another version of this suite/);
  });
  test("is none where the suite holds its scales", () => {
    expect(known({ suite: loadSuite("quick"), resume: runWith("gold", lockWith(5)) })).toBeUndefined();
  });
  test("of other values is refused by name", () => {
    const renamed = { ...lockWith(1), values: lockWith(1).values.map((value, k) => ({ ...value, name: `v${k}` })) };
    expect(() => known({ reuse: runWith("renamed", renamed) })).toThrow(/renamed: its suite\.lock\.yaml is for other/);
  });
});
