/** The decoder's operations with hand-written gradients, against the same formulas left to tfjs' own autodiff. */
import { fc, test } from "@fast-check/vitest";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect } from "vitest";
import { adaptedProduct } from "../../src/lm/adapted-product.js";
import { attend, MASKED, segmentMask } from "../../src/lm/attention.js";
import { bucketLength } from "../../src/lm/buckets.js";
import { rmsNorm } from "../../src/lm/rms-norm.js";
import { rotaryAngles, rotaryFrequencies, rotation } from "../../src/lm/rotary.js";
import { swiGlu } from "../../src/lm/swiglu.js";
import { targetLogProbs } from "../../src/lm/target-log-probs.js";
import { openTestEngine } from "./engines.js";
import { maxDifference, TINY } from "./tiny.js";

beforeAll(async () => {
  await openTestEngine("tfjs-cpu");
});

/** Both operations' values, and gradients of a weighted sum of them, agree. */
function expectSame(
  inputs: readonly tf.Tensor[],
  operation: (...xs: tf.Tensor[]) => tf.Tensor,
  twin: (...xs: tf.Tensor[]) => tf.Tensor,
): void {
  const [got, wanted] = [operation, twin].map((f) => {
    const values = f(...inputs).dataSync();
    const { grads } = tf.valueAndGrads((...xs: tf.Tensor[]) => {
      const y = f(...xs);
      const weights = tf.reshape(tf.cos(tf.range(0, y.size)), y.shape);
      return tf.sum(tf.mul(y, weights)) as tf.Scalar;
    })([...inputs]);
    return [values, ...grads.map((grad) => grad.dataSync())];
  });
  for (const [i, values] of (wanted ?? []).entries()) {
    expect(maxDifference(got?.[i] ?? [], values), i === 0 ? "value" : `gradient ${i - 1}`).toBeLessThan(2e-4);
  }
}

const seed = fc.integer({ min: 1, max: 1e6 });
const normal = (shape: number[], seed: number): tf.Tensor => tf.randomNormal(shape, 0, 1, "float32", seed);

describe("value and gradient equal the plain formula's:", () => {
  test.prop([seed], { numRuns: 5 })("RMS norm", (s) => {
    expectSame(
      [normal([5, 6], s), normal([6], s + 1)],
      (x, w) => rmsNorm(x as tf.Tensor, w as tf.Tensor, 1e-5),
      (x, w) =>
        tf.mul(
          tf.div(x as tf.Tensor, tf.sqrt(tf.add(tf.mean(tf.square(x as tf.Tensor), -1, true), 1e-5))),
          w as tf.Tensor,
        ),
    );
  });

  test.prop([seed], { numRuns: 5 })("SwiGLU", (s) => {
    expectSame(
      [normal([4, 5], s), normal([4, 5], s + 1)],
      (gate, up) => swiGlu(gate as tf.Tensor, up as tf.Tensor),
      (gate, up) => tf.mul(tf.mul(gate as tf.Tensor, tf.sigmoid(gate as tf.Tensor)), up as tf.Tensor),
    );
  });

  test.prop([seed], { numRuns: 5 })("attention over grouped heads", (s) => {
    const [batch, kvHeads, group, time, dim] = [2, 2, 2, 5, 3];
    const mask = segmentMask(
      tf.tensor2d(
        [
          [0, 0, 1, 1, 2],
          [0, 1, 2, 2, -1],
        ],
        [batch, time],
        "int32",
      ),
    );
    const split = (x: tf.Tensor, count: number): tf.Tensor =>
      tf.transpose(tf.reshape(x, [batch, time, count, dim]), [0, 2, 1, 3]);
    expectSame(
      [
        normal([batch, time, kvHeads * group * dim], s),
        normal([batch, time, kvHeads * dim], s + 1),
        normal([batch, time, kvHeads * dim], s + 2),
      ],
      (q, k, v) => attend(q as tf.Tensor, k as tf.Tensor, v as tf.Tensor, mask, dim),
      (q, k, v) => {
        const shared = tf.tensor1d(
          Array.from({ length: kvHeads * group }, (_, head) => Math.floor(head / group)),
          "int32",
        );
        const [keys, values] = [k, v].map((x) => tf.gather(split(x as tf.Tensor, kvHeads), shared, 1)) as [
          tf.Tensor,
          tf.Tensor,
        ];
        const scores = tf.matMul(split(q as tf.Tensor, kvHeads * group), keys, false, true);
        const attended = tf.matMul(tf.softmax(tf.add(scores, mask)), values);
        return tf.reshape(tf.transpose(attended, [0, 2, 1, 3]), [batch, time, kvHeads * group * dim]);
      },
    );
  });

  test.prop([seed], { numRuns: 5 })("rotation", (s) => {
    const [rows, time, heads, half] = [2, 5, 3, TINY.headDim / 2];
    const places = [
      [0, 1, 2, 3, 4],
      [0, 1, 2, 1, 2],
    ];
    const { cos, sin } = rotaryAngles(TINY, time, 0.5);
    const [cosTable, sinTable] = [cos, sin].map(({ data }) => tf.tensor2d(data, [time, half])) as [
      tf.Tensor,
      tf.Tensor,
    ];
    const positions = tf.tensor2d(places, [rows, time], "int32");
    const frequencies = [...rotaryFrequencies(TINY)];
    expectSame(
      [normal([rows, time, heads * TINY.headDim], s)],
      (x) => rotation(positions, cosTable, sinTable)(x as tf.Tensor),
      (x) => {
        const [a, b] = tf.split(tf.reshape(x as tf.Tensor, [rows, time, heads, TINY.headDim]), 2, 3) as [
          tf.Tensor,
          tf.Tensor,
        ];
        const angles = tf.tensor(
          places.map((row) => row.map((t) => frequencies.map((frequency) => t * frequency))),
          [rows, time, half],
        );
        const [c, d] = [tf.cos(angles), tf.sin(angles)].map((table) => tf.reshape(table, [rows, time, 1, half])) as [
          tf.Tensor,
          tf.Tensor,
        ];
        const turned = tf.concat([tf.sub(tf.mul(a, c), tf.mul(b, d)), tf.add(tf.mul(b, c), tf.mul(a, d))], 3);
        return tf.reshape(tf.mul(turned, 0.5), [rows, time, heads * TINY.headDim]);
      },
    );
  });

  for (const [name, n, ranks] of [
    ["low-rank, few rows", 3, 2],
    ["merged, gradient by its own products", 20, 1],
    ["merged, gradient by the weight's", 20, 3],
  ] as const) {
    test.prop([seed], { numRuns: 3 })(`adapted product: ${name}`, (s) => {
      expectSame(
        [normal([n, 6], s), normal([5, 6], s + 1), normal([ranks, 6], s + 2), normal([5, ranks], s + 3)],
        (x, w, a, b) => {
          const module = { a: a as tf.Tensor, b: b as tf.Tensor, scale: 0.5 };
          return adaptedProduct(x as tf.Tensor, w as tf.Tensor, module);
        },
        (x, w, a, b) => {
          const lowRank = tf.matMul(
            tf.matMul(x as tf.Tensor, a as tf.Tensor, false, true),
            b as tf.Tensor,
            false,
            true,
          );
          return tf.add(tf.matMul(x as tf.Tensor, w as tf.Tensor, false, true), tf.mul(lowRank, 0.5));
        },
      );
    });
  }

  test.prop([seed], { numRuns: 5 })("log-probability of targets", (s) => {
    const targets = [3, 0, 6, 3];
    const chosen = tf.tensor2d(targets.map((target) => Array.from({ length: 7 }, (_, i) => (i === target ? 1 : 0))));
    expectSame(
      [normal([4, 7], s)],
      (logits) => targetLogProbs(logits as tf.Tensor, tf.tensor1d(targets, "int32")),
      (logits) => tf.sum(tf.mul(tf.sub(logits as tf.Tensor, tf.logSumExp(logits as tf.Tensor, 1, true)), chosen), 1),
    );
  });
});

