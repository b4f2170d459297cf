// Mutation check: breaks each routine of src/metrics in ten plausible ways (a wrong comparison, sign, divisor or constant, a
// dropped term), one at a time, in a temporary copy, and records which are caught by the tests.
//
//   node test/metrics/mutations.mjs [routine …]
//
// Results are kept in mutations.json by a hash of the routine's lines, so that only what changed runs again, and
// docs/metrics-mutations.md is written from them.
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const PER_ROUTINE = 10;
const UNSETTLED = "(not settled";
const PATIENCE_S = 240;

/** [file, routine, tests that must catch it, and of those the names to try first] */
const ROUTINES = [
  ["argsort", "argsort", "argsort"],
  ["argsort", "deal", "argsort"],
  ["argsort", "sortRuns", "argsort"],
  ["argsort", "radixSort", "argsort"],
  ["argsort", "orderBy", "argsort"],
  ["argsort", "lexicographicOrder", "argsort"],
  ["ordered-set", "class OrderedSet", "argsort"],
  ["point-set", "minimised", "boundary"],
  ["nondominated", "filter2d", "frontier"],
  ["nondominated", "filter3d", "frontier"],
  ["nondominated", "filterAny", "frontier"],
  ["nondominated", "survivors", "frontier"],
  ["ranking", "paretoRanks", "frontier"],
  ["ranking", "dominatedByFront", "frontier"],
  ["attainment", "surface", "frontier"],
  [
    "hypervolume-sweeps",
    "hypervolume2d",
    "hypervolume.laws",
    "inclusion|integers|slicing|any-dimension|large sets|one thick|without the point",
  ],
  [
    "hypervolume-sweeps",
    "hypervolume3d",
    "hypervolume.laws",
    "inclusion|integers|slicing|any-dimension|large sets|one thick|without the point",
  ],
  [
    "hypervolume-sweeps",
    "class SmallSweep3d",
    "hypervolume.laws",
    "inclusion|integers|slicing|any-dimension|large sets|one thick|without the point",
  ],
  [
    "hypervolume-4d",
    "volume",
    "hypervolume.laws",
    "inclusion|integers|slicing|any-dimension|large sets|one thick|without the point",
  ],
  [
    "hypervolume-4d",
    "insertByZ",
    "hypervolume.laws",
    "inclusion|integers|slicing|any-dimension|large sets|one thick|without the point",
  ],
  [
    "hypervolume-4d",
    "replaced",
    "hypervolume.laws",
    "inclusion|integers|slicing|any-dimension|large sets|one thick|without the point",
  ],
  [
    "hypervolume-wfg",
    "level",
    "hypervolume.laws",
    "inclusion|integers|slicing|any-dimension|large sets|one thick|without the point",
  ],
  [
    "hypervolume-wfg",
    "compare",
    "hypervolume.laws",
    "inclusion|integers|slicing|any-dimension|large sets|one thick|without the point",
  ],
  [
    "hypervolume-wfg",
    "collect",
    "hypervolume.laws",
    "inclusion|integers|slicing|any-dimension|large sets|one thick|without the point",
  ],
  [
    "hypervolume-wfg",
    "compare4",
    "hypervolume.laws",
    "inclusion|integers|slicing|any-dimension|large sets|one thick|without the point",
  ],
  [
    "hypervolume-wfg",
    "collect4",
    "hypervolume.laws",
    "inclusion|integers|slicing|any-dimension|large sets|one thick|without the point",
  ],
  [
    "hypervolume-wfg",
    "join",
    "hypervolume.laws",
    "inclusion|integers|slicing|any-dimension|large sets|one thick|without the point",
  ],
  [
    "hypervolume-wfg",
    "withoutDominated",
    "hypervolume.laws",
    "inclusion|integers|slicing|any-dimension|large sets|one thick|without the point",
  ],
  [
    "hypervolume-wfg",
    "ofTwo",
    "hypervolume.laws",
    "inclusion|integers|slicing|any-dimension|large sets|one thick|without the point",
  ],
  [
    "hypervolume",
    "exactVolume",
    "hypervolume.laws",
    "inclusion|integers|slicing|any-dimension|large sets|one thick|without the point",
  ],
  [
    "hypervolume",
    "insideOf",
    "hypervolume.laws",
    "inclusion|integers|slicing|any-dimension|large sets|one thick|without the point",
  ],
  ["contributions", "cutBoxes", "hypervolume.laws", "contributions|without the point|add up"],
  ["hypervolume-estimate", "estimateVolume", "hypervolume.laws", "bounds its error|estimate"],
  ["distance-indicators", "meanLeast", "indicators", "distance indicators"],
  ["dominance-indicators", "leastShortfall", "indicators", "epsilon"],
  ["dominance-indicators", "coverage", "indicators", "coverage|covered"],
  ["diversity-indicators", "sparsity", "indicators", "diversity"],
  ["diversity-indicators", "spacing", "indicators", "diversity"],
  ["utility-indicators", "exactR2", "indicators", "R2"],
  ["utility-indicators", "r2", "indicators", "R2"],
  ["utility-indicators", "bestUtilities", "indicators", "utility"],
  ["utility-indicators", "meanInnerProduct", "indicators", "utility"],
  ["correlation", "kendallTauB", "indicators", "controllability"],
  ["correlation", "monotoneStepShare", "indicators", "controllability"],
  ["kernels", "medianBandwidth", "independence.laws", "bandwidth|[1-9]:"],
  ["kernels", "kernelRows", "independence.laws", "bandwidth|[1-9]:"],
  ["hsic", "statistic", "independence.laws", "[1-9]:"],
  ["hsic", "unbiasedOf", "independence.laws", "[1-9]:"],
  ["hsic", "biasedOf", "independence.laws", "[1-9]:"],
  ["independence-tests", "hsicPermutationTest", "independence.laws", "permutation|p-value"],
  ["independence-tests", "hsicGammaTest", "independence.laws", "gamma"],
  ["random-fourier", "randomFourierFeatures", "independence.laws", "Fourier|no value"],
  ["low-rank", "hsicOf", "low-rank.laws"],
  ["low-rank", "effectiveRank", "low-rank.laws"],
  ["low-rank", "subspaceOverlap", "low-rank.laws"],
  ["matrix", "orthonormalised", "low-rank.laws"],
  ["matrix", "singularValues", "low-rank.laws"],
  ["interference", "interference", "low-rank.laws", "interference"],
  ["bootstrap", "bootstrapHypervolume", "bootstrap", "bootstrap of hypervolume"],
  ["bootstrap", "arrange", "bootstrap", "bootstrap of hypervolume"],
  ["bootstrap", "weightedSums", "bootstrap", "bootstrap of hypervolume"],
  ["bootstrap", "leaveOnePromptOut", "bootstrap", "bootstrap of hypervolume"],
  ["intervals", "bcaInterval", "statistics", "intervals"],
  ["intervals", "fewClustersInterval", "statistics", "intervals"],
  ["intervals", "wilsonInterval", "statistics", "intervals"],
  ["intervals", "accelerationOf", "statistics", "intervals"],
  ["significance", "pairedPermutationTest", "statistics", "tests of differences"],
  ["significance", "bootstrapPValue", "statistics", "tests of differences"],
  ["significance", "holm", "statistics", "tests of differences"],
  ["subset-average", "subsetHypervolume", "statistics", "equal-N"],
  ["power", "minimalDetectableEffect", "statistics", "minimal"],
  ["distributions", "gammaUpperTail", "statistics", "distribution"],
  ["distributions", "betaFraction", "statistics", "distribution"],
];

