import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { hypervolume, hypervolumeContributions, nondominated, type Sense } from "../../src/metrics/index.js";
import { sharedFolder } from "../skip.js";
import { seeded } from "./generator.js";
import { near } from "./laws.js";
import { inclusionExclusion, limitSets, paretoIndices, slicing } from "./twins.js";

interface Case {
  name: string;
  sense: Sense;
  reference: number[];
  expected: number;
  relTol: number;
  points?: number[][];
  file?: string;
  columns?: number[];
}

function readFront(path: string): number[][] {
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => line.trim().split(/\s+/).map(Number));
}

/** 1.1 × the worst coordinate (minimised; all of these fronts are ≥ 0, but for some coordinates of ZDT3). */
function worst(points: number[][]): number[] {
  return (points[0] ?? []).map((_, k) => 1.1 * Math.max(...points.map((p) => p[k] as number)));
}

function sample<T>(items: readonly T[], size: number, seed: number): T[] {
  const generator = seeded(seed);
  const pool = [...items];
  return Array.from(
    { length: Math.min(size, pool.length) },
    () => pool.splice((generator.next() >>> 0) % pool.length, 1)[0] as T,
  );
}

const FRONTS = [
  "DTLZ1.2D",
  "DTLZ1.3D",
  "DTLZ1.4D",
  "DTLZ1.6D",
  "DTLZ1.8D",
  "DTLZ2.2D",
  "DTLZ2.3D",
  "DTLZ2.4D",
  "DTLZ2.6D",
  "DTLZ2.8D",
  "DTLZ7.2D",
  "DTLZ7.3D",
  "DTLZ7.4D",
  "DTLZ7.6D",
  "RE21",
  "RE31",
  "RE41",
  "ZDT1",
  "ZDT2",
  "ZDT3",
  "ZDT4",
  "ZDT6",
];

describe("known hypervolumes", () => {
  test("every case at its own tolerance", (ctx) => {
    const folder = sharedFolder(ctx, "fixtures/hypervolume");
    const cases = JSON.parse(readFileSync(`${folder}/cases.json`, "utf8")) as Case[];
    expect(cases.length).toBeGreaterThanOrEqual(7);
    for (const { name, sense, reference, expected, relTol, points, file, columns } of cases) {
      const set = points ?? readFront(`${folder}/${file}`).map((p) => (columns ?? []).map((k) => p[k] as number));
      const { value } = hypervolume(set, { reference, sense });
      expect(Math.abs(value - expected), name).toBeLessThanOrEqual(relTol * Math.abs(expected));
    }
  });
});

describe("fronts of the field, in 2 to 8 objectives", () => {
  for (const name of FRONTS) {
    test(`${name}: subsets of 15 equal inclusion–exclusion`, (ctx) => {
      const points = readFront(sharedFolder(ctx, `fixtures/hypervolume/jmetalpy/${name}.pf`));
      for (const seed of [1, 2, 3]) {
        const subset = sample(points, 15, seed);
        const reference = worst(subset).map((r) => r + 1e-9);
        const value = hypervolume(subset, { reference, sense: "min" }).value;
        near(value, inclusionExclusion(subset, reference), inclusionTerms(subset, reference), 1e-13);
      }
    });

    test(`${name}: two independent exact algorithms agree on a larger set`, (ctx) => {
      const points = readFront(sharedFolder(ctx, `fixtures/hypervolume/jmetalpy/${name}.pf`));
      const d = points[0]?.length ?? 0;
      const subset = sample(points, d === 2 ? 400 : d === 3 ? 90 : d === 4 ? 40 : d === 6 ? 60 : 40, 4);
      const reference = worst(subset);
      const value = hypervolume(subset, { reference, sense: "min" }).value;
      // up to four objectives naive slicing, beyond them limit sets
      const other = d <= 4 ? slicing(subset, reference) : limitSets(subset, reference);
      near(value, other, Math.max(value, 1e-3), 1e-11);
      // and points taken away one by one, each by its exclusive contribution
      near(value, byContributions(subset, reference), Math.max(value, 1e-3), 1e-11);
    });

    test(`${name}: the filter keeps what brute force keeps`, (ctx) => {
      const points = sample(readFront(sharedFolder(ctx, `fixtures/hypervolume/jmetalpy/${name}.pf`)), 300, 5);
      expect([...nondominated(points, { sense: "min" })]).toEqual(paretoIndices(points));
    });
  }
});

/** Size of the terms that inclusion–exclusion adds and subtracts: its rounding error is of that order. */
function inclusionTerms(points: number[][], reference: readonly number[]): number {
  const inside = points.filter((p) => p.every((x, k) => x < (reference[k] as number)));
  let sum = 0;
  for (let subset = 1; subset < 2 ** inside.length; subset++) {
    let volume = 1;
    for (let k = 0; k < reference.length; k++) {
      let corner = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < inside.length; i++)
        if ((subset >> i) & 1) corner = Math.max(corner, (inside[i] as number[])[k] as number);
      volume *= (reference[k] as number) - corner;
    }
    sum += volume;
  }
  return sum;
}

function byContributions(points: number[][], reference: readonly number[]): number {
  let sum = 0;
  for (let left = points; left.length > 0; left = left.slice(1)) {
    const head = left[0] as number[];
    const clipped = left.slice(1).map((p) => p.map((x, k) => Math.max(x, head[k] as number)));
    const { values } = hypervolumeContributions([head, ...clipped], { reference, sense: "min" });
    sum += values[0] as number;
  }
  return sum;
}