describe("the mask of segments", () => {
  const segments = fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 1, maxLength: 8 });
  test.prop([segments], { numRuns: 30 })("lets i see j exactly when the rule says so", (row) => {
    const mask = segmentMask(tf.tensor2d([row], [1, row.length], "int32")).dataSync();
    for (const [i, own] of row.entries()) {
      for (const [j, other] of row.entries()) {
        const seen = j <= i && other >= 0 && (other === 0 || other === own);
        expect(mask[i * row.length + j]).toBe(seen ? 0 : MASKED);
      }
    }
  });
});

describe("buckets", () => {
  test.prop([fc.integer({ min: 1, max: 5000 })])("hold the length and waste at most a quarter beyond 16", (n) => {
    const bucket = bucketLength(n);
    expect(bucket).toBeGreaterThanOrEqual(n);
    expect(bucket).toBeLessThan(Math.max(17, 1.25 * n + 16));
    expect(bucketLength(bucket)).toBe(bucket);
  });
  test("are few", () => {
    const sizes = new Set(Array.from({ length: 512 }, (_, i) => bucketLength(i + 1)));
    expect(sizes.size).toBe(16);
  });
});

describe("rotary scaling", () => {
  test("linear divides every frequency", () => {
    const plain = rotaryFrequencies(TINY);
    const scaled = rotaryFrequencies({ ...TINY, ropeScaling: { kind: "linear", factor: 4 } });
    expect([...scaled]).toEqual([...plain].map((frequency) => frequency / 4));
  });
  test("llama3 keeps short waves, divides long ones, and lies in between elsewhere", () => {
    const config = { ...TINY, headDim: 16 };
    const plain = rotaryFrequencies(config);
    const scaled = rotaryFrequencies({
      ...config,
      ropeScaling: { kind: "llama3", factor: 4, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositions: 128 },
    });
    const ratios = [...scaled].map((frequency, i) => (plain[i] ?? 0) / frequency);
    expect(ratios[0]).toBe(1);
    expect(ratios.at(-1)).toBeCloseTo(4, 12);
    expect(ratios).toEqual([...ratios].sort((a, b) => a - b));
    expect(ratios.some((ratio) => ratio > 1.01 && ratio < 3.99)).toBe(true);
  });
});
