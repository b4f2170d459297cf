import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fc, test as property } from "@fast-check/vitest";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Engine } from "../../src/engine/index.js";
import { float32, openEngine } from "../../src/engine/index.js";
import { chosenNll, preferenceLogits, preferenceLoss } from "../../src/methods/preference-loss.js";
import { preferenceStatistics } from "../../src/methods/preference-training.js";
import { sharedFolder } from "../skip.js";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine("tfjs-cpu", { threads: 1 });
});
afterAll(() => engine.dispose());

interface Pairs {
  beta: number;
  policyChosen: number[];
  policyRejected: number[];
  refChosen: number[];
  refRejected: number[];
  labels?: number[];
  margins?: number[];
  weight?: number;
}

/** Losses, logits, and each loss's gradient in its chosen log-prob. */
async function evaluate(pairs: Pairs) {
  const count = pairs.policyChosen.length;
  const sides = (chosen: number[], rejected: number[]) =>
    float32(
      [count, 2],
      chosen.flatMap((x, i) => [x, rejected[i] ?? 0]),
    );
  const inputs = {
    policy: sides(pairs.policyChosen, pairs.policyRejected),
    reference: sides(pairs.refChosen, pairs.refRejected),
    labels: float32([count], pairs.labels ?? Array.from({ length: count }, () => 1)),
    margins: float32([count], pairs.margins ?? Array.from({ length: count }, () => 0)),
    inverseWeight: float32([], [1 / (pairs.weight ?? 1)]),
  };
  const executable = await engine.compile(
    "loss",
    ({ inputs }) => {
      const { policy, reference, labels, margins, inverseWeight } = inputs;
      if (!policy || !reference || !labels || !margins || !inverseWeight) throw new Error("inputs");
      const terms = (policy: tf.Tensor) => ({ policy, reference, labels, margins, inverseWeight, beta: pairs.beta });
      const { grad } = tf.valueAndGrad((x: tf.Tensor) => tf.sum(preferenceLoss(terms(x))))(policy);
      return { outputs: { losses: preferenceLoss(terms(policy)), logits: preferenceLogits(terms(policy)), grad } };
    },
    { inputs: Object.fromEntries(Object.entries(inputs).map(([k, { dtype, shape }]) => [k, { dtype, shape }])) },
  );
  const { losses, logits, grad } = await executable.run(inputs);
  return {
    losses: Array.from(losses?.data ?? []),
    logits: Array.from(logits?.data ?? []),
    chosenGradient: Array.from(grad?.data ?? []).filter((_, i) => i % 2 === 0),
  };
}

function expectClose(actual: readonly number[], expected: readonly number[], tolerance = 2e-6): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((x, i) => {
    const wanted = expected[i] ?? Number.NaN;
    expect(Math.abs(x - wanted)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(wanted)));
  });
}

test("DPO: the golden losses and gradients", async (context) => {
  const golden = JSON.parse(readFileSync(join(sharedFolder(context, "fixtures"), "golden.json"), "utf8")) as {
    dpo: (Pairs & { losses: number[]; mean: number; dLossDPolicyChosen: number[] })[];
  };
  expect(golden.dpo.length).toBeGreaterThan(0);
  for (const example of golden.dpo) {
    const { losses, chosenGradient } = await evaluate(example);
    expectClose(losses, example.losses);
    expectClose([losses.reduce((a, b) => a + b, 0) / losses.length], [example.mean]);
    expectClose(chosenGradient, example.dLossDPolicyChosen);
  }
});

test("MODPO: the golden losses, for two and three values", async (context) => {
  const golden = JSON.parse(readFileSync(join(sharedFolder(context, "fixtures"), "golden.json"), "utf8")) as {
    modpo: (Pairs & { weights: number[]; trainedValue: number; otherMargins: number[][]; losses: number[] })[];
  };
  expect(golden.modpo.length).toBeGreaterThan(0);
  for (const example of golden.modpo) {
    const others = example.weights.filter((_, j) => j !== example.trainedValue);
    const margins = example.otherMargins.map((row) => row.reduce((sum, r, j) => sum + r * (others[j] ?? 0), 0));
    const weight = example.weights[example.trainedValue] ?? 0;
    const { losses } = await evaluate({ ...example, margins, weight });
    expectClose(losses, example.losses, 1e-5);
  }
});

