/** A run of a million events, as one of weeks leaves it: watching it takes little memory, wherever it is shown. */
import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { finish, linesOf, plant } from "../ui/planted-run.js";
import { recordedRun } from "../ui/recorded-run.js";
import { mvaBench, workplace } from "./command.js";
import { TerminalWindow } from "./terminal-window.js";

const EVENTS = 1_000_000;
const MOST_MB = 500;
const TASKS = 8;
/** Of each training; what else happens is a hundred events. */
const STEPS = EVENTS / TASKS;
const { dir, remove } = workplace();
const folder = join(dir, "run");

/** The recorded run, each of its method's trainings so long that there are a million events. */
beforeAll(() => {
  plant("training", folder);
  const path = join(folder, "events.jsonl");
  rmSync(path);
  const file = openSync(path, "w");
  const recorded = recordedRun("finished");
  const other = recorded.filter(({ type }) => type !== "train-step" && type !== "task-planned");
  const start = other.findIndex(({ type }) => type === "candidate-scored");
  writeSync(file, linesOf(other.slice(0, start)));
  const time = recorded[0]?.time ?? 0;
  for (let task = 0; task < TASKS; task++) {
    const of = { seed: 1, method: ["alpha", "beta"][task % 2], task: `dpo ${task}` };
    writeSync(file, linesOf([{ v: 1, time, type: "task-planned", ...of, steps: STEPS, flops: 1e12 }]));
    for (let from = 1; from <= STEPS; from += 10_000) {
      const block = Array.from({ length: Math.min(10_000, STEPS - from + 1) }, (_, at) => {
        const step = from + at;
        const curve = { loss: Math.exp(-step / STEPS), rewardAccuracy: 0.5, kl: step / STEPS, learningRate: 1e-3 };
        return { v: 1, time: time + step, type: "train-step", ...of, step, steps: STEPS, spentFlops: step, ...curve };
      });
      writeSync(file, linesOf(block));
    }
  }
  writeSync(file, linesOf(other.slice(start)));
  closeSync(file);
  finish(folder);
}, 300_000);
afterAll(remove);

/** Says at the end how much memory the process has had at most. */
function watched(file: string): string {
  const script = `import{writeFileSync}from"node:fs";process.on("exit",()=>writeFileSync(${JSON.stringify(file)},String(process.resourceUsage().maxRSS/1024)))`;
  return `data:text/javascript,${encodeURIComponent(script)}`;
}
const megabytes = (file: string): number => Number(readFileSync(file, "utf8"));

describe("a million events", () => {
  test("are that many", () => {
    expect(statSync(join(folder, "events.jsonl")).size).toBeGreaterThan(EVENTS * 150);
  });

  test("as lines: all that happened is told, in 500 MB at most", async () => {
    const file = join(dir, "lines.txt");
    const under = ["/usr/bin/env", `NODE_OPTIONS=--import=${watched(file)}`];
    const { code, stdout } = await mvaBench(["dash", folder, "--display", "log"], { cwd: dir, under });
    expect(code).toBe(0);
    for (let task = 0; task < TASKS; task++) expect(stdout).toContain(`dpo ${task} trained`);
    expect(stdout).toContain("Alpha has the largest hypervolume");
    expect(megabytes(file)).toBeGreaterThan(20);
    expect(megabytes(file)).toBeLessThanOrEqual(MOST_MB);
  });

  test("as the dashboard: every panel opens, in 500 MB at most", async (context) => {
    const window = new TerminalWindow(context);
    try {
      const file = join(dir, "screen.txt");
      const env = [`NODE_OPTIONS=--import=${watched(file)}`];
      window.open(`dash '${folder}'`, { columns: 120, rows: 40, env });
      await window.shows("Who wins");
      for (const [key, what] of [
        ["2", `step ${STEPS} of ${STEPS}`],
        ["3", "candidates, "],
        ["4", "Interference"],
        ["5", "Leaderboard ─"],
        ["6", "Prompt 1 of 2"],
        ["1", "Verdict"],
      ] as const) {
        window.keys(key);
        await window.shows(what);
      }
      window.keys("q");
      await window.shows("left with 0");
      expect(megabytes(file)).toBeLessThanOrEqual(MOST_MB);
    } finally {
      window.close();
    }
  });
});
