// Trials of one setting on pilot seeds (9001 …, which no report uses), scored on validation only: how the suites' frozen
// settings were chosen. Each trial is the suite with some keys replaced and only the methods named.
//
//   npm run build
//   node scripts/tune.mjs quick --methods soup,modpo --out /tmp/trials \
//     settings.preference.optimizer.learningRate=5e-4 settings.preference.optimizer.learningRate=1e-3
//
// A trial with several keys joins them with "+". The first trial trains the base; the others reuse it.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parseDocument } from "yaml";
import { runFiles } from "../dist/bench/files/run-files.js";
import { readTables } from "../dist/bench/recompute.js";
import { meansOf } from "../dist/bench/tables.js";
import { hypervolume } from "../dist/metrics/index.js";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    methods: { type: "string" },
    out: { type: "string" },
    seed: { type: "string", default: "9001" },
    reuse: { type: "string" },
  },
});
const [suite, ...trials] = positionals;
if (suite === undefined || flags.methods === undefined || flags.out === undefined || trials.length === 0) {
  throw new Error("usage: node scripts/tune.mjs SUITE --methods A,B --out DIR key.path=value[+key.path=value] …");
}
const root = fileURLToPath(new URL("..", import.meta.url));
const text = readFileSync(join(root, "benchmarks", "suites", `${suite}.yaml`), "utf8");
mkdirSync(flags.out, { recursive: true });
let reuse = flags.reuse;
for (const [i, trial] of trials.entries()) {
  const document = parseDocument(text);
  document.set("methods", flags.methods.split(","));
  document.set("questions", []);
  document.set("variants", []);
  document.setIn(["candidates", "explore"], 0);
  for (const change of trial.split("+")) {
    const [path, value] = change.split("=");
    document.setIn(path.split("."), Number.isNaN(Number(value)) ? value : Number(value));
  }
  const file = join(flags.out, `trial-${i}.yaml`);
  writeFileSync(file, String(document));
  const folder = join(flags.out, `trial-${i}`);
  if (!existsSync(join(folder, "summary.json"))) {
    const args = ["dist/cli/main.js", "run", file, "--seeds", flags.seed, "--out", folder];
    if (reuse !== undefined) args.push("--reuse", reuse);
    const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
    if (status !== 0) throw new Error(`trial ${trial}: exit code ${status}`);
  }
  reuse ??= folder;
  print(trial, folder);
}

/** Validation only: test is not looked at, though the run scored it. */
function print(trial, folder) {
  const tables = readTables(runFiles(folder));
  const m = tables.values.length;
  const validation = (c) => meansOf(c.scores.validation, m);
  for (const method of new Set(tables.candidates.map((c) => c.method))) {
    const own = tables.candidates.filter((c) => c.method === method && c.scores.validation !== undefined);
    const vertices = tables.values.map((value, k) => {
      const vertex = own.find((c) => c.weights?.[k] === 1);
      return vertex === undefined ? "" : `${value} ${validation(vertex)[k].toFixed(3)}`;
    });
    const reference = tables.values.map(() => 0);
    const { value } = hypervolume(own.map(validation), { reference, sense: "max" });
    console.log([trial, method, `hypervolume above 0 ${value.toFixed(4)}`, ...vertices].join("\t"));
  }
}
