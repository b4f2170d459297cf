// A planted regression, so that a gate that does not see one is found out.
//
//   node scripts/plant-drop.mjs RUN COPY
//     a copy of a run folder in which every score is higher by half a unit of the suite's scale, its summary with it: held
//     against that copy, the run itself has lost
//   node scripts/plant-drop.mjs ROW.json BASELINE.json.gz [--method mva] [--factor 0.85]
//     a baseline from a leaderboard row in which one method's scores of the first value are larger by 1/factor: held
//     against it, the row has lost that share of this method's hypervolume, and nothing else (references at 0)
//
//   [--dist dist]
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    dist: { type: "string", default: join(dirname(dirname(fileURLToPath(import.meta.url))), "dist") },
    method: { type: "string", default: "mva" },
    factor: { type: "string", default: "0.85" },
  },
});
const [from, to] = positionals;
if (from === undefined || to === undefined) throw new Error("usage: node scripts/plant-drop.mjs RUN|ROW.json COPY");
const load = (path) => import(pathToFileURL(join(resolve(flags.dist), path)).href);
const { readScores, writeScores } = await load("bench/files/scores.js");
const { packBaseline } = await load("leaderboard/baseline.js");
const { readScoredRun } = await load("leaderboard/read-run.js");
const { readRowSide } = await load("leaderboard/row-side.js");
const { scaled, scaledReference } = await load("bench/selection.js");
const { meansOf } = await load("bench/tables.js");
const { hypervolume, mean } = await load("metrics/index.js");

/** The hypervolumes that a run's scores have now, in its summary. */
function withVolumes(summary, run) {
  const reference = scaledReference(run.values);
  for (const { id, seeds } of run.methods) {
    const points = ({ selected }) =>
      selected.map(({ scores }) => scaled(meansOf(scores, run.values.length), run.values));
    const volumes = seeds.map((seed) => hypervolume(points(seed), { reference, sense: "max" }).value);
    const method = summary.methods.find((entry) => entry.id === id);
    if (method.hypervolume !== null) method.hypervolume.value = mean(volumes);
  }
  return summary;
}

function copyOfRun(run, copy) {
  mkdirSync(copy, { recursive: true });
  for (const name of ["run.json", "summary.json", "candidates.csv", "prompts.csv", "suite.lock.yaml"]) {
    if (existsSync(join(run, name))) copyFileSync(join(run, name), join(copy, name));
  }
  const { values } = readScoredRun(run).run;
  const scaleOf = new Map(values.map(({ name, scale }) => [name, scale]));
  const rows = readScores(join(run, "scores.csv"));
  writeScores(
    join(copy, "scores.csv"),
    rows.map((row) => ({ ...row, score: row.score + 0.5 * scaleOf.get(row.value) })),
  );
  const summary = JSON.parse(readFileSync(join(copy, "summary.json"), "utf8"));
  const raised = withVolumes(summary, readScoredRun(copy).run);
  writeFileSync(join(copy, "summary.json"), `${JSON.stringify(raised, null, 2)}\n`);
}

function baselineOfRow(row, file) {
  const { run, summary } = readRowSide(row, row);
  const factor = Number(flags.factor);
  if (!run.methods.some(({ id }) => id === flags.method)) throw new Error(`${row}: no method ${flags.method}`);
  const raised = {
    ...run,
    methods: run.methods.map((method) =>
      method.id !== flags.method
        ? method
        : {
            ...method,
            seeds: method.seeds.map((at) => ({
              ...at,
              selected: at.selected.map(({ name, scores }) => ({
                name,
                scores: scores.map((x, i) => (i < run.prompts.length ? x / factor : x)),
              })),
            })),
          },
    ),
  };
  writeFileSync(file, packBaseline(raised, withVolumes(summary, raised)));
}

if (from.endsWith(".json")) baselineOfRow(from, to);
else copyOfRun(from, to);
