/** A stored row against its evidence: is it still what was added, and does every figure follow? */
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { scaled, scaledReference } from "../bench/selection.js";
import { summarise } from "../bench/summarise.js";
import { meansOf } from "../bench/tables.js";
import { InputError } from "../data/errors.js";
import { hypervolume, mean } from "../metrics/index.js";
import { differingLeaves } from "./differences.js";
import { rowOf } from "./row.js";
import { type PackedEvidence, type RowBasis, unpackEvidence } from "./row-evidence.js";
import { type KnownSuites, rowFaults, shippedSuites } from "./row-faults.js";
import { readEvidenceFiles, type StoredRow } from "./store.js";

/** `hashes`: the files are those that were added; `points`: hypervolumes and means follow too; `all`: intervals too. */
export type VerifyDepth = "hashes" | "points" | "all";

/** Everything in which a row differs from what its files say; none where it is as it was added. */
export function verifyRow(
  stored: StoredRow,
  depth: VerifyDepth = "all",
  suites: KnownSuites = shippedSuites,
): string[] {
  try {
    const packed = readEvidenceFiles(stored.path);
    const hashes = hashFaults(stored, packed);
    if (hashes.length > 0 || depth === "hashes") return hashes;
    const basis = unpackEvidence(packed, stored.path);
    const faults = [...rowFaults(basis, suites), ...pointFaults(stored, basis)];
    if (faults.length > 0 || depth === "points") return faults;
    const again = rowOf(basis, summarise(basis.input), packed);
    const leaves = differingLeaves(stored.row, again);
    if (leaves.length === 0) return [];
    return [`the row says otherwise than its scores: ${leaves.slice(0, 3).join(", ")}`];
  } catch (error) {
    if (error instanceof InputError) return [error.message];
    throw error;
  }
}

/** Whether both files are those that were added. @throws InputError where one is missing */
export function fileFaults(stored: StoredRow): string[] {
  return hashFaults(stored, readEvidenceFiles(stored.path));
}

/** A row lies under its suite by its id: a copy of it elsewhere would be counted twice. */
export function placeFaults({ row, path }: StoredRow): string[] {
  const place = join(row.suite, `${row.id}.json`);
  const found = join(basename(dirname(path)), basename(path));
  return found === place ? [] : [`it lies at ${found} and should at ${place}`];
}

function hashFaults({ row }: StoredRow, packed: PackedEvidence): string[] {
  return (["evidence", "scores"] as const).flatMap((file) =>
    createHash("sha256").update(packed[file]).digest("hex") === row.sha256[file]
      ? []
      : [`its ${file} are another file than the one that was added`],
  );
}

/** Hypervolumes by seed, and best and mean of each value, from the scores. */
function pointFaults({ row }: StoredRow, { input }: RowBasis): string[] {
  const { tables, scales } = input;
  const reference = scaledReference(scales);
  const close = (a: number | undefined, b: number) =>
    a !== undefined && Math.abs(a - b) <= 1e-9 * Math.max(1e-3, Math.abs(b));
  return row.methods.flatMap((method) => {
    const points = tables.seeds.map((seed) =>
      tables.candidates.flatMap(({ seed: own, method: id, selected, scores }) =>
        own === seed && id === method.id && selected && scores.test !== undefined
          ? [meansOf(scores.test, scales.length)]
          : [],
      ),
    );
    const volumes = points.map(
      (set) =>
        hypervolume(
          set.map((point) => scaled(point, scales)),
          { reference, sense: "max" },
        ).value,
    );
    const average = volumes.length === 0 ? Number.NaN : mean(volumes);
    const all = points.flat();
    const told: [string, number | undefined, number][] = [
      ["hypervolume", method.hypervolume.value, average],
      ...volumes.map((volume, s): [string, number | undefined, number] => [
        `hypervolume at seed ${tables.seeds[s]}`,
        method.hypervolumeBySeed[s],
        volume,
      ]),
      ...scales.flatMap(({ name }, k): [string, number | undefined, number][] => {
        const column = all.map((point) => point[k] ?? Number.NaN);
        return [
          [`best ${name}`, method.best[k], Math.max(...column)],
          [`mean ${name}`, method.mean[k], column.length === 0 ? Number.NaN : mean(column)],
        ];
      }),
    ];
    return told
      .filter(([, said, found]) => !close(said, found))
      .map(([what, said, found]) => `${what} of ${method.id} is ${said} in the row, ${found} by its scores`);
  });
}
