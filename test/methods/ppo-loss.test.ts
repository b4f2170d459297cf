import { fc, test } from "@fast-check/vitest";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect } from "vitest";
import { clippedShare, policyLoss, valueLoss } from "../../src/methods/ppo-loss.js";

const token = fc.tuple(
  fc.double({ min: -4, max: 0, noNaN: true }),
  fc.double({ min: -4, max: 0, noNaN: true }),
  fc.double({ min: -2, max: 2, noNaN: true }),
);
const tokens = fc.array(token, { minLength: 1, maxLength: 8 });

beforeAll(async () => {
  await tf.setBackend("cpu");
});

function batchOf(rows: [number, number, number][]) {
  return {
    oldLogProbs: tf.tensor1d(rows.map((row) => row[1])),
    advantages: tf.tensor1d(rows.map((row) => row[2])),
    weights: tf.tensor1d(rows.map(() => 1 / rows.length)),
  };
}

describe("the clipped surrogate", () => {
  test.prop([tokens])("at ratio 1 its gradient is the policy gradient", (rows) => {
    tf.tidy(() => {
      const batch = batchOf(rows);
      const logits = tf.tensor1d(rows.map((row) => row[0]));
      // Any smooth map from parameters to log-probabilities will do: here log sigmoid.
      const logProbs = (x: tf.Tensor1D) => tf.logSigmoid(x);
      const atOne = { ...batch, oldLogProbs: logProbs(logits) as tf.Tensor1D };
      const ppo = tf.grad((x) => policyLoss(logProbs(x as tf.Tensor1D), atOne, 0.2))(logits);
      const reinforce = tf.grad((x) =>
        tf.neg(tf.sum(tf.mul(tf.mul(logProbs(x as tf.Tensor1D), batch.advantages), batch.weights))),
      )(logits);
      const a = ppo.dataSync();
      const b = reinforce.dataSync();
      a.forEach((value, i) => {
        expect(value).toBeCloseTo(b[i] ?? Number.NaN, 5);
      });
      expect(clippedShare(atOne.oldLogProbs, atOne, 0.2).dataSync()[0]).toBe(0);
    });
  });

  test.prop([tokens])("equals the mean of min(ratio A, clip(ratio) A) written out", (rows) => {
    tf.tidy(() => {
      const logProbs = tf.tensor1d(rows.map((row) => row[0]));
      const expected = rows.map(([now, old, advantage]) => {
        const ratio = Math.exp(now - old);
        return Math.min(ratio * advantage, Math.min(Math.max(ratio, 0.8), 1.2) * advantage);
      });
      const mean = expected.reduce((a, b) => a + b, 0) / rows.length;
      const loss = policyLoss(logProbs, batchOf(rows), 0.2).dataSync()[0] ?? Number.NaN;
      expect(Math.abs(loss + mean)).toBeLessThanOrEqual(1e-5 * (1 + Math.max(...expected.map(Math.abs))));
    });
  });

  test("a token past the clip range in its advantage's direction gives no gradient", () => {
    tf.tidy(() => {
      const batch = {
        oldLogProbs: tf.tensor1d([-2, -2]),
        advantages: tf.tensor1d([1, -1]),
        weights: tf.tensor1d([0.5, 0.5]),
      };
      const gradient = tf.grad((x) => policyLoss(x as tf.Tensor1D, batch, 0.2))(tf.tensor1d([-1, -1]));
      expect(gradient.dataSync()[0]).toBe(0);
      expect(gradient.dataSync()[1]).toBeCloseTo(0.5 * Math.E, 5);
    });
  });

  test("padding counts nothing in either loss", () => {
    tf.tidy(() => {
      const weights = tf.tensor1d([1, 0]);
      const batch = { oldLogProbs: tf.tensor1d([-1, -9]), advantages: tf.tensor1d([2, 50]), weights };
      expect(policyLoss(tf.tensor1d([-1, -1]), batch, 0.2).dataSync()[0]).toBeCloseTo(-2, 6);
      expect(valueLoss(tf.tensor1d([1, 7]), tf.tensor1d([3, 0]), weights).dataSync()[0]).toBeCloseTo(2, 6);
    });
  });
});
