// A copy of a run in which every score is higher by half a unit of the suite's scale, its summary with it. Held against that
// copy, the run itself has lost: a gate that does not say so is broken.
//
//   node scripts/plant-drop.mjs RUN COPY [--dist dist]
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { dist: { type: "string", default: join(dirname(dirname(fileURLToPath(import.meta.url))), "dist") } },
});
const [run, copy] = positionals;
if (run === undefined || copy === undefined) throw new Error("usage: node scripts/plant-drop.mjs RUN COPY");
const load = (path) => import(pathToFileURL(join(resolve(flags.dist), path)).href);
const { readScores, writeScores } = await load("bench/files/scores.js");
const { readScoredRun } = await load("leaderboard/read-run.js");
const { scaled, scaledReference } = await load("bench/selection.js");
const { meansOf } = await load("bench/tables.js");
const { hypervolume, mean } = await load("metrics/index.js");

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

const raised = readScoredRun(copy).run;
const summary = JSON.parse(readFileSync(join(copy, "summary.json"), "utf8"));
const reference = scaledReference(raised.values);
for (const { id, seeds } of raised.methods) {
  const points = ({ selected }) =>
    selected.map(({ scores }) => scaled(meansOf(scores, raised.values.length), raised.values));
  const volumes = seeds.map((seed) => hypervolume(points(seed), { reference, sense: "max" }).value);
  const method = summary.methods.find((entry) => entry.id === id);
  if (method.hypervolume !== null) method.hypervolume.value = mean(volumes);
}
writeFileSync(join(copy, "summary.json"), `${JSON.stringify(summary, null, 2)}\n`);
