/**
 * A run from the command line to its files, interrupted and not: the same bytes in `scores.csv` whatever happens on the
 * way, and every figure of the summary from the files alone.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readCandidates } from "../../src/bench/files/candidates.js";
import type { RunEvent } from "../../src/bench/files/events.js";
import { readLedger } from "../../src/bench/files/ledger.js";
import { readPrompts } from "../../src/bench/files/prompts.js";
import { runFiles } from "../../src/bench/files/run-files.js";
import { readSamples } from "../../src/bench/files/samples.js";
import { readScores } from "../../src/bench/files/scores.js";
import { readTables } from "../../src/bench/recompute.js";
import { readRunRecord } from "../../src/bench/run-folder.js";
import { summarise } from "../../src/bench/summarise.js";
import type { RunSummary } from "../../src/bench/summary.js";
import { skipVisibly } from "../skip.js";
import { complaints, mvaBench, type Outcome, workplace } from "./command.js";
import { tiny, writeSuite } from "./tiny-suite.js";

// Saved in mid-training twice.
const suite = { ...tiny, base: { ...tiny.base, sft: { ...tiny.base.sft, maxSteps: 130 } } };
const { dir, remove } = workplace();
const runArgs = (out: string, threads = 2) => [
  ...["run", writeSuite(dir, suite), "--out", out, "--seeds", "1..2"],
  ...["--engine", "cpu", "--threads", String(threads)],
];
const folder = (out: string) => join(dir, out);
const bytes = (out: string, file = "scores.csv") => readFileSync(join(folder(out), file), "utf8");

function eventsOf(out: string): RunEvent[] {
  const file = runFiles(folder(out)).events;
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.slice(0, -1).map((line) => JSON.parse(line) as RunEvent);
}

/** The events since the command was started last. */
function lastAttempt(out: string): RunEvent[] {
  const events = eventsOf(out);
  return events.slice(events.findLastIndex(({ type }) => type === "run-started"));
}

/** Modification times of the results in `checkpoints/` that are whole. */
function finishedJobs(out: string): Map<string, number> {
  const checkpoints = join(folder(out), "checkpoints");
  const found = new Map<string, number>();
  for (const key of existsSync(checkpoints) ? readdirSync(checkpoints) : []) {
    for (const file of ["done.json", "scored.json"]) {
      const path = join(checkpoints, key, file);
      if (existsSync(path)) found.set(path, statSync(path).mtimeMs);
    }
  }
  return found;
}

const hasFile = (out: string, name: string) => () => {
  const checkpoints = join(folder(out), "checkpoints");
  return existsSync(checkpoints) && readdirSync(checkpoints).some((key) => existsSync(join(checkpoints, key, name)));
};

let whole: Outcome;
let summary: RunSummary;

beforeAll(async () => {
  whole = await mvaBench(runArgs("whole"), { cwd: dir });
  expect(whole.code, whole.stderr).toBe(0);
  summary = JSON.parse(bytes("whole", "summary.json")) as RunSummary;
}, 600_000);
afterAll(remove);