/** [what is wrong, pattern, replacement]: applied to one place of one line at a time. */
const OPERATORS = [
  ["< for <=", / <= /g, " < "],
  ["<= for <", / < /g, " <= "],
  ["> for >=", / >= /g, " > "],
  [">= for >", / > /g, " >= "],
  ["- for +", / \+ (?!1\))/g, " - "],
  ["+ for -", / - /g, " + "],
  ["/ for *", / \* /g, " / "],
  ["* for /", / \/ (?!\/)/g, " * "],
  ["-= for +=", / \+= /g, " -= "],
  ["+= for -=", / -= /g, " += "],
  ["min for max", /Math\.max\(/g, "Math.min("],
  ["max for min", /Math\.min\(/g, "Math.max("],
  ["wrong divisor: n for n - 1", /\(n - 1\)/g, "n"],
  ["wrong divisor: n - 1 for n", /\/ n\b/g, "/ (n - 1)"],
  ["n - 1 for n - 2", /\(n - 2\)/g, "(n - 1)"],
  ["n - 2 for n - 3", /\(n - 3\)/g, "(n - 2)"],
  ["1 for 2", /\b2(?= \*)/g, "1"],
  ["1 for 0", / = 0;/g, " = 1;"],
  ["=== for !==", / !== /g, " === "],
  ["!== for ===", / === /g, " !== "],
  ["|| for &&", / && /g, " || "],
  ["&& for ||", / \|\| /g, " && "],
  ["statement dropped", /^(\s+)([\w.[\]]+ [-+*]?= [^;]+;|[\w.]+\([^;]*\);|continue;|break;)$/g, "$1"],
];

/**
 * Mutants that compute the very same numbers, each with the reason. Anything else that survives is a hole in the tests.
 */
const EQUIVALENT = JSON.parse(readFileSync(new URL("./mutations-equivalent.json", import.meta.url), "utf8"));

/** First and last line (exclusive) of a routine: from its head to the brace that closes it. */
function extent(lines, name) {
  const head = name.startsWith("class ")
    ? new RegExp(`^export ${name}\\b`)
    : new RegExp(`^(export )?function ${name}\\(|^  (private )?${name}\\([^;]*$|^export function ${name}<`);
  const from = lines.findIndex((line) => head.test(line));
  if (from < 0) throw new Error(`no routine ${name}`);
  const indent = /^ */.exec(lines[from])[0];
  const to = lines.findIndex((line, i) => i > from && line.startsWith(`${indent}}`) && !line.includes("{"));
  return [from + 1, to];
}

function mutantsOf(file, name) {
  const lines = readFileSync(join(root, `src/metrics/${file}.ts`), "utf8").split("\n");
  const [from, to] = extent(lines, name);
  const found = [];
  for (let at = from; at < to; at++) {
    const line = lines[at];
    if (/^\s*(\/\/|\/\*|\*)|new MetricsError|^\s*"|`|throw |^\s*(readonly|import|export) /.test(line)) continue;
    for (const [what, pattern, replacement] of OPERATORS) {
      // one step too far over a typed array reads and writes nothing
      if (line.includes("for (") && what.startsWith("<")) continue;
      for (const match of line.matchAll(pattern)) {
        const broken =
          line.slice(0, match.index) +
          match[0].replace(new RegExp(pattern.source), replacement) +
          line.slice(match.index + match[0].length);
        if (broken !== line) found.push({ at, what, before: line.trim(), after: broken.trim(), broken });
      }
    }
  }
  const live = found.filter((m) => EQUIVALENT[`${m.before} => ${m.after}`] === undefined);
  // spread over the routine, and different each time in kind
  const step = live.length / Math.min(PER_ROUTINE, live.length);
  return Array.from({ length: Math.min(PER_ROUTINE, live.length) }, (_, i) => live[Math.floor(i * step)]);
}

let runner;
/** Seconds of processor time that a mutant may take, by tests: several times what the unbroken code takes. */
const patience = new Map();
const copy = mkdtempSync(join(tmpdir(), "mutations-"));
process.on("exit", () => runner?.kill("SIGKILL"));
process.on("exit", () => rmSync(copy, { recursive: true, force: true }));
for (const folder of ["src/metrics", "test/metrics"])
  cpSync(join(root, folder), join(copy, folder), { recursive: true });
for (const file of ["test/skip.ts", "package.json", "tsconfig.json"]) cpSync(join(root, file), join(copy, file));
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
mkdirSync(join(copy, "docs"));
writeFileSync(
  join(copy, "vitest.config.ts"),
  "export default { test: { testTimeout: 120000, pool: 'threads', maxWorkers: 1 } };\n",
);

/** Runs the tests of one mutant in a Vitest that stays up; a mutant that does not end takes it down, and a new one starts. */
function start() {
  const child = fork(fileURLToPath(new URL("./mutations-runner.mjs", import.meta.url)), [], {
    cwd: copy,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    env: { ...process.env, LAW_RUNS: "60", FC_SEED: "1", MVA_BENCH_SHARED: join(root, "../shared") },
  });
  return new Promise((resolve) => child.once("message", () => resolve(child)));
}

/** What a process has used, so that a busy machine does not look like a loop without end; elapsed time where Linux is not. */
function processorSeconds(pid) {
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) return performance.now() / 1e3;
  const fields = readFileSync(stat, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** `undefined` if all pass, else the name of the first test that fails; of `tests` only those whose names match, where given. */
async function firstFailure(tests, changed, names) {
  runner ??= await start();
  const child = runner;
  return new Promise((resolve) => {
    const before = processorSeconds(child.pid);
    const timer = setInterval(() => {
      const seconds = processorSeconds(child.pid) - before;
      if (seconds < (patience.get(tests) ?? PATIENCE_S)) return;
      clearInterval(timer);
      child.kill("SIGKILL");
      runner = undefined;
      resolve(`(does not end within ${Math.round(seconds)} s of processor time)`);
    }, 500);
    child.once("message", ({ failure }) => {
      clearInterval(timer);
      resolve(failure ?? undefined);
    });
    child.send({ tests: tests.split(" ").map((t) => `${copy}/test/metrics/${t}.test.ts`), changed, names });
  });
}

const only = process.argv.slice(2);
const chosen = ROUTINES.filter(([file, name]) => only.length === 0 || only.includes(name) || only.includes(file));
for (const tests of new Set(chosen.map(([, , tests]) => tests))) {
  runner ??= await start();
  const before = processorSeconds(runner.pid);
  const failure = await firstFailure(tests, []);
  patience.set(tests, 5 + 4 * (processorSeconds(runner.pid) - before));
  if (failure !== undefined) throw new Error(`unbroken code already fails: ${tests}: ${failure}`);
}
const recordPath = join(root, "test/metrics/mutations.json");
const record = existsSync(recordPath) ? JSON.parse(readFileSync(recordPath, "utf8")) : {};
for (const [file, name, tests, names] of chosen) {
  const path = join(copy, `src/metrics/${file}.ts`);
  const source = readFileSync(path, "utf8");
  const mutants = mutantsOf(file, name);
  const [from, to] = extent(source.split("\n"), name);
  const hash = createHash("sha256")
    .update(source.split("\n").slice(from, to).join("\n"))
    .update(JSON.stringify(mutants))
    .digest("hex")
    .slice(0, 16);
  const key = `${file}/${name.replace("class ", "")}`;
  const known = record[key]?.hash === hash ? record[key].mutants : [];
  const settled = (i) => known[i] !== undefined && known[i].failure !== null && !known[i].failure.startsWith(UNSETTLED);
  if (mutants.every((_, i) => settled(i))) continue;
  const results = [];
  for (const [i, { at, what, before, after, broken }] of mutants.entries()) {
    if (settled(i)) {
      results.push(known[i]);
      continue;
    }
    const lines = source.split("\n");
    lines[at] = broken;
    writeFileSync(path, lines.join("\n"));
    let failure;
    if (names !== undefined) failure = await firstFailure(tests, [path], names);
    failure = failure ?? (await firstFailure(tests, [path])) ?? null;
    results.push({ what, before, after, failure });
    process.stderr.write(`${key}: ${what}: ${failure ?? `SURVIVES ${before} => ${after}`}\n`);
  }
  writeFileSync(path, source);
  await firstFailure("boundary", [path]);
  record[key] = { hash, mutants: results };
  writeFileSync(recordPath, `${JSON.stringify(record, null, 2)}\n`);
}
runner?.kill("SIGKILL");

const keys = ROUTINES.map(([file, name]) => `${file}/${name.replace("class ", "")}`).filter(
  (key) => record[key] !== undefined,
);
const all = keys.flatMap((key) => record[key].mutants);
const unsettled = all.filter((m) => m.failure?.startsWith(UNSETTLED)).length;
const caught = all.filter((m) => m.failure !== null).length - unsettled;
const cell = (text) => text.replaceAll("|", "\\|");
writeFileSync(
  join(root, "docs/metrics-mutations.md"),
  [
    "# Mutation check of `src/metrics`\n",
    "Written by `node test/metrics/mutations.mjs`: each routine broken in ten plausible ways (fewer where it has fewer places), one at a time, with the first test that fails.\n",
    `**${caught} of ${all.length} caught**, ${unsettled} not settled, in ${keys.length} of ${ROUTINES.length} routines.\n`,
    ...(keys.length < ROUTINES.length
      ? [
          `Not yet run: ${ROUTINES.map(([file, name]) => `${file}/${name.replace("class ", "")}`)
            .filter((key) => record[key] === undefined)
            .join(", ")}.\n`,
        ]
      : []),
    ...keys.flatMap((key) => [
      `### ${key}\n`,
      "| broken | before | after | first test that fails |\n|---|---|---|---|",
      ...record[key].mutants.map(
        (m) =>
          `| ${m.what} | \`${cell(m.before)}\` | \`${cell(m.after)}\` | ${m.failure === null ? "**survives**" : cell(m.failure)} |`,
      ),
      "",
    ]),
    "## Left out: changes that compute the same numbers\n",
    "| change | why nothing can differ |\n|---|---|",
    ...Object.entries(EQUIVALENT).map(([change, why]) => `| \`${cell(change)}\` | ${why} |`),
    "",
  ].join("\n"),
);
process.stderr.write(`${caught} of ${all.length} caught\n`);
