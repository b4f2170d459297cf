// Center, scale and reference of each value of a suite, from validation scores of the base and of every method's vertex
// policies with pilot seeds (9001 …, which no report uses): center = the lowest, scale = the range, reference = a tenth of
// the range below. Test prompts are never answered.
//
//   npm run build
//   node scripts/calibrate.mjs hh --data DIR --out DIR           # verifies the committed lock; exit code 1 if it differs
//   node scripts/calibrate.mjs hh --data DIR --out DIR --write   # writes it to benchmarks/suites/locks
//   node scripts/calibrate.mjs quick --out DIR                   # a scorer with a natural floor: verifies that the suite has it
//
// --seeds 9001 takes fewer seeds. A folder that tune.mjs has used already holds what both need.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { lockFile, locksFolder, readLock, scaleRecipe, scalesFrom, scalesOf } from "../dist/bench/lock.js";
import { loadSuite } from "../dist/bench/suite.js";
import { trainedRows } from "../dist/bench/trained-rows.js";
import { anchorsOf, ValidationTrials } from "../dist/bench/trials.js";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: "string" },
    data: { type: "string" },
    seeds: { type: "string", default: "9001,9002,9003" },
    threads: { type: "string", default: "2" },
    write: { type: "boolean", default: false },
  },
});
const [name] = positionals;
if (name === undefined || flags.out === undefined) {
  console.error("usage: node scripts/calibrate.mjs SUITE --out DIR [--data DIR] [--seeds 9001,…] [--write]");
  process.exit(2);
}
const suite = loadSuite(name);
const names = suite.values.map((value) => value.name);
const seeds = flags.seeds.split(",").map(Number);
const trials = await ValidationTrials.open({
  suite,
  data: flags.data,
  folder: flags.out,
  engine: "cpu",
  threads: Number(flags.threads),
  signal: new AbortController().signal,
  onProgress: (progress) => {
    if (progress.type !== "job-finished" || progress.stored) return;
    console.error(`seed ${progress.seed}\t${progress.label}\t${progress.seconds.toFixed(0)} s`);
  },
  onNotice: (line) => console.error(line),
});
const points = [];
try {
  const rows = trainedRows(suite).slice(0, suite.methods.length);
  for (const seed of seeds) points.push(...anchorsOf((await trials.run(rows, seed)).values()));
} finally {
  await trials.close();
}
const found = scalesFrom(names, points);
console.log(`${points.length} points of base and vertex policies, seeds ${seeds.join(", ")}`);
for (const { name, center, scale } of found) {
  console.log(`${name}\tlowest ${center.toFixed(4)}\thighest ${(center + scale).toFixed(4)}`);
}
const own = scalesOf(suite);
if (own === undefined) lock();
else floor(own);

/** Gold scores lie in [0, 1] and 0 is what a reply that is none gets: the floor is the reference, whatever was found. */
function floor(scales) {
  if (suite.scorers.kind !== "gold") {
    console.error(`${name}: holds its own scales, but its scorer has no natural floor that could be verified`);
    process.exit(1);
  }
  const outside = points.flat().filter((x) => x < 0 || x > 1).length;
  const wrong = scales.filter(({ center, scale, reference }) => center !== 0 || scale !== 1 || reference !== 0);
  if (outside > 0 || wrong.length > 0) {
    console.error(
      `${name}: ${wrong.map((v) => v.name).join(", ")} off the natural floor 0 and scale 1; ${outside} scores outside`,
    );
    process.exit(1);
  }
  console.log(
    `${name}: center 0, scale 1, reference 0 of every value, the gold rules' natural floor and range; no lock is needed`,
  );
}

function lock() {
  const file = lockFile(suite, trials.dataHash);
  const made = {
    suite: suite.suite,
    version: suite.version,
    dataHash: trials.dataHash,
    recipe: scaleRecipe(suite),
    seeds,
    values: found,
  };
  if (flags.write) {
    mkdirSync(locksFolder(), { recursive: true });
    writeFileSync(
      file,
      `# Made by: node scripts/calibrate.mjs ${suite.suite} --seeds ${seeds.join(",")}\n${stringify(made)}`,
    );
    console.log(`wrote ${file}`);
    return;
  }
  if (!existsSync(file)) {
    console.error(`${file}: is not there; --write makes it`);
    process.exit(1);
  }
  const committed = readLock(file);
  const far = (a, b) => Math.abs(a - b) > 1e-6 * Math.max(1, Math.abs(b));
  const different = made.values.some((value, k) =>
    ["center", "scale", "reference"].some((key) => far(value[key], committed.values[k]?.[key] ?? Number.NaN)),
  );
  if (different || committed.recipe !== made.recipe || committed.version !== made.version) {
    console.error(`${file}: does not agree with what was found`);
    process.exit(1);
  }
  console.log(`${file}: agrees`);
}