describe("the files of a run", () => {
  test("are those of the protocol, and nothing of the work in progress", () => {
    const names = readdirSync(folder("whole")).sort();
    expect(names).toEqual([
      ...["adapters", "base", "candidates.csv", "events.jsonl", "figures", "ledger.csv", "preferences.csv"],
      ...["prompts.csv", "report.html", "report.md", "run.json", "samples.jsonl", "scores.csv", "summary.json"],
    ]);
  });

  test("scores.csv, samples.jsonl, candidates.csv and prompts.csv tell of the same replies", () => {
    const files = runFiles(folder("whole"));
    const scores = readScores(files.scores);
    const samples = readSamples(files.samples);
    const { values, rows } = readCandidates(files.candidates);
    const prompts = readPrompts(files.prompts);
    expect(values).toEqual(["helpful", "harmless"]);
    expect(prompts.filter(({ split }) => split === "test")).toHaveLength(6);
    expect(prompts.filter(({ split }) => split === "validation")).toHaveLength(4);
    const reply = (row: { seed: number; method: string; candidate: string; split: string; prompt: string }) =>
      JSON.stringify([row.seed, row.method, row.candidate, row.split, row.prompt]);
    expect(scores).toHaveLength(2 * samples.length);
    expect(new Set(scores.map(reply))).toEqual(new Set(samples.map(reply)));
    const named = new Set(rows.map((row) => JSON.stringify([row.seed, row.method, row.candidate])));
    expect(new Set(scores.map((row) => JSON.stringify([row.seed, row.method, row.candidate])))).toEqual(named);
    expect(new Set(scores.map(({ split, prompt }) => `${split} ${prompt}`))).toEqual(
      new Set(prompts.map(({ split, prompt }) => `${split} ${prompt}`)),
    );
    // Every candidate of the lattice is tested; of the explored points, those kept.
    const tested = new Set(
      scores
        .filter(({ split }) => split === "test")
        .map(reply)
        .map((key) => key.slice(0, -20)),
    );
    expect(tested.size).toBeGreaterThan(0);
    for (const { method, selected, kl, weights } of rows) {
      expect(kl === null).toBe(method.endsWith("@grid") && !selected);
      expect(weights === null).toBe(method === "base" || method.endsWith("@grid"));
    }
  });

  test("rows of every method, variant and explored region are there, for both seeds", () => {
    const { rows } = readCandidates(runFiles(folder("whole")).candidates);
    const ids = [...suite.methods, "mva-rbf"];
    const grids = ["soup", "mva-alpha0", "mva", "mva-rbf"].map((id) => `${id}@grid`);
    expect(new Set(rows.map(({ method }) => method))).toEqual(new Set(["base", ...ids, ...grids]));
    for (const seed of [1, 2]) {
      for (const id of ids) expect(rows.filter((row) => row.seed === seed && row.method === id)).toHaveLength(5);
      for (const id of grids) {
        const offered = rows.filter((row) => row.seed === seed && row.method === id);
        expect(offered).toHaveLength(3);
      }
    }
    expect(summary.methods.find(({ id }) => id === "soup-ab")?.ranked).toBe(false);
    expect(whole.stdout).toContain("mva-rbf");
  });

  test("summary.json is what the tables and the suite give, to the last bit", () => {
    const files = runFiles(folder("whole"));
    const again = summarise({
      run: summary.run,
      tables: readTables(files),
      rows: summary.methods.map(({ id, title, ranked }) => ({
        id,
        title,
        ranked,
        trainedBy: id.replace(/@grid$/, ""),
      })),
      scales: suite.values,
      accuracy: suite.values.map(() => null),
      questions: suite.questions as { a: string; b: string; asks: string }[],
      variants: summary.variants.map(({ a, b }) => ({ a, b })),
      statistics: suite.statistics,
      ledger: readLedger(files.ledger),
      uncharged: summary.uncharged,
      interference: summary.interference,
      failures: summary.failures,
    });
    expect(JSON.parse(JSON.stringify(again))).toEqual(summary);
    expect(summary.methods.find(({ id }) => id === "mva")?.hypervolume?.value).toBeGreaterThan(0);
  });

  test("no method plans or spends more than its budget, for each seed", () => {
    const ledger = readLedger(runFiles(folder("whole")).ledger);
    for (const seed of [1, 2]) {
      for (const id of [...suite.methods, "mva-rbf"]) {
        const own = ledger.filter((row) => row.seed === seed && row.method === id);
        const total = (of: "planned" | "spent") => own.reduce((sum, row) => sum + row[of], 0);
        expect(total("spent")).toBeGreaterThan(0);
        expect(total("planned")).toBeLessThanOrEqual(suite.budget.flops);
        expect(total("spent")).toBeLessThanOrEqual(total("planned"));
      }
    }
  });

  test("the report says that two seeds are too few to speak of methods", () => {
    expect(whole.stdout).toMatch(/Seeds: not assessed/);
  });
});

