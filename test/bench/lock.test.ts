import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import {
  committedLock,
  committedLocks,
  lockFile,
  lockHash,
  locksFolder,
  readLock,
  type SuiteLock,
  scaleRecipe,
  scalesFrom,
  scalesOf,
} from "../../src/bench/lock.js";
import { listSuites, loadSuite, type Suite, suiteHash } from "../../src/bench/suite.js";
import { InputError } from "../../src/data/errors.js";

const folder = mkdtempSync(join(tmpdir(), "mva-locks-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const hh = loadSuite("hh");
const data = "0123456789abcdef".repeat(2);
const lock: SuiteLock = {
  suite: hh.suite,
  version: hh.version,
  dataHash: data,
  recipe: scaleRecipe(hh),
  seeds: [9001],
  values: hh.values.map(({ name }, k) => ({ name, center: k, scale: 2, reference: k - 0.2 })),
};
const commit = (written: object) => writeFileSync(lockFile(hh, data, folder), stringify(written));

describe("committed locks", () => {
  test("are found by suite and data, and read back as written", () => {
    expect(committedLock(hh, data, folder)).toBeUndefined();
    commit(lock);
    expect(committedLock(hh, data, folder)).toEqual({ lock });
    expect(committedLock(hh, "f".repeat(32), folder)).toBeUndefined();
    expect(committedLock({ ...hh, suite: "other" }, data, folder)).toBeUndefined();
    expect(committedLocks(hh, folder)).toEqual([lock]);
    expect(committedLocks({ ...hh, version: hh.version + 1 }, folder)).toEqual([]);
  });
  test.each([
    ["another version", { ...lock, version: hh.version + 1 }],
    ["other data of which the hash begins alike", { ...lock, dataHash: `${data.slice(0, 12)}${"0".repeat(20)}` }],
    ["another recipe", { ...lock, recipe: "0".repeat(32) }],
    ["no recipe", (({ recipe: _, ...rest }) => rest)(lock)],
  ])("of %s are stale, not taken", (_, written) => {
    commit(written);
    expect(committedLock(hh, data, folder)).toEqual({ stale: lockFile(hh, data, folder) });
  });
  test("a change of judges or base is another recipe, one of the methods' settings is not", () => {
    expect(scaleRecipe({ ...hh, base: { ...hh.base, seed: 2 } })).not.toBe(scaleRecipe(hh));
    expect(scaleRecipe({ ...hh, data: { ...hh.data, maxReplyTokens: 3 } })).not.toBe(scaleRecipe(hh));
    expect(scaleRecipe({ ...hh, scorers: { kind: "gold" } })).not.toBe(scaleRecipe(hh));
    const { settings } = hh;
    expect(scaleRecipe({ ...hh, settings: { ...settings, mva: { ...settings.mva, alpha: 5 } } })).toBe(scaleRecipe(hh));
  });
  test.each([
    ["truncated YAML", "suite: hh\nvalues: [{"],
    ["a missing key", stringify({ ...lock, values: undefined })],
    ["a scale of zero", stringify({ ...lock, values: [{ ...lock.values[0], scale: 0 }] })],
    ["nothing", ""],
  ])("%s is refused by name", (_, text) => {
    const file = join(folder, "damaged.yaml");
    writeFileSync(file, text);
    expect(() => readLock(file)).toThrow(InputError);
    expect(() => readLock(file)).toThrow(/damaged\.yaml: .*not as a lock is written/);
  });
  test("the ablation on human pairs stands on hh's scales: data, base and judges are the same", () => {
    const ablation = loadSuite("ablation-hh");
    expect(scaleRecipe(ablation)).toBe(scaleRecipe(hh));
    expect(ablation.budget).toEqual(hh.budget);
    expect(ablation.settings).toEqual({ ...hh.settings, perMethod: ablation.settings.perMethod });
    const scales = (suite: Suite) =>
      committedLocks(suite).map(({ values, dataHash, seeds }) => ({ values, dataHash, seeds }));
    expect(scales(ablation)).toHaveLength(1);
    expect(scales(ablation)).toEqual(scales(hh));
  });

  test("every one that ships fits a suite that ships", () => {
    const suites = listSuites().map(({ file }) => loadSuite(file));
    for (const file of existsSync(locksFolder()) ? readdirSync(locksFolder()) : []) {
      const shipped = readLock(join(locksFolder(), file));
      const suite = suites.find(({ suite }) => suite === shipped.suite);
      expect(suite, file).toBeDefined();
      if (suite !== undefined) expect(committedLock(suite, shipped.dataHash), file).toEqual({ lock: shipped });
    }
  });
});

describe("a lock in the suite's hash", () => {
  test("changes it, by its scales alone", () => {
    const values = lock.values.map((value) => ({ ...value }));
    const locked = suiteHash(hh, { lock: lock.values });
    expect(locked).not.toBe(suiteHash(hh));
    expect(suiteHash(hh, { lock: values })).toBe(locked);
    expect(lockHash({ ...lock, seeds: [9002], values })).toBe(lockHash(lock));
    const moved = values.map((value) => ({ ...value, reference: value.reference + 1 }));
    expect(suiteHash(hh, { lock: moved })).not.toBe(locked);
    expect(lockHash({ ...lock, values: moved })).not.toBe(lockHash(lock));
  });
});

describe("scales", () => {
  test("of gold suites stand in the suite, others have none", () => {
    expect(scalesOf(loadSuite("quick"))).toHaveLength(3);
    expect(scalesOf(hh)).toBeUndefined();
  });
  test("from points: all points lie in [0, 1] above a reference of -0.1, and both ends are reached", () => {
    const points = fc.array(fc.array(fc.integer({ min: -500, max: 500 }), { minLength: 2, maxLength: 2 }), {
      minLength: 1,
      maxLength: 9,
    });
    fc.assert(
      fc.property(points, (rows) => {
        for (const [k, { center, scale, reference }] of scalesFrom(["a", "b"], rows).entries()) {
          const column = rows.map((row) => ((row[k] ?? 0) - center) / scale);
          expect(Math.min(...column)).toBe(0);
          const high = Math.max(...column);
          expect(high === 0 || Math.abs(high - 1) < 1e-12).toBe(true);
          expect((reference - center) / scale).toBeCloseTo(high === 0 ? 0 : -0.1, 9);
        }
      }),
    );
  });
});
