// The gate and the leaderboard: `check` of a run of quick, a listing of 1,000 rows, and how fast rows are verified.
//
//   npm run build && node benchmarks/perf/leaderboard.mjs [--run RUN] [--row ROW.json] [--rounds 5] [--dist dist]
//
// --run: a finished run folder of the main suite (`run quick --out RUN`); without it `check` takes the row as a run, whose
// scores are packed and of all its seeds. --row: a shipped row (default: that of most seeds under reports/leaderboard/quick).
// First it is seen that what is timed is right: the check passes, all rows are listed, all are verified.
import { spawnSync } from "node:child_process";
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { values: flags } = parseArgs({
  options: {
    run: { type: "string" },
    row: { type: "string" },
    rounds: { type: "string", default: "5" },
    dist: { type: "string", default: join(root, "dist") },
  },
});
const cli = join(resolve(flags.dist), "cli", "main.js");
const load = (path) => import(pathToFileURL(join(resolve(flags.dist), path)).href);
const { evidenceFiles, readRows } = await load("leaderboard/store.js");
const { verifyRow } = await load("leaderboard/verify-row.js");
const shipped = readRows(join(root, "reports", "leaderboard"), "quick");
const row = flags.row ?? shipped.toSorted((a, b) => b.row.seeds.length - a.row.seeds.length)[0].path;

const place = mkdtempSync(join(tmpdir(), "mva-bench-perf-"));
const rounds = Number(flags.rounds);
const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

/** Seconds, median and least, of a whole process; it must answer with `code`, and with what `right` wants to see. */
function whole(what, argv, right, code = 0) {
  const times = Array.from({ length: rounds }, () => {
    const started = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...argv], {
      encoding: "utf8",
      maxBuffer: 1e9,
    });
    const seconds = (performance.now() - started) / 1000;
    if (status !== code || !right(stdout))
      throw new Error(`${what}: exit code ${status}\n${stderr}${stdout.slice(0, 500)}`);
    return seconds;
  });
  console.log(`${what}: ${median(times).toFixed(2)} s (least ${Math.min(...times).toFixed(2)})`);
}

/** Seconds of a call in this process. */
function timed(call) {
  const times = Array.from({ length: rounds }, () => {
    const started = performance.now();
    call();
    return (performance.now() - started) / 1000;
  });
  return { median: median(times), least: Math.min(...times) };
}

function right(rows, depth) {
  for (const stored of rows) {
    const faults = verifyRow(stored, depth);
    if (faults.length > 0) throw new Error(`${stored.path}: ${faults.join("; ")}`);
  }
}

try {
  const baseline = join(place, "baseline.json.gz");
  const candidate = flags.run ?? row;
  whole("check RUN --accept", ["check", candidate, "--accept", baseline], (text) =>
    text.includes("is the baseline now"),
  );
  whole("check RUN --baseline", ["check", candidate, "--baseline", baseline], (text) => text.startsWith("ok: "));

  // A thousand rows of one board: the shipped one with other ids and hypervolumes.
  const many = join(place, "many");
  mkdirSync(join(many, "quick"), { recursive: true });
  const text = readFileSync(row, "utf8");
  const { id } = JSON.parse(text);
  for (let i = 0; i < 1000; i++) {
    const own = JSON.parse(text.replaceAll(id, `${id}-${i}`));
    const factor = 0.8 + (0.4 * i) / 1000;
    for (const method of own.methods) {
      for (const key of ["value", "low", "high"]) method.hypervolume[key] *= factor;
    }
    writeFileSync(join(many, "quick", `${own.id}.json`), `${JSON.stringify(own, null, 1)}\n`);
  }
  const methods = JSON.parse(text).methods.length;
  const lines = (wanted) => (out) => out.trimEnd().split("\n").length === wanted;
  whole("leaderboard of 1,000 rows, text", ["leaderboard", "--root", many], (out) => out.includes(`${id}-999`));
  const values = JSON.parse(text).values.length;
  whole("leaderboard of 1,000 rows, CSV", ["leaderboard", "--root", many, "--csv"], lines(1 + 1000 * methods * values));

  // Two hundred rows with their files, linked, so that each is read by its own name.
  const few = join(place, "few");
  mkdirSync(join(few, "quick"), { recursive: true });
  const from = evidenceFiles(row);
  for (let i = 0; i < 200; i++) {
    const path = join(few, "quick", `${id}-${i}.json`);
    writeFileSync(path, text);
    const to = evidenceFiles(path);
    linkSync(from.evidence, to.evidence);
    linkSync(from.scores, to.scores);
  }
  const rows = readRows(few);
  const hashes = timed(() => right(rows, "hashes"));
  console.log(
    `hashes: ${(rows.length / hashes.median).toFixed(0)} rows/s (most ${(rows.length / hashes.least).toFixed(0)})`,
  );
  const [one] = rows;
  const seeds = JSON.parse(text).seeds.length;
  for (const depth of ["points", "all"]) {
    const found = timed(() => right([one], depth));
    console.log(
      `${depth} of one row of ${seeds} seeds: ${found.median.toFixed(2)} s (least ${found.least.toFixed(2)})`,
    );
  }
} finally {
  rmSync(place, { recursive: true, force: true });
}
