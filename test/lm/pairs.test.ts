import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import type { TfTensors } from "../../src/engine/engine.js";
import { openEngine } from "../../src/engine/index.js";
import { singleAdapter } from "../../src/lm/adapters.js";
import { initWeights } from "../../src/lm/init.js";
import type { PairRow } from "../../src/lm/pairs.js";
import { packPairs, pairLogProbs, pairShape, pairSignature } from "../../src/lm/pairs.js";
import { packSequences, sequenceLogProbs } from "../../src/lm/sequences.js";
import { maxDifference, randomIds, TINY, TINY_ADAPTER, trainedAdapter } from "./tiny.js";

const rows: PairRow[] = [
  { prompt: randomIds(1, 5), chosen: randomIds(2, 7), rejected: randomIds(3, 4) },
  { prompt: randomIds(4, 3), chosen: randomIds(5, 1), rejected: randomIds(6, 9) },
];
const weights = initWeights(TINY, 7);
const adapter = trainedAdapter(11);

function toTf(
  tensors: Readonly<
    Record<string, { data: Float32Array | Int32Array; shape: readonly number[]; dtype: "float32" | "int32" }>
  >,
): TfTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, value]) => [name, tf.tensor(value.data, [...value.shape], value.dtype)]),
  );
}

/** −Σ log σ(β(chosen − rejected)) and its gradients with respect to `names` of `all`. */
function lossAndGrads(
  logProbs: (weights: TfTensors, adapter: TfTensors) => tf.Tensor,
  of: "weights" | "adapter",
): { loss: number; grads: Record<string, Float32Array> } {
  const held = { weights: toTf(weights), adapter: toTf(adapter.tensors) };
  const names = Object.keys(held[of]);
  const { value, grads } = tf.valueAndGrads((...xs: tf.Tensor[]) => {
    const moved = Object.fromEntries(names.map((name, i) => [name, xs[i] as tf.Tensor]));
    const sums = logProbs(of === "weights" ? moved : held.weights, of === "adapter" ? moved : held.adapter);
    const margin = tf.sub(tf.slice(sums, [0, 0], [-1, 1]), tf.slice(sums, [0, 1], [-1, 1]));
    // tf.logSigmoid closes over a tensor that the tape frees: its gradient fails on eager backends.
    return tf.sum(tf.softplus(tf.mul(margin, -0.1))) as tf.Scalar;
  })(names.map((name) => held[of][name] as tf.Tensor));
  return {
    loss: value.dataSync()[0] ?? Number.NaN,
    grads: Object.fromEntries(names.map((name, i) => [name, grads[i]?.dataSync() as Float32Array])),
  };
}

const asPairs = (w: TfTensors, a: TfTensors): tf.Tensor =>
  pairLogProbs(TINY, w, toTf(packPairs(rows).inputs), singleAdapter(TINY, TINY_ADAPTER, a));

/** The slow twin: every side a row of its own with its prompt, each passed alone. */
const apart = (w: TfTensors, a: TfTensors): tf.Tensor =>
  tf.stack(
    rows.map((row) =>
      tf.stack(
        [row.chosen, row.rejected].map((response) => {
          const { inputs, offsets } = packSequences([{ prompt: row.prompt, response }]);
          const perToken = sequenceLogProbs(TINY, w, toTf(inputs), singleAdapter(TINY, TINY_ADAPTER, a));
          return tf.sum(tf.slice(perToken, [0], [offsets[1] ?? 0]));
        }),
      ),
    ),
  );

describe("a preference pair as one row", () => {
  beforeAll(async () => {
    await openEngine("tfjs-cpu", { threads: 1 });
  });

  for (const of of ["adapter", "weights"] as const) {
    test(`has the loss and the gradients of two separate rows (${of})`, () => {
      const together = lossAndGrads(asPairs, of);
      const separate = lossAndGrads(apart, of);
      expect(Math.abs(together.loss - separate.loss)).toBeLessThan(1e-6);
      for (const [name, grad] of Object.entries(separate.grads)) {
        const scale = maxDifference(grad, new Float32Array(grad.length));
        expect(scale, name).toBeGreaterThan(0);
        expect(maxDifference(together.grads[name] ?? [], grad) / scale, name).toBeLessThan(1e-4);
      }
    });
  }

  test("does not change with the bucket it is padded to", () => {
    const shape = pairShape(rows);
    const wide = { rows: 3, length: shape.length + 16, selected: shape.selected + 32 };
    const [near, far] = [packPairs(rows, shape), packPairs(rows, wide)].map((batch) =>
      pairLogProbs(TINY, toTf(weights), toTf(batch.inputs)).dataSync(),
    );
    expect(maxDifference(near ?? [], far?.slice(0, 4) ?? [])).toBeLessThan(1e-5);
    expect(far?.slice(4)).toEqual(new Float32Array(2));
  });

  test("fills exactly the inputs its signature names", () => {
    const { shape, inputs } = packPairs(rows);
    const signature = pairSignature(shape);
    expect(Object.keys(inputs).sort()).toEqual(Object.keys(signature).sort());
    for (const [name, spec] of Object.entries(signature)) {
      expect({ dtype: inputs[name]?.dtype, shape: inputs[name]?.shape }).toEqual({
        dtype: spec.dtype,
        shape: spec.shape,
      });
    }
  });

  test("refuses an empty side and a row that does not fit", () => {
    const row = { prompt: randomIds(1, 5), chosen: new Int32Array(0), rejected: randomIds(3, 4) };
    expect(() => packPairs([row])).toThrow("empty response");
    expect(() => packPairs(rows, { rows: 2, length: 16, selected: 8 })).toThrow("predicts more than 8");
    expect(() => packPairs(rows, { rows: 2, length: 12, selected: 32 })).toThrow("does not fit 12 columns");
  });
});
