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
    seed: Number(flags.seed ?? generatorDefaults.seed),
    entanglement: Number(flags.entanglement ?? 0),
    halo: Number(flags.halo ?? 0),
    sharedPairs: flags["shared-pairs"],
    pairsPerValue: {
      ...generatorDefaults.pairsPerValue,
      train: Number(flags.pairs ?? generatorDefaults.pairsPerValue.train),
    },
  });
}
