// Chooses a suite's settings by a committed plan: every family of methods has the same number of trials, on validation
// prompts of pilot seeds (9001 …, which no report uses), and one rule decides (src/bench/tuning.ts). Test prompts are never
// answered. Trials are kept in --out: what was finished before an interruption is not computed again.
//
//   npm run build
//   node scripts/tune.mjs benchmarks/tuning/quick.yaml --out DIR           # prints the table and the choice
//   node scripts/tune.mjs benchmarks/tuning/quick.yaml --out DIR --write   # … and writes them beside the plan, as CSV
//
// --seeds 9001 takes fewer seeds than the plan has; --families a,b takes some; --data DIR for suites that need it.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parse } from "yaml";
import { scalesFrom, scalesOf } from "../dist/bench/lock.js";
import { loadSuite } from "../dist/bench/suite.js";
import { anchorsOf, meansByValue, ValidationTrials } from "../dist/bench/trials.js";
import { chooseTrial, judgeTrial, planSchema, rowId, trialRows, trialsOf, triedOf } from "../dist/bench/tuning.js";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: "string" },
    data: { type: "string" },
    seeds: { type: "string" },
    families: { type: "string" },
    threads: { type: "string", default: "2" },
    write: { type: "boolean", default: false },
  },
});
const [planFile] = positionals;
if (planFile === undefined || flags.out === undefined) {
  console.error(
    "usage: node scripts/tune.mjs PLAN.yaml --out DIR [--seeds 9001,…] [--families ID,…] [--data DIR] [--write]",
  );
  process.exit(2);
}
const plan = planSchema.parse(parse(readFileSync(planFile, "utf8")));
const seeds = flags.seeds?.split(",").map(Number) ?? plan.seeds;
const families = plan.families.filter(
  ({ id }) => flags.families === undefined || flags.families.split(",").includes(id),
);
const suite = loadSuite(plan.suite);
const values = suite.values.map((value) => value.name);
const aborter = new AbortController();
process.once("SIGINT", () => aborter.abort());
process.once("SIGTERM", () => aborter.abort());

const interrupted = (error) => {
  if (!aborter.signal.aborted) throw error;
  console.error("interrupted; the same command goes on from here");
  process.exit(130);
};
const trials = await ValidationTrials.open({
  suite,
  data: flags.data,
  folder: flags.out,
  engine: "cpu",
  threads: Number(flags.threads),
  signal: aborter.signal,
  onProgress: (progress) => {
    if (progress.type !== "job-finished" || progress.stored) return;
    console.error(`seed ${progress.seed}\t${progress.label}\t${progress.seconds.toFixed(0)} s`);
  },
  onNotice: (line) => console.error(line),
}).catch(interrupted);

const chosen = new Map();
const lines = [];
try {
  const { greedy, sampled } = await trials.baseUsable(seeds[0]);
  console.error(`replies of the base that are usable: ${share(greedy)} greedy, ${share(sampled)} as sampled`);
  for (const family of families) await tune(family);
} catch (error) {
  interrupted(error);
} finally {
  await trials.close();
}
const header = `family,trial,settings,method,seed,hypervolume,${values.flatMap((v) => [`${v}_base`, `${v}_vertex`, `${v}_greedy_usable`]).join(",")},trial_hypervolume,trial_undertrained,trial_worst_usable,chosen`;
const table = `${[header, ...lines].join("\n")}\n`;
process.stdout.write(table);
if (flags.write) writeFileSync(planFile.replace(/\.yaml$/, ".csv"), table);

async function tune(family) {
  const given = family.inherit === undefined ? {} : (chosen.get(family.inherit)?.settings ?? {});
  if (family.inherit !== undefined && !chosen.has(family.inherit)) {
    throw new Error(`${family.id} inherits from ${family.inherit}, which was not tuned before it`);
  }
  const settings = trialsOf(family).map((own) => ({ ...given, ...own }));
  const allowed = settings.map((all) => Object.entries(given).every(([path, level]) => all[path] === level));
  const rows = settings.flatMap((all, t) => trialRows(suite, family, t, all));
  const tried = settings.map(() => []);
  for (const seed of seeds) {
    const outcomes = await trials.run(rows, seed);
    // Where the suite leaves its scale to a lock, the trials of one family and seed make one for themselves.
    const scales = scalesOf(suite) ?? scalesFrom(values, anchorsOf(outcomes.values()));
    settings.forEach((_, t) => {
      for (const method of family.methods) {
        tried[t].push(triedOf(method, seed, outcomes.get(rowId(family, t, method)), scales));
      }
    });
  }
  const verdicts = tried.map((entries) => judgeTrial(values, entries));
  const best = chooseTrial(verdicts, allowed, plan.usableGreedyReplies);
  chosen.set(family.id, { settings: settings[best] });
  console.error(`${family.id}: trial ${best + 1}, ${describe(settings[best])}`);
  settings.forEach((all, t) => {
    for (const entry of tried[t]) lines.push(line(family, t, all, entry, verdicts[t], best));
  });
}

function line(family, t, settings, entry, verdict, best) {
  const cells = values.flatMap((value, k) => {
    const vertex = entry.vertices.find((v) => v.value === value);
    if (vertex === undefined) return ["", "", ""];
    return [number(meansByValue(entry.base)[k]), number(meansByValue(vertex.scores)[k]), number(vertex.greedyUsable)];
  });
  return [
    family.id,
    t + 1,
    describe(settings),
    entry.method,
    entry.seed,
    number(entry.hypervolume),
    ...cells,
    number(verdict.hypervolume),
    verdict.undertrained.join(" "),
    number(verdict.usable),
    t === best ? "yes" : "no",
  ].join(",");
}

function describe(settings) {
  return Object.entries(settings)
    .map(([path, level]) => `${path}=${level}`)
    .join(" ");
}

function number(x) {
  return x.toFixed(4);
}

function share(x) {
  return `${(100 * x).toFixed(1)} %`;
}
