// Mutation check: breaks each routine of src/metrics in ten plausible ways (a wrong comparison, sign, divisor or constant, a
// dropped term or check), one at a time, and records which are caught by the tests.
//
//   node test/metrics/mutations.mjs [--quick] [file or routine …]
//
// The tests of the broken file's own subject run first, with 60 runs a law; what they let through meets them with all 1,000 runs,
// and then every other test of this folder (`--quick` leaves that for later). Results are kept in mutations.json by a hash of the routine's lines, so that only what
// changed runs again, and docs/metrics-mutations.md is written from them.
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";

const root = fileURLToPath(new URL("../..", import.meta.url));
const PER_ROUTINE = 10;
/** Seconds of processor time, at least, after which a mutant counts as one that does not end. */
const PATIENCE_S = 3;

/** Tests of each file's own subject; of all of them where it has none. */
const SUBJECTS = {
  argsort: "argsort frontier",
  "ordered-set": "argsort frontier",
  splice: "hypervolume.laws",
  error: "boundary indicators statistics",
  "point-set": "boundary indicators frontier",
  nondominated: "frontier",
  ranking: "frontier",
  attainment: "frontier",
  hypervolume: "hypervolume.laws boundary",
  "hypervolume-sweeps": "hypervolume.laws",
  "hypervolume-4d": "hypervolume.laws",
  "hypervolume-wfg": "hypervolume.laws",
  "hypervolume-estimate": "hypervolume.laws",
  contributions: "hypervolume.laws",
  "distance-indicators": "indicators golden",
  "dominance-indicators": "indicators golden",
  "diversity-indicators": "indicators",
  "utility-indicators": "indicators golden",
  correlation: "indicators",
  kernels: "independence.laws",
  hsic: "independence.laws",
  "independence-tests": "independence.laws",
  "random-fourier": "independence.laws",
  matrix: "low-rank.laws",
  "low-rank": "low-rank.laws",
  interference: "low-rank.laws",
  bootstrap: "bootstrap",
  "repeated-hypervolume": "bootstrap statistics",
  intervals: "statistics bootstrap",
  significance: "statistics",
  "subset-average": "statistics",
  power: "statistics",
  distributions: "statistics",
  random: "statistics independence.laws",
  "metric-table": "metric-table",
  "mean-covariance": "mean-covariance",
};
const ALL_TESTS = readdirSync(join(root, "test/metrics"))
  .map((name) => /^(.*)\.test\.ts$/.exec(name)?.[1])
  .filter((name) => name !== undefined && !["size", "module", "docs"].includes(name));

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
  ["check dropped", /^(\s+)if .* fail\(.*\);$/g, "$1"],
];

/**
 * Mutants that compute the very same numbers, each with the reason. Anything else that survives is a hole in the tests.
 */
const EQUIVALENT = JSON.parse(readFileSync(new URL("./mutations-equivalent.json", import.meta.url), "utf8"));