describe("a run that goes on after an interruption", () => {
  // One run, stopped at every stage in another way, each attempt going on where the one before was stopped.
  const out = "stopped";
  const resume = ["run", "--resume", out];
  const attempts: { outcome: Outcome; before: Map<string, number>; after: Map<string, number>; events: RunEvent[] }[] =
    [];
  let intruder: Outcome | undefined;

  const attempt = async (args: readonly string[], options: Omit<Parameters<typeof mvaBench>[1], "cwd">) => {
    const before = finishedJobs(out);
    const outcome = await mvaBench(args, { cwd: dir, ...options });
    attempts.push({ outcome, before, after: finishedJobs(out), events: lastAttempt(out) });
    return outcome;
  };
  const at = (i: number) => attempts[i] ?? expect.fail(`there was no attempt ${i}`);
  const trainedSteps = (events: readonly RunEvent[]) =>
    events.filter((event) => event.type === "train-step").filter(({ method }) => method !== "base");

  beforeAll(async () => {
    await attempt(runArgs(out), { stop: { signal: "SIGINT", when: hasFile(out, "partial.json") } });
    await attempt(resume, {
      stop: { signal: "SIGTERM", when: () => intruder !== undefined },
      during: {
        when: () => trainedSteps(lastAttempt(out)).length > 0,
        act: async () => {
          intruder = await mvaBench(resume, { cwd: dir });
        },
      },
    });
    const scored = () => [...finishedJobs(out).keys()].filter((path) => path.endsWith("scored.json")).length;
    const scoredBefore = scored();
    await attempt(resume, { stop: { signal: "SIGKILL", when: () => scored() > scoredBefore } });
    await attempt(resume, {});
  }, 600_000);

  test("gives the same scores.csv as an uninterrupted one, byte for byte", () => {
    expect(at(3).outcome.code, at(3).outcome.stderr).toBe(0);
    expect(bytes(out) === bytes("whole")).toBe(true);
    expect(bytes(out, "candidates.csv")).toBe(bytes("whole", "candidates.csv"));
    expect(bytes(out, "samples.jsonl") === bytes("whole", "samples.jsonl")).toBe(true);
  });

  test("Ctrl-C answers 130, SIGTERM 143, and both say how to go on", () => {
    expect(at(0).outcome.code, at(0).outcome.stderr).toBe(130);
    expect(at(1).outcome.code, at(1).outcome.stderr).toBe(143);
    for (const { outcome } of [at(0), at(1)]) {
      expect(outcome.stdout).toBe("");
      expect(complaints(outcome.stderr).join("\n")).toContain("mva-bench run --resume");
      // Within a second on a machine that is free; a broken one never stops.
      expect(outcome.stoppedAfterMs).toBeLessThan(20_000);
    }
    expect(at(2).outcome.signal).toBe("SIGKILL");
  });

  test("a training that was cut goes on from its saved state", () => {
    const steps = at(1).events.flatMap((e) => (e.type === "train-step" && e.method === "base" ? [e.step] : []));
    expect([51, 101]).toContain(steps[0]);
    expect(steps.at(-1)).toBe(130);
  });

  test("what was finished is found, not computed again", () => {
    for (const i of [2, 3]) {
      const { before, events } = at(i);
      expect(before.size).toBeGreaterThan(0);
      expect(events.some((e) => e.type === "task-planned" && e.method === "base")).toBe(false);
      for (const [path, mtime] of before) if (at(i).after.size > 0) expect(at(i).after.get(path)).toBe(mtime);
    }
    // Killed while scoring: of the first seed nothing is trained any more.
    expect(at(3).events.some((e) => e.type === "task-planned" && e.seed === 1)).toBe(false);
    expect(at(3).outcome.stderr).not.toContain("base/sft");
  });

  test("a second run on the folder meanwhile is refused and does no harm", () => {
    expect(intruder?.code).toBe(2);
    expect(complaints(intruder?.stderr ?? "")).toHaveLength(1);
    expect(intruder?.stderr).toMatch(/in use|another run/);
  });

  test("nothing half-written stays behind", () => {
    const names = readdirSync(folder(out), { recursive: true, encoding: "utf8" });
    expect(names.filter((name) => /\.tmp$|\.lock$|\.copy$|^checkpoints/.test(name))).toEqual([]);
  });

  test("a finished run is not computed again, and a new one on its folder is refused", async () => {
    const scored = statSync(join(folder(out), "scores.csv")).mtimeMs;
    const [resumed, anew] = await Promise.all([
      mvaBench(resume, { cwd: dir }),
      mvaBench(runArgs("whole"), { cwd: dir }),
    ]);
    expect(resumed.code).toBe(0);
    expect(statSync(join(folder(out), "scores.csv")).mtimeMs).toBe(scored);
    expect(anew.code).toBe(2);
    expect(complaints(anew.stderr)).toEqual([expect.stringMatching(/whole: holds a run already; go on with it/)]);
  });
});

test("the same run again has the same bytes in scores.csv; --json is one document", async () => {
  const single = await mvaBench([...runArgs("single"), "--json"], { cwd: dir });
  expect(single.code, single.stderr).toBe(0);
  expect(bytes("single") === bytes("whole")).toBe(true);
  expect(readRunRecord(folder("single")).suiteHash).toBe(readRunRecord(folder("whole")).suiteHash);
  const report = JSON.parse(single.stdout) as { summary: RunSummary };
  expect(report.summary.methods.map(({ id }) => id)).toEqual(summary.methods.map(({ id }) => id));
}, 600_000);

test("a disk that is full in mid-run: exit 70, one line, and the run goes on when there is room", async (ctx) => {
  if (process.platform !== "linux") skipVisibly(ctx, "no `ulimit -f` here to play a full disk with");
  const under = (kilobytes: number) => ["bash", "-c", `trap '' XFSZ; ulimit -f ${kilobytes}; exec "$@"`, "bash"];
  // The base's weights fit, the scores do not.
  const stopped = await mvaBench([...runArgs("full", 1), "--seeds", "1"], { cwd: dir, under: under(60) });
  expect(stopped.code, stopped.stderr).toBe(70);
  expect(stopped.stdout).toBe("");
  expect(complaints(stopped.stderr)).toEqual([expect.stringMatching(/^mva-bench: .*full.*: cannot write: /)]);
  const resumed = await mvaBench(["run", "--resume", "full"], { cwd: dir });
  expect(resumed.code, resumed.stderr).toBe(0);
  const firstSeed = bytes("whole")
    .split("\n")
    .filter((line) => !line.startsWith("tiny,2,"));
  expect(bytes("full") === firstSeed.join("\n")).toBe(true);
}, 600_000);
