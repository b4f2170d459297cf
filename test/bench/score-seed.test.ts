import { describe, expect, test } from "vitest";
import type { ScoredReplies, ScoreJob } from "../../src/bench/jobs.js";
import type { EvaluationPrompt, PreparedData } from "../../src/bench/prepare.js";
import { BaseFailure, scoreSeed } from "../../src/bench/score-seed.js";
import type { Session } from "../../src/bench/session.js";
import { loadSuite } from "../../src/bench/suite.js";
import { trainedRows } from "../../src/bench/trained-rows.js";
import { exitCodeOf } from "../../src/cli/exit-codes.js";
import type { Offer } from "../../src/methods/method.js";

const suite = loadSuite("smoke");
const rows = trainedRows(suite).filter(({ id }) => id === "soup" || id === "mva");
const evaluation = {
  validation: [1, 2].map((i) => ({ key: `v${i}` })),
  test: [1, 2].map((i) => ({ key: `t${i}` })),
} as unknown as Record<"validation" | "test", EvaluationPrompt[]>;

const offer = (task: string): Offer => ({
  adapters: [{ name: "helpful", value: "helpful", ref: { task, name: "adapter" } }],
  candidates: [{ name: "w=1,0,0", weights: [1, 0, 0], coefficients: [1] }],
  mixes: null,
});

/** Scores of every policy are .5, but for what `broken` says of a job's policy. */
function scoring(
  broken: (job: ScoreJob, policy: number) => boolean,
  marginOf: (job: ScoreJob, policy: number) => number | null = () => 1,
) {
  const failures: string[] = [];
  const session = {
    async score(job: ScoreJob): Promise<ScoredReplies> {
      const prompts = evaluation[job.split].map(({ key }) => key);
      const replies = job.policies.map((_, policy) =>
        prompts.map((_, prompt) => [
          {
            text: "a",
            ended: true,
            broken: false,
            kl: 0,
            scores: suite.values.map((_, value) => (prompt === 1 && value === 2 && broken(job, policy) ? null : 0.5)),
          },
        ]),
      );
      const own = (policy: number) => suite.values.map(() => [marginOf(job, policy), 2]);
      return { prompts, replies, margins: job.pairs === 0 ? null : job.policies.map((_, policy) => own(policy)) };
    },
  } as unknown as Session;
  const scored = scoreSeed({
    session,
    seed: 1,
    context: "here",
    suite,
    rows,
    latticeSize: 7,
    offers: new Map(rows.map(({ id }) => [id, offer(id)])),
    data: {
      evaluation,
      pairs: { test: Object.fromEntries(suite.values.map(({ name }) => [name, [{}, {}]])) },
      testPairPrompts: Object.fromEntries(suite.values.map(({ name }) => [name, [`${name}0`, `${name}1`]])),
    } as unknown as PreparedData,
    known: suite.values.map(({ name }) => ({ name, center: 0, scale: 1, reference: 0 })),
    makeScales: () => {
      throw new Error("the scales are known");
    },
    emit: () => {},
    fail: (method, message) => failures.push(`${method}: ${message}`),
  });
  return { scored, failures };
}

const isBase = (job: ScoreJob, policy: number): boolean => (job.policies[policy] ?? []).every((c) => c === 0);
const isOf = (job: ScoreJob, policy: number, task: string): boolean =>
  job.adapters.some(({ ref }, k) => ref.task === task && job.policies[policy]?.[k] !== 0);

describe("scores that are no numbers", () => {
  test("of the base end the run with exit code 1, on either split", async () => {
    for (const split of ["validation", "test"] as const) {
      const { scored, failures } = scoring((job, policy) => job.split === split && isBase(job, policy));
      const error = await scored.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(BaseFailure);
      expect(String(error)).toContain(`base: its ${split} score is not a finite number (prompt 2, value humorous)`);
      expect(exitCodeOf(error)).toBe(1);
      expect(failures).toEqual([]);
    }
  });

  test("of one method stop that one and leave the others whole", async () => {
    const { scored, failures } = scoring((job, policy) => isOf(job, policy, "mva"));
    const { candidates } = await scored;
    expect(failures).toEqual(["mva: validation score of w=1,0,0 is not a finite number (prompt 2, value humorous)"]);
    expect(candidates.map(({ method }) => method)).toEqual(["base", "soup"]);
  });
});

describe("held-out pairs", () => {
  test("are put to the candidates that declare a preference, not to the base, and two of a value make four margins in all", async () => {
    const { scored, failures } = scoring(
      () => false,
      (_, policy) => policy + 1,
    );
    const { preferences } = await scored;
    expect(failures).toEqual([]);
    expect([...new Set(preferences.map(({ method }) => method))]).toEqual(["soup", "mva"]);
    const own = preferences.filter(({ method, value }) => method === "soup" && value === "harmless");
    expect(own.map(({ pair, prompt, margin, candidate, seed }) => [pair, prompt, margin, candidate, seed])).toEqual([
      [0, "harmless0", expect.any(Number), "w=1,0,0", 1],
      [1, "harmless1", 2, "w=1,0,0", 1],
    ]);
    expect(preferences).toHaveLength(2 * suite.values.length * 2);
  });

  test("without a finite probability stop their method and leave the others whole", async () => {
    const { scored, failures } = scoring(
      () => false,
      (job, policy) => (isOf(job, policy, "mva") ? null : 1),
    );
    const { candidates, preferences } = await scored;
    expect(failures).toEqual(["mva: w=1,0,0 has no finite probability for helpful test pair 1"]);
    expect(candidates.map(({ method }) => method)).toEqual(["base", "soup"]);
    expect([...new Set(preferences.map(({ method }) => method))]).toEqual(["soup"]);
  });
});
