/** A method whose numbers leave the real line stops; nobody else does, and everyone is told. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readCandidates } from "../../src/bench/files/candidates.js";
import { readLedger } from "../../src/bench/files/ledger.js";
import { runFiles } from "../../src/bench/files/run-files.js";
import { readScores } from "../../src/bench/files/scores.js";
import type { RunSummary } from "../../src/bench/summary.js";
import { mvaBench, type Outcome, workplace } from "./command.js";
import { tiny, writeSuite } from "./tiny-suite.js";

const hot = { learningRate: 1e30, warmup: 0 };
const suite = {
  ...tiny,
  suite: "runaway",
  methods: ["soup", "mva", "modpo", "morlhf"],
  variants: [
    // Its second step has weights beyond float32.
    { id: "soup-hot", method: "soup", preference: { optimizer: hot } },
    // Nobody sees it in training: the weights are what is wrong, after the only loss was taken.
    { id: "soup-late", method: "soup", preference: { maxSteps: 1, optimizer: hot } },
    // Its second rollout cannot be written.
    { id: "ppo-hot", method: "morlhf", morlhf: { ppo: { optimizer: { ...hot, schedule: "constant" } } } },
  ],
  questions: [],
};
const perPolicy = 3e8;
const { dir, remove } = workplace();
let run: Outcome;
let summary: RunSummary;

beforeAll(async () => {
  const file = writeSuite(dir, { ...suite, budget: { flops: perPolicy, per: "method" } });
  run = await mvaBench(["run", file, "--out", "out", "--engine", "cpu", "--budget-per", "policy", "--json"], {
    cwd: dir,
  });
  summary = JSON.parse(readFileSync(join(dir, "out", "summary.json"), "utf8")) as RunSummary;
}, 600_000);
afterAll(remove);

describe("a loss that is not a number", () => {
  test("ends the run with exit code 1, the method named on stderr and in the summary", () => {
    expect(run.code, run.stderr).toBe(1);
    expect(run.stderr).toMatch(
      /soup-hot failed \(seed 1\): .*(loss|gradient) is (NaN|-?Infinity).*the other methods go on/,
    );
    expect(summary.failures.find(({ method }) => method === "soup-hot")).toEqual({
      method: "soup-hot",
      seed: 1,
      message: expect.stringMatching(/(loss|gradient) is (NaN|-?Infinity)/),
    });
  });

  test("nor logits: of a trained policy it ends the method when it is scored, of PPO when it rolls out", () => {
    expect(run.stderr).toMatch(/soup-late failed \(seed 1\): validation score of .* is not a finite number/);
    expect(run.stderr).toMatch(/ppo-hot failed \(seed 1\): .*(logits are not finite|is (NaN|-?Infinity)) at step \d/);
    expect(summary.failures.map(({ method }) => method).sort()).toEqual([
      ...["ppo-hot", "soup-hot", "soup-late", "soup-late@grid"],
    ]);
  });

  test("stops that method only", () => {
    const files = runFiles(join(dir, "out"));
    const finished = new Set(readCandidates(files.candidates).rows.map(({ method }) => method));
    for (const id of suite.methods) {
      expect(finished).toContain(id);
      expect(summary.methods.find((method) => method.id === id)?.hypervolume).not.toBeNull();
    }
    for (const id of ["soup-hot", "soup-late", "ppo-hot"]) {
      expect(finished).not.toContain(id);
      expect(readScores(files.scores).some(({ method }) => method === id)).toBe(false);
      expect(summary.methods.find((method) => method.id === id)?.hypervolume).toBeNull();
      expect(summary.leader).not.toBe(id);
    }
  });

  test("stands in the events, so that live readers know", () => {
    const events = readFileSync(runFiles(join(dir, "out")).events, "utf8");
    expect(events).toMatch(/"type":"method-failed","seed":1,"method":"soup-hot"/);
    expect(events).toMatch(/"type":"run-finished","status":"failed"/);
  });

  test("leaves one JSON document on stdout", () => {
    const report = JSON.parse(run.stdout) as { summary: RunSummary };
    expect(report.summary.failures).toHaveLength(4);
  });
});

test("a budget per policy holds for each policy, and is another suite", () => {
  const policies: Record<string, number> = { soup: 2, mva: 2, modpo: 5, morlhf: 5 };
  const ledger = readLedger(runFiles(join(dir, "out")).ledger);
  for (const [method, count] of Object.entries(policies)) {
    const own = ledger.filter((row) => row.method === method);
    const spent = own.reduce((sum, row) => sum + row.spent, 0);
    const planned = own.reduce((sum, row) => sum + row.planned, 0);
    expect(spent).toBeGreaterThan(perPolicy / 2);
    expect(spent).toBeLessThanOrEqual(planned);
    expect(planned).toBeLessThanOrEqual(count * perPolicy);
  }
  expect(summary.run.budget).toEqual({ flops: perPolicy, per: "policy" });
});
