/**
 * Writes the data sets that ship with the package: `node scripts/build.mjs && node scripts/generate-dataset.mjs`.
 * With `--seed`, `--entanglement`, `--halo`, `--shared-pairs`, `--pairs` (training pairs a value) and `--out FOLDER` it writes
 * another one.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { embeddedDataset, embeddedDatasets, generatePairs, generatorDefaults, writeCsv } from "../dist/data/index.js";

const { values: flags } = parseArgs({
  options: {
    seed: { type: "string" },
    entanglement: { type: "string" },
    halo: { type: "string" },
    "shared-pairs": { type: "boolean", default: false },
    pairs: { type: "string" },
    out: { type: "string" },
  },
});

const number = (flag, fallback, least, most, whole) => {
  const given = flags[flag];
  const value = given === undefined ? fallback : given.trim() === "" ? Number.NaN : Number(given);
  if (value >= least && value <= most && (!whole || Number.isSafeInteger(value))) return value;
  const range = Number.isFinite(most) ? `from ${least} to ${most}` : `of at least ${least}`;
  process.stderr.write(
    `generate-dataset: --${flag} must be a ${whole ? "whole number" : "number"} ${range}, not "${given}"\n`,
  );
  process.exit(2);
};
const seed = number("seed", generatorDefaults.seed, 0, Number.POSITIVE_INFINITY, true);
const entanglement = number("entanglement", 0, 0, 1, false);
const halo = number("halo", 0, 0, 1, false);
const train = number("pairs", generatorDefaults.pairsPerValue.train, 1, Number.POSITIVE_INFINITY, true);

const write = (folder, options) => {
  const rows = generatePairs(options);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "pairs.csv.gz"), gzipSync(writeCsv(rows), { level: 9 }));
  process.stdout.write(`${join(folder, "pairs.csv.gz")}: ${rows.length} pairs\n`);
};

if (flags.out === undefined) {
  for (const [name, options] of Object.entries(embeddedDatasets)) write(embeddedDataset(name).path, options);
} else {
  write(flags.out, {
    ...generatorDefaults,
    seed,
    entanglement,
    halo,
    sharedPairs: flags["shared-pairs"],
    pairsPerValue: { ...generatorDefaults.pairsPerValue, train },
  });
}
