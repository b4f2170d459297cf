import { describe, expect, test } from "vitest";
import {
  averagedHausdorff,
  coverage,
  epsilonAdditive,
  extent,
  gd,
  gdPlus,
  hypervolume,
  igd,
  igdPlus,
  MetricsError,
  metricTable,
  nadirReference,
  spacing,
  sparsity,
} from "../../src/metrics/index.js";
import { normalMatrix, seeded } from "./generator.js";
import { near } from "./laws.js";
import { average, pareto } from "./twins.js";

describe("metric table", () => {
  const generator = seeded(6);
  const sets = ["1", "2", "3"].flatMap((seed) => [
    { method: "soup", seed, points: normalMatrix(generator, 5, 2) },
    { method: "mva", seed, points: normalMatrix(generator, 4, 2) },
  ]);
  const all = sets.flatMap((set) => set.points);

  test("the default reference is the nadir moved out by a tenth of the range", () => {
    expect(
      nadirReference(
        [
          [0, 10],
          [1, 30],
        ],
        { sense: "max" },
      ),
    ).toEqual([-0.1, 8]);
    expect(
      nadirReference(
        [
          [0, 10],
          [1, 30],
        ],
        { sense: ["max", "min"], margin: 0.5 },
      ),
    ).toEqual([-0.5, 40]);
    expect(() => nadirReference([], { sense: "max" })).toThrow(MetricsError);
    const table = metricTable(sets, { sense: "max" });
    expect(table.reference).toEqual(nadirReference(all, { sense: "max" }));
    expect(table.referenceFrom).toBe("these points");
    expect(metricTable(sets, { sense: "max", reference: [-9, -9] })).toMatchObject({
      reference: [-9, -9],
      referenceFrom: "given",
    });
  });

  test("every metric is the mean over seeds of its function, against the non-dominated union of all points", () => {
    const reference = [-0.2, -0.3];
    const { rows, referenceSet } = metricTable(sets, { sense: "max", reference });
    const negate = (points: readonly (readonly number[])[]): number[][] => points.map((p) => p.map((x) => -x));
    expect(referenceSet).toEqual(negate(pareto(negate(all))));
    expect(rows.map((row) => row.method)).toEqual(["soup", "mva"]);
    for (const row of rows) {
      const own = sets.filter((set) => set.method === row.method).map((set) => set.points);
      const both = { sense: "max", referenceSet } as const;
      expect(row.seeds).toEqual(["1", "2", "3"]);
      const volumes = own.map((points) => hypervolume(points, { reference, sense: "max" }));
      expect(row.hypervolumePerSeed).toEqual(volumes.map((v) => v.value));
      const expected = {
        candidates: average(own.map((points) => points.length)),
        frontSize: average(own.map((points) => pareto(negate(points)).length)),
        ignored: average(volumes.map((v) => v.ignored)),
        hypervolume: average(volumes.map((v) => v.value)),
        igd: average(own.map((points) => igd(points, both).value)),
        igdPlus: average(own.map((points) => igdPlus(points, both).value)),
        gd: average(own.map((points) => gd(points, both).value)),
        gdPlus: average(own.map((points) => gdPlus(points, both).value)),
        averagedHausdorff: average(own.map((points) => averagedHausdorff(points, both).value)),
        epsilonAdditive: average(own.map((points) => epsilonAdditive(points, both).value)),
        covers: average(own.map((points) => coverage(points, both).value)),
        covered: average(own.map((points) => coverage(referenceSet, { sense: "max", referenceSet: points }).value)),
        sparsity: average(own.map((points) => sparsity(points, both).value)),
        spacing: average(own.map((points) => spacing(points, both).value)),
        extent: average(own.map((points) => extent(points, both).value)),
      };
      for (const [key, value] of Object.entries(expected)) near(row[key as keyof typeof expected], value, 10);
    }
    expect(rows.some((row) => row.ignored > 0)).toBe(true);
  });

  test("an empty set is an error", () => {
    expect(() => metricTable([], { sense: "max" })).toThrow(MetricsError);
    expect(() => metricTable([...sets, { method: "none", seed: "1", points: [] }], { sense: "max" })).toThrow(
      MetricsError,
    );
  });
});

test("a margin that is no number is an error", () => {
  expect(() => nadirReference([[1], [2]], { sense: "max", margin: Number.NaN })).toThrow(/margin is NaN/);
});