const logProb = fc.double({ min: -40, max: -0.5, noNaN: true });
const margin = fc.double({ min: -3, max: 3, noNaN: true });

property.prop([logProb, logProb, logProb, logProb, margin, margin, fc.double({ min: 0.2, max: 1, noNaN: true })], {
  numRuns: 30,
})("MODPO's logits are linear in the margin, with slope -1/w_k", async (pc, pr, rc, rr, m1, m2, weight) => {
  const { logits } = await evaluate({
    beta: 0.3,
    policyChosen: [pc, pc, pc],
    policyRejected: [pr, pr, pr],
    refChosen: [rc, rc, rc],
    refRejected: [rr, rr, rr],
    margins: [0, m1, m1 + m2],
    weight,
  });
  const [z0 = 0, z1 = 0, z2 = 0] = logits;
  expect(z1 - z0).toBeCloseTo(-m1 / weight, 3);
  expect(z2 - z1).toBeCloseTo(-m2 / weight, 3);
});

property.prop([logProb, logProb, fc.double({ min: 0, max: 1, noNaN: true })], { numRuns: 30 })(
  "a soft label p weighs the pair with its swap, and its minimum is at σ(z) = p",
  async (pc, pr, p) => {
    const pairs = { beta: 0.1, policyChosen: [pc], policyRejected: [pr], refChosen: [-10], refRejected: [-10] };
    const [soft] = (await evaluate({ ...pairs, labels: [p] })).losses;
    const [wins] = (await evaluate({ ...pairs, labels: [1] })).losses;
    const [loses] = (await evaluate({ ...pairs, labels: [0] })).losses;
    const [swapped] = (await evaluate({ ...pairs, policyChosen: [pr], policyRejected: [pc] })).losses;
    expectClose([loses ?? 0], [swapped ?? 0], 1e-5);
    expectClose([soft ?? 0], [p * (wins ?? 0) + (1 - p) * (loses ?? 0)], 1e-5);
    const z = Math.log(p / (1 - p));
    if (Math.abs(z) > 20) return;
    const atMinimum = { ...pairs, policyChosen: [-10 + z / 0.1], policyRejected: [-10], labels: [p] };
    expect((await evaluate(atMinimum)).chosenGradient[0]).toBeCloseTo(0, 5);
  },
);

test("the losses stay finite at log-ratios of a thousand nats", async () => {
  const { losses } = await evaluate({
    beta: 1,
    policyChosen: [-1000, -1],
    policyRejected: [-1, -1000],
    refChosen: [-1, -1000],
    refRejected: [-1000, -1],
  });
  expectClose(losses, [1998, 0], 1e-5);
});

test("the chosen reply's likelihood is counted per token", async () => {
  const executable = await engine.compile(
    "nll",
    ({ inputs }) => ({ outputs: { nll: chosenNll(inputs["policy"] as tf.Tensor, inputs["lengths"] as tf.Tensor) } }),
    { inputs: { policy: { dtype: "float32", shape: [2, 2] }, lengths: { dtype: "float32", shape: [2, 2] } } },
  );
  const { nll } = await executable.run({
    policy: float32([2, 2], [-12, -7, -3, -9]),
    lengths: float32([2, 2], [6, 1, 1, 3]),
  });
  expect(Array.from(nll?.data ?? [])).toEqual([2, 3]);
});

test("what is watched: accuracy, margin, chosen shift, and the k2 proxy of KL", () => {
  const statistics = preferenceStatistics(2, [-10, -12, -8, -5], [-11, -11, -6, -6], 0.5);
  // log-ratios: (1, −1) and (−2, 1)
  expect(statistics.accuracy).toBe(0.5);
  expect(statistics.margin).toBeCloseTo((0.5 * 2 - 0.5 * 3) / 2, 12);
  expect(statistics.chosenShift).toBeCloseTo(-0.5, 12);
  expect(statistics.kl).toBeCloseTo((1 + 1 + 4 + 1) / 2 / 4, 12);
});
