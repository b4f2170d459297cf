// Computes a run's figures again from scores.csv, candidates.csv, prompts.csv, preferences.csv and the suite (with its lock),
// and compares them with summary.json to the last bit.
//
//   npm run build && node scripts/recompute.mjs RUN [--write]
//
// With --write the summary that the files give takes the place of one that differs: for a run of an older version, whose
// statistics were others. Its report is then written anew by `mva-bench report RUN`.
// What no score can tell is taken over: the ledger and its uncharged entries, accuracies of judges, interference, failures.
import { existsSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { readLedger } from "../dist/bench/files/ledger.js";
import { runFiles } from "../dist/bench/files/run-files.js";
import { readLock, scalesOf } from "../dist/bench/lock.js";
import { readTables } from "../dist/bench/recompute.js";
import { summarise } from "../dist/bench/summarise.js";
import { writeFileAtomic } from "../dist/lm/atomic-file.js";

const [folder, flag, ...rest] = process.argv.slice(2);
if (folder === undefined || (flag !== undefined && flag !== "--write") || rest.length > 0) {
  console.error("usage: node scripts/recompute.mjs RUN [--write]");
  process.exit(2);
}
const files = runFiles(folder);
const summary = JSON.parse(readFileSync(files.summary, "utf8"));
const { suite } = JSON.parse(readFileSync(files.run, "utf8"));
const scales = scalesOf(suite) ?? (existsSync(files.suiteLock) ? readLock(files.suiteLock).values : undefined);
if (scales === undefined) throw new Error(`${folder}: neither its suite nor a lock has scales`);
const again = JSON.parse(
  JSON.stringify(
    summarise({
      run: summary.run,
      tables: readTables(files),
      rows: summary.methods.map(({ id, title, ranked }) => ({
        id,
        title,
        ranked,
        trainedBy: id.replace(/@grid$/, ""),
      })),
      scales,
      accuracy: summary.values.map(({ accuracy }) => accuracy),
      questions: suite.questions,
      variants: suite.variants.map(({ id, method }) => ({ a: id, b: method })),
      statistics: suite.statistics,
      ledger: readLedger(files.ledger),
      uncharged: summary.uncharged,
      interference: summary.interference,
      failures: summary.failures,
    }),
  ),
);
const different = Object.keys({ ...summary, ...again }).filter((key) => !isDeepStrictEqual(summary[key], again[key]));
if (different.length > 0 && flag === "--write") {
  writeFileAtomic(files.summary, `${JSON.stringify(again, null, 2)}\n`);
  console.log(`${folder}: summary.json was written anew: ${different.join(", ")}`);
  process.exit(0);
}
if (different.length > 0) {
  console.error(`${folder}: not what its files give: ${different.join(", ")}`);
  process.exit(1);
}
console.log(`${folder}: every figure of summary.json follows from its files`);
