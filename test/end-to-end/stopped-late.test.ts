/** A run that is stopped in the middle of reinforcement learning, and again in the middle of its statistics. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunEvent } from "../../src/bench/files/events.js";
import type { RunSummary } from "../../src/bench/summary.js";
import { readSafetensors } from "../../src/lm/safetensors.js";
import { mvaBench, type Outcome, workplace } from "./command.js";
import { tiny, writeSuite } from "./tiny-suite.js";

const { dir, remove } = workplace();
// Fifteen rollouts and more a policy; statistics of some seconds.
const suite = {
  ...tiny,
  methods: ["morlhf"],
  variants: [],
  questions: [],
  budget: { flops: 12e8, per: "method" },
  statistics: { resamples: 120_000, confidence: 0.95 },
};
const runArgs = (out: string) => ["run", writeSuite(dir, suite), "--out", out, "--engine", "cpu", "--threads", "2"];
const bytes = (out: string, file: string) => readFileSync(join(dir, out, file), "utf8");

function eventsOf(out: string): RunEvent[] {
  const file = join(dir, out, "events.jsonl");
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.slice(0, -1).map((line) => JSON.parse(line) as RunEvent);
}

const ppoSteps = (events: readonly RunEvent[]) =>
  events.flatMap((e) => (e.type === "train-step" && e.task.startsWith("ppo") ? [e] : []));

/** Saved states of PPO trainings: those that hold the scale of the rewards. */
function savedRollouts(out: string): string[] {
  const checkpoints = join(dir, out, "checkpoints");
  if (!existsSync(checkpoints)) return [];
  return readdirSync(checkpoints, { recursive: true, encoding: "utf8" })
    .filter((name) => /partial-\d+\.safetensors$/.test(name))
    .filter((name) => "reward.sd" in readSafetensors(join(checkpoints, name)));
}

/** While the run goes on: a state may be replaced or removed in the moment in which it is looked at. */
function savedNow(out: string): boolean {
  try {
    return savedRollouts(out).length > 0;
  } catch {
    return false;
  }
}

let whole: Outcome;
let inRollouts: Outcome;
let saved: string[] = [];
let inStatistics: Outcome;
let resumed: Outcome;
let attempts: RunEvent[][] = [];

beforeAll(async () => {
  whole = await mvaBench(runArgs("whole"), { cwd: dir });
  inRollouts = await mvaBench(runArgs("stopped"), {
    cwd: dir,
    stop: { signal: "SIGINT", when: () => savedNow("stopped") },
  });
  saved = savedRollouts("stopped");
  inStatistics = await mvaBench(["run", "--resume", "stopped"], {
    cwd: dir,
    stop: {
      signal: "SIGTERM",
      when: () => eventsOf("stopped").some((e) => e.type === "stage-started" && e.stage === "statistics"),
    },
  });
  expect(existsSync(join(dir, "stopped", "summary.json"))).toBe(false);
  resumed = await mvaBench(["run", "--resume", "stopped"], { cwd: dir });
  const all = eventsOf("stopped");
  const starts = all.flatMap((e, i) => (e.type === "run-started" ? [i] : []));
  attempts = starts.map((start, i) => all.slice(start, starts[i + 1]));
}, 600_000);
afterAll(remove);

test("both stops answer with their signal's code within a second or so", () => {
  expect(whole.code, whole.stderr).toBe(0);
  expect(inRollouts.code, inRollouts.stderr).toBe(130);
  expect(inStatistics.code, inStatistics.stderr).toBe(143);
  for (const { stderr } of [inRollouts, inStatistics]) expect(stderr).toContain("mva-bench run --resume");
});

test("PPO goes on from its saved state", () => {
  expect(saved.length).toBeGreaterThan(0);
  const before = ppoSteps(attempts[0] ?? []);
  const after = ppoSteps(attempts[1] ?? []);
  const cut = before.filter(({ step }) => step >= 4).map(({ task }) => task);
  const firsts = new Map(after.toReversed().map(({ task, step }) => [task, step]));
  // The states saved are of steps 4, 8, …: the next one comes first.
  expect(cut.some((task) => (firsts.get(task) ?? 1) > 4)).toBe(true);
});

test("gives the same bytes as an uninterrupted run", () => {
  expect(resumed.code, resumed.stderr).toBe(0);
  for (const file of ["scores.csv", "candidates.csv", "preferences.csv", "samples.jsonl"]) {
    expect(bytes("stopped", file) === bytes("whole", file), file).toBe(true);
  }
});

test("and says the same of them, what nobody was charged for among it: only name, command and times differ", () => {
  const said = (out: string) => {
    const { run, ...rest } = JSON.parse(bytes(out, "summary.json"), (key, value: unknown) =>
      key === "seconds" ? 0 : value,
    ) as RunSummary;
    return { run: { ...run, id: "", command: [] }, ...rest };
  };
  expect(said("stopped").uncharged.map(({ kind }) => kind)).toContain("sft of the base");
  expect(said("stopped")).toEqual(said("whole"));
});

test("the state of the whole run is told on the way", () => {
  const states = eventsOf("whole").flatMap((e) => (e.type === "run-progress" ? [e] : []));
  expect(states.length).toBeGreaterThan(0);
  expect(states.some(({ etaSeconds }) => etaSeconds !== null)).toBe(true);
});
