// Mutation check: breaks each routine of src/metrics in ten plausible ways (a wrong comparison, sign, divisor or constant, a
// dropped term or check), one at a time, and records which are caught by the tests.
//
//   node test/metrics/mutations.mjs [--quick] [--equivalent] [file or routine …]
//
// The tests of the broken file's own subject run with 60 runs a law, the quick ones first; what they let through meets them with all
// 1,000 runs (`--quick` leaves that for later). Tests and sources are compiled once, and a mutant replaces one of them in a process
// that stays up. Results are kept in mutations.json by a hash of the routine's lines, so that only what changed runs again, and
// docs/metrics-mutations.md is written from them. `--equivalent` asks the tests, under another seed, about the changes that are
// said to compute the same, and writes nothing: the word of whoever judged them can be broken, not proved.
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { parseAst } from "rolldown/parseAst";

const root = fileURLToPath(new URL("../..", import.meta.url));
const PER_ROUTINE = 10;
const judging = process.argv.includes("--equivalent");
/** Seconds of processor time after which a mutant counts as one that does not end. */
const PATIENCE_S = 120;

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
  kernels: "independence.laws simd-rows",
  "simd-rows": "simd-rows",
  hsic: "independence.laws",
  "independence-tests": "independence.laws",
  "random-fourier": "independence.laws",
  matrix: "low-rank.laws independence.laws",
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
 * By routine, mutants that compute the very same numbers, each with the reason. Anything else that survives is a hole in the tests.
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

/** Of one routine; those that are known to compute the same are left out. */
function mutantsOf(lines, from, to, routine) {
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
  const [live, judged] = [[], []];
  for (const m of found) (EQUIVALENT[routine]?.[`${m.before} => ${m.after}`] === undefined ? live : judged).push(m);
  if (judging) return judged;
  // spread over the routine, and different each time in kind
  const count = Math.min(PER_ROUTINE, live.length);
  return Array.from({ length: count }, (_, i) => live[Math.floor((i * live.length) / count)]);
}

/** The source with a count in the condition of each loop, which ends those that do not end by themselves. */
function counted(code) {
  const inserts = [];
  const walk = (node) => {
    if (node === null || typeof node !== "object") return;
    if (Array.isArray(node)) {
      node.forEach(walk);
      return;
    }
    if (/^(For|While|DoWhile)Statement$/.test(node.type ?? "")) {
      const pass = "(passes.left-- > 0 || noPassLeft())";
      if (node.test) inserts.push([node.test.start, `${pass} && (`], [node.test.end, ")"]);
      else inserts.push([node.body.start, `{${pass};`], [node.body.end, "}"]);
    }
    for (const key of Object.keys(node)) if (key !== "type") walk(node[key]);
  };
  walk(parseAst(code));
  inserts.sort((a, b) => b[0] - a[0]);
  return inserts.reduce((text, [at, what]) => text.slice(0, at) + what + text.slice(at), code);
}

/** What Node can run of each TypeScript text, as CommonJS; imports are named by their path. */
async function compiledAll(texts) {
  const ids = [...texts.keys()];
  const bundle = await rolldown({
    input: Object.fromEntries(ids.map((_, i) => [`m${i}`, `\0${i}`])),
    platform: "node",
    treeshake: false,
    logLevel: "silent",
    plugins: [
      {
        name: "texts",
        resolveId(id, importer) {
          if (importer === undefined) return { id, moduleSideEffects: true };
          if (!id.startsWith(".")) return { id, external: true };
          const from = texts.get(ids[Number(importer.slice(1))]).path;
          return { id: join(from, "..", id).replace(/\.js$/, ".ts"), external: "absolute" };
        },
        load(id) {
          const { path, text } = texts.get(ids[Number(id.slice(1))]);
          // what tests read lies beside them
          return {
            code: text.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)),
            moduleType: "ts",
          };
        },
      },
    ],
  });
  const { output } = await bundle.generate({ format: "cjs", entryFileNames: "[name]", exports: "named" });
  await bundle.close();
  return new Map(
    ids.map((id, i) => {
      const { code } = output.find((chunk) => chunk.fileName === `m${i}`);
      return [id, texts.get(id).path.includes("/src/") ? counted(code) : code];
    }),
  );
}

const folder = (path) => readdirSync(join(root, path)).map((name) => join(root, path, name));
const modules = await compiledAll(
  new Map(
    [...folder("src/metrics"), ...folder("test/metrics"), join(root, "test/skip.ts")]
      .filter((path) => path.endsWith(".ts"))
      .map((path) => [path, { path, text: readFileSync(path, "utf8") }]),
  ),
);

let runner;
process.on("exit", () => runner?.kill("SIGKILL"));

function start() {
  const child = fork(fileURLToPath(new URL("./mutations-runner.mjs", import.meta.url)), [], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    env: { ...process.env, FC_SEED: judging ? "2" : "1", MVA_BENCH_SHARED: join(root, "../shared") },
  });
  return new Promise((resolve) =>
    child.once("message", () => {
      child.send({ modules: [...modules] });
      resolve(child);
    }),
  );
}

