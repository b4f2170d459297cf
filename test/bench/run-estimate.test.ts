import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { RunEstimate } from "../../src/bench/run-estimate.js";

const workload = { seeds: 2, trainingFlops: 1000, replies: 600, replyFlops: 1 };

/** A run whose base takes 50 s, and each seed 100 s of training and 30 s of scoring, at a steady pace. */
function* steadyRun(estimate: RunEstimate, clock: { ms: number }): Generator<number> {
  const whole = 50 + 2 * 130;
  const left = () => whole - clock.ms / 1000;
  estimate.enter("base");
  estimate.planBase(700);
  for (let second = 1; second <= 50; second++) {
    clock.ms += 1000;
    estimate.trained("base/sft", second * 14);
    yield left();
  }
  estimate.enter(null);
  for (let seed = 0; seed < 2; seed++) {
    estimate.enter("training");
    for (let second = 1; second <= 100; second++) {
      clock.ms += 1000;
      // Two trainings side by side.
      estimate.trained("a", 4 * second);
      estimate.trained("b", 6 * second);
      yield left();
    }
    estimate.enter("scoring");
    for (let second = 1; second <= 30; second++) {
      clock.ms += 1000;
      estimate.scored(20, true);
      yield left();
    }
  }
}

describe("estimate of a whole run", () => {
  test("nothing is said before anything was measured", () => {
    const estimate = new RunEstimate(workload, () => 0);
    expect(estimate.state()).toEqual({ done: 0, etaSeconds: null });
    estimate.enter("base");
    expect(estimate.state().etaSeconds).toBeNull();
  });

  test("a steady pace is foretold: to the second once each kind of work has begun", () => {
    const clock = { ms: 0 };
    const estimate = new RunEstimate(workload, () => clock.ms);
    let [share, known] = [0, 0];
    for (const left of steadyRun(estimate, clock)) {
      const { done, etaSeconds } = estimate.state();
      expect(done).toBeGreaterThanOrEqual(0);
      expect(done).toBeLessThanOrEqual(1);
      if (clock.ms > 151_000) {
        known++;
        expect(etaSeconds).toBeCloseTo(left, 6);
        expect(done).toBeGreaterThan(share);
        share = done;
      }
    }
    expect(known).toBe(159);
    expect(estimate.state()).toEqual({ done: 1, etaSeconds: 0 });
  });

  test("what was found in the run folder is done, and says nothing about the pace", () => {
    const clock = { ms: 0 };
    const estimate = new RunEstimate({ ...workload, seeds: 1 }, () => clock.ms);
    estimate.enter("training");
    estimate.found(500);
    clock.ms = 10_000;
    estimate.trained("b", 100);
    // 400 of 1000 are left, at 10 a second; scoring is guessed.
    const guess = 600 / ((10 * 0.3) / 1);
    expect(estimate.state().etaSeconds).toBeCloseTo(40 + guess, 6);
  });

  test("a stage that spent less than planned leaves nothing behind", () => {
    const clock = { ms: 0 };
    const estimate = new RunEstimate({ ...workload, seeds: 1, replies: 100 }, () => clock.ms);
    estimate.enter("training");
    clock.ms = 10_000;
    estimate.trained("a", 300);
    estimate.enter("scoring");
    clock.ms = 20_000;
    estimate.scored(50, true);
    expect(estimate.state()).toEqual({ done: 2 / 3, etaSeconds: 10 });
  });

  test.prop([fc.array(fc.tuple(fc.nat(5000), fc.nat(400)), { maxLength: 30 })])(
    "the share done stays in [0, 1] and the time left is never negative, whatever is reported",
    (reports) => {
      const clock = { ms: 0 };
      const estimate = new RunEstimate(workload, () => clock.ms);
      estimate.enter("training");
      for (const [ms, flops] of reports) {
        clock.ms += ms;
        estimate.trained("a", flops);
        const { done, etaSeconds } = estimate.state();
        expect(done).toBeGreaterThanOrEqual(0);
        expect(done).toBeLessThanOrEqual(1);
        expect(etaSeconds ?? 0).toBeGreaterThanOrEqual(0);
      }
    },
  );
});