/** [name, first line, last line (exclusive)] of each function and method of a file, from its head to the brace that closes it. */
function routinesOf(lines) {
  const found = [];
  lines.forEach((line, from) => {
    const head = /^(?:export )?function (\w+)|^ {2}(constructor|(?!if|for|while|switch|return)\w+)\([^;]*$/.exec(line);
    if (head === null || (/^ {2}/.test(line) && !/[{(]$/.test(line))) return;
    const indent = /^ */.exec(line)[0];
    if (
      indent !== "" &&
      !lines
        .slice(0, from)
        .findLast((l) => /^\S/.test(l))
        ?.includes("class ")
    )
      return;
    const to = lines.findIndex((l, i) => i > from && l.startsWith(`${indent}}`) && !l.includes("{"));
    if (to > from) found.push([head[1] ?? head[2], from + 1, to]);
  });
  return found;
}

function mutantsOf(lines, from, to) {
  const found = [];
  for (let at = from; at < to; at++) {
    const line = lines[at];
    if (/^\s*(\/\/|\/\*|\*)|^\s*"|^\s*(readonly|import|export) /.test(line)) continue;
    const check = /^\s*(if .*)?(must\w+|positiveInteger|fail)\(/.test(line);
    for (const [what, pattern, replacement] of OPERATORS) {
      // of a check only its absence is tried: its words are not computed with
      if (check && !what.endsWith("dropped")) continue;
      if (line.includes("`") && !check) continue;
      // the rest of a statement that began on the line before is none
      if (what.endsWith("dropped") && !/[;{}]$|\/\/|\*\/$/.test(lines[at - 1])) continue;
      // one step too far over a typed array reads and writes nothing, and steps back never end
      if (line.includes("for (") && (what.startsWith("<") || what === "-= for +=")) continue;
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
  const count = Math.min(PER_ROUTINE, live.length);
  return Array.from({ length: count }, (_, i) => live[Math.floor((i * live.length) / count)]);
}

let runner;
/** Seconds of processor time that a mutant may take, by tests: several times what the unbroken code takes. */
const patience = new Map();
const folder = mkdtempSync(join(tmpdir(), "mutations-"));
process.on("exit", () => {
  runner?.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

let bundles = 0;
const shim = new URL("./mutations-vitest.mjs", import.meta.url).href;
const fastCheck = import.meta.resolve("fast-check");
/** The tests in one file, over sources of which one may be replaced. */
async function bundled(tests, path, text) {
  const entry = "\0entry";
  const bundle = await rolldown({
    input: entry,
    platform: "node",
    treeshake: false,
    resolve: { extensionAlias: { ".js": [".ts"] } },
    plugins: [
      {
        name: "mutant",
        resolveId(id) {
          if (id === entry) return id;
          if (id === "vitest" || id === "@fast-check/vitest") return { id: shim, external: true };
          return id === "fast-check" ? { id: fastCheck, external: true } : null;
        },
        load(id) {
          if (id === entry) {
            return tests
              .split(" ")
              .map((t) => `import ${JSON.stringify(join(root, `test/metrics/${t}.test.ts`))};`)
              .join("\n");
          }
          return id === path ? { code: text, moduleType: "ts" } : null;
        },
        // what tests read lies beside them, not beside the bundle
        transform: (code, id) => code.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href)),
      },
    ],
  });
  const file = join(folder, `${bundles++}.mjs`);
  await bundle.write({ file, format: "esm" });
  await bundle.close();
  return pathToFileURL(file).href;
}

function start() {
  const child = fork(fileURLToPath(new URL("./mutations-runner.mjs", import.meta.url)), [], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: { ...process.env, FC_SEED: "1", MVA_BENCH_SHARED: join(root, "../shared") },
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

/** `null` if all pass, else the name of the first test that fails. */
async function firstFailure(tests, runs, path, text) {
  const bundle = await bundled(tests, path, text);
  runner ??= await start();
  const child = runner;
  const limit = patience.get(`${tests} ${runs}`) ?? Number.POSITIVE_INFINITY;
  return new Promise((resolve) => {
    const before = processorSeconds(child.pid);
    const restart = (failure) => {
      clearInterval(timer);
      child.removeAllListeners();
      child.kill("SIGKILL");
      runner = undefined;
      resolve(failure);
    };
    const timer = setInterval(() => {
      const seconds = processorSeconds(child.pid) - before;
      if (seconds > limit) restart(`(does not end within ${Math.round(seconds)} s of processor time)`);
    }, 200);
    child.once("exit", () => restart("(takes the process down)"));
    child.once("message", ({ failure }) => {
      clearInterval(timer);
      child.removeAllListeners();
      resolve(failure);
    });
    child.send({ bundle, runs });
  });
}

async function unbroken(tests, runs) {
  if (patience.has(`${tests} ${runs}`)) return;
  runner ??= await start();
  const before = processorSeconds(runner.pid);
  const failure = await firstFailure(tests, runs);
  if (failure !== null) throw new Error(`unbroken code already fails: ${tests}: ${failure}`);
  patience.set(`${tests} ${runs}`, PATIENCE_S + 2 * (processorSeconds(runner.pid) - before));
}

/** Own tests at few runs, own tests at all runs, everybody's tests. */
async function caughtBy(own, path, text) {
  const others = ALL_TESTS.filter((t) => !own.split(" ").includes(t)).join(" ");
  for (const [tests, runs] of [
    [own, 60],
    ...(quick
      ? []
      : [
          [own, 1000],
          [others, 60],
        ]),
  ]) {
    await unbroken(tests, runs);
    const failure = await firstFailure(tests, runs, path, text);
    if (failure !== null) return failure;
  }
  return null;
}

const recordPath = join(root, "test/metrics/mutations.json");
const record = existsSync(recordPath) ? JSON.parse(readFileSync(recordPath, "utf8")) : {};
const quick = process.argv.includes("--quick");
const only = process.argv.slice(2).filter((word) => word !== "--quick");
const keys = [];
for (const [file, own] of Object.entries(SUBJECTS)) {
  const path = join(root, `src/metrics/${file}.ts`);
  const source = readFileSync(path, "utf8");
  const lines = source.split("\n");
  for (const [name, from, to] of routinesOf(lines)) {
    const mutants = mutantsOf(lines, from, to);
    if (mutants.length === 0) continue;
    const key = `${file}/${name}`;
    keys.push(key);
    const hash = createHash("sha256").update(lines.slice(from, to).join("\n")).digest("hex").slice(0, 16);
    // what was found about other lines says nothing about these
    if (record[key]?.hash !== hash) delete record[key];
    if (only.length > 0 && !only.includes(name) && !only.includes(file)) continue;
    const before = record[key]?.mutants ?? [];
    const known = mutants.map((m) => before.find((k) => k.line === m.at - from && k.after === m.after));
    const results = [];
    for (const [i, { at, what, before, after, broken }] of mutants.entries()) {
      if (known[i]?.failure) {
        results.push(known[i]);
        continue;
      }
      const failure = await caughtBy(own, path, [...lines.slice(0, at), broken, ...lines.slice(at + 1)].join("\n"));
      results.push({ line: at - from, what, before, after, failure });
      process.stderr.write(`${key}: ${failure ?? `SURVIVES ${before} => ${after}`}\n`);
    }
    record[key] = { hash, mutants: results };
    writeFileSync(recordPath, `${JSON.stringify(record, null, 2)}\n`);
  }
}
runner?.kill("SIGKILL");
for (const key of Object.keys(record)) if (!keys.includes(key)) delete record[key];
writeFileSync(recordPath, `${JSON.stringify(record, null, 2)}\n`);

const done = keys.filter((key) => record[key] !== undefined);
const all = done.flatMap((key) => record[key].mutants);
const caught = all.filter((m) => m.failure !== null).length;
const cell = (text) => text.replaceAll("|", "\\|");
writeFileSync(
  join(root, "docs/metrics-mutations.md"),
  [
    "# Mutation check of `src/metrics`\n",
    "Written by `node test/metrics/mutations.mjs`: each routine broken in ten plausible ways (fewer where it has fewer places), one at a time, with the first test that fails.\n",
    `**${caught} of ${all.length} caught**, in ${done.length} of ${keys.length} routines.\n`,
    ...(done.length < keys.length
      ? [`Not yet run: ${keys.filter((key) => record[key] === undefined).join(", ")}.\n`]
      : []),
    ...done.flatMap((key) => [
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