/** What a process has used, so that a busy machine does not look like a loop without end; elapsed time where Linux is not. */
function processorSeconds(pid) {
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) return performance.now() / 1e3;
  const fields = readFileSync(stat, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** `null` if all pass, else the name of the first test that fails, the quick ones first. */
async function firstFailure(own, runs, path, code) {
  runner ??= await start();
  const child = runner;
  return new Promise((resolve, reject) => {
    const before = processorSeconds(child.pid);
    const restart = (failure) => {
      clearInterval(timer);
      child.removeAllListeners();
      child.kill("SIGKILL");
      runner = undefined;
      resolve(failure);
    };
    // a loop in a test, or recursion, is not counted
    const timer = setInterval(() => {
      if (processorSeconds(child.pid) - before > PATIENCE_S) restart(`(does not end within ${PATIENCE_S} s)`);
    }, 500);
    child.once("exit", () => restart("(takes the process down)"));
    child.once("message", ({ failure, broken }) => {
      clearInterval(timer);
      child.removeAllListeners();
      if (broken !== undefined) reject(new Error(broken));
      else resolve(failure);
    });
    const files = own.split(" ").map((t) => join(root, `test/metrics/${t}.test.ts`));
    child.send({ files, id: path, code, original: modules.get(path), runs });
  });
}

/** At few runs a law; what that lets through meets all of them. */
async function caughtBy(own, path, code) {
  for (const runs of quick ? [60] : [60, 1000]) {
    const failure = await firstFailure(own, runs, path, code);
    if (failure !== null) return failure;
  }
  return null;
}

const recordPath = join(root, "test/metrics/mutations.json");
const record = existsSync(recordPath) ? JSON.parse(readFileSync(recordPath, "utf8")) : {};
const quick = process.argv.includes("--quick");
const only = process.argv.slice(2).filter((word) => !word.startsWith("--"));
/** Caught before. */
const settled = (known) => !judging && known !== undefined && known.failure !== null;
let refuted = 0;
const keys = [];
/** Routines in which no such change can be made. */
const whole = [];
for (const [file, own] of Object.entries(SUBJECTS)) {
  const path = join(root, `src/metrics/${file}.ts`);
  const source = readFileSync(path, "utf8");
  const lines = source.split("\n");
  for (const [name, from, to] of routinesOf(lines)) {
    const key = `${file}/${name}`;
    const mutants = mutantsOf(lines, from, to, key);
    if (mutants.length === 0) {
      if (judging) continue;
      whole.push(key);
      continue;
    }
    keys.push(key);
    const hash = createHash("sha256").update(lines.slice(from, to).join("\n")).digest("hex").slice(0, 16);
    // what was found about other lines says nothing about these
    if (!judging && record[key]?.hash !== hash) delete record[key];
    if (only.length > 0 && !only.includes(name) && !only.includes(file)) continue;
    const before = record[key]?.mutants ?? [];
    const known = mutants.map((m) => before.find((k) => k.line === m.at - from && k.after === m.after));
    const results = [];
    const texts = new Map();
    for (const [i, { at, broken }] of mutants.entries()) {
      if (!settled(known[i]))
        texts.set(i, { path, text: [...lines.slice(0, at), broken, ...lines.slice(at + 1)].join("\n") });
    }
    const codes = texts.size > 0 ? await compiledAll(texts) : texts;
    for (const [i, { at, what, before, after }] of mutants.entries()) {
      if (settled(known[i])) {
        results.push(known[i]);
        continue;
      }
      const failure = await caughtBy(own, path, codes.get(i));
      if (judging) {
        if (failure !== null) refuted++;
        process.stderr.write(
          `${key}: ${failure === null ? "survives" : `NOT THE SAME, ${failure}:`} ${before} => ${after}\n`,
        );
        continue;
      }
      results.push({ line: at - from, what, before, after, failure });
      process.stderr.write(`${key}: ${failure ?? `SURVIVES ${before} => ${after}`}\n`);
    }
    if (judging) continue;
    record[key] = { hash, mutants: results };
    writeFileSync(recordPath, `${JSON.stringify(record, null, 2)}\n`);
  }
}
runner?.kill("SIGKILL");
if (judging) {
  process.stderr.write(`${refuted} refuted\n`);
  process.exit(refuted === 0 ? 0 : 1);
}
for (const key of Object.keys(record)) if (!keys.includes(key)) delete record[key];
writeFileSync(recordPath, `${JSON.stringify(record, null, 2)}\n`);

const done = keys.filter((key) => record[key] !== undefined);
const all = done.flatMap((key) => record[key].mutants);
const caught = all.filter((m) => m.failure !== null).length;
const equivalent = Object.values(EQUIVALENT).flatMap(Object.keys).length;
const cell = (text) => text.replaceAll("|", "\\|");
writeFileSync(
  join(root, "docs/metrics-mutations.md"),
  [
    "# Mutation check of `src/metrics`\n",
    "Written by `node test/metrics/mutations.mjs`: each routine broken in ten plausible ways (fewer where it has fewer places), one at a time, with the first test that fails.\n",
    `**${caught} of ${all.length} caught**, in ${done.length} of ${keys.length} routines. ${equivalent} changes that compute the same numbers were left out, each with its reason, and others of the routine taken in their place: they stand at the end, and survive the tests under another seed, too (\`--equivalent\`). A test also fails where the loops of the sources take ten times the passes that they take unbroken.\n`,
    `Without a place that these changes touch (they pass on, copy or name things, or each change is one of those at the end): ${whole.join(", ")}.\n`,
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
    "| routine | change | why nothing can differ |\n|---|---|---|",
    ...Object.entries(EQUIVALENT).flatMap(([routine, changes]) =>
      Object.entries(changes).map(([change, why]) => `| ${routine} | \`${cell(change)}\` | ${why} |`),
    ),
    "",
  ].join("\n"),
);
process.stderr.write(`${caught} of ${all.length} caught\n`);
