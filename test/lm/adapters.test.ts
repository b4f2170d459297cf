import type * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine, HostTensor, TensorMap } from "../../src/engine/index.js";
import { float32 } from "../../src/engine/index.js";
import type { Adapter, BankTensors } from "../../src/lm/adapters.js";
import { adapterShapes, initAdapter, mixBank, singleAdapter, stackBank } from "../../src/lm/adapters.js";
import { initWeights } from "../../src/lm/init.js";
import { mergeIntoWeights } from "../../src/lm/merge.js";
import { packSequences, sequenceLogProbs, sequenceSignature } from "../../src/lm/sequences.js";
import { ENGINES, openTestEngine } from "./engines.js";
import { maxDifference, randomIds, TINY, TINY_ADAPTER, trainedAdapter } from "./tiny.js";

const weights = initWeights(TINY, 5);
const adapters = [
  trainedAdapter(1),
  trainedAdapter(2, { rank: 2, alpha: 5, targets: ["v_proj", "up_proj", "down_proj"] }),
  trainedAdapter(3),
];
const batch = packSequences(
  [4, 9, 2, 6].map((length, i) => ({ prompt: randomIds(20 + i, length), response: randomIds(30 + i, 11 - length) })),
);

/** Log-probs of the batch's response tokens, under weights and whatever adapters `bank` makes of `constants`. */
async function logProbs(
  engine: Engine,
  constants: TensorMap,
  bank?: (constants: Record<string, tf.Tensor>) => BankTensors,
): Promise<Float32Array> {
  const executable = await engine.compile(
    "log-probs",
    (values) => ({ outputs: { y: sequenceLogProbs(TINY, values.constants, values.inputs, bank?.(values.constants)) } }),
    { inputs: sequenceSignature(batch.shape), constants },
  );
  const { y } = await executable.run(batch.inputs);
  executable.dispose();
  return Float32Array.from((y as HostTensor).data).slice(0, batch.offsets[4]);
}

/** One row of coefficients per batch row. */
function mixture(engine: Engine, of: readonly Adapter[], rows: readonly (readonly number[])[]): Promise<Float32Array> {
  const bank = stackBank(of);
  const coefficients = float32([rows.length, bank.size], rows.flat());
  return logProbs(engine, { ...weights, ...bank.tensors, coefficients }, (constants) =>
    mixBank(bank, constants, constants.coefficients as tf.Tensor),
  );
}

const all = (row: readonly number[]): (readonly number[])[] => [row, row, row, row];

for (const id of ENGINES) {
  describe(`the adapter bank on ${id}`, () => {
    let engine: Engine;
    let base: Float32Array;
    beforeAll(async () => {
      engine = await openTestEngine(id);
      base = await logProbs(engine, weights);
    });
    afterAll(() => engine.dispose());

    test("pi(0) is the base", async () => {
      expect(maxDifference(await mixture(engine, adapters, all([0, 0, 0])), base)).toBeLessThan(1e-6);
    });

    test("pi(e_i) is policy i", async () => {
      for (const [i, adapter] of adapters.entries()) {
        const own = await logProbs(engine, { ...weights, ...adapter.tensors }, (constants) =>
          singleAdapter(TINY, adapter.config, constants),
        );
        expect(maxDifference(own, base)).toBeGreaterThan(1e-2);
        const oneHot = adapters.map((_, k) => (k === i ? 1 : 0));
        expect(maxDifference(await mixture(engine, adapters, all(oneHot)), own)).toBeLessThan(1e-5);
      }
    });

    test("every row's mixture is that of the weights it would merge to", async () => {
      const rows = [
        [0.3, 0.5, 0.2],
        [1, 1, 1],
        [0, -0.4, 1.5],
        [0, 0, 0],
      ];
      const mixed = await mixture(engine, adapters, rows);
      for (const [i, coefficients] of rows.entries()) {
        const merged = await logProbs(engine, mergeIntoWeights(weights, adapters, coefficients));
        const [from, to] = [batch.offsets[i], batch.offsets[i + 1]];
        expect(maxDifference(mixed.slice(from, to), merged.slice(from, to))).toBeLessThan(2e-5);
      }
    });
  });
}

describe("a fresh adapter", () => {
  beforeAll(async () => {
    await openTestEngine("tfjs-cpu");
  });

  test("has PEFT's shapes, A within ±1/√in and spread over it, B zero, and follows its seed", () => {
    const { tensors } = initAdapter(TINY, TINY_ADAPTER, 4);
    expect(Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]))).toEqual(
      adapterShapes(TINY, TINY_ADAPTER),
    );
    const a = tensors["model.layers.1.self_attn.o_proj.lora_A"] as HostTensor;
    const b = tensors["model.layers.1.self_attn.o_proj.lora_B"] as HostTensor;
    expect([a.shape, b.shape]).toEqual([
      [3, 16],
      [16, 3],
    ]);
    const largest = maxDifference(a.data, new Float32Array(a.data.length));
    expect(largest).toBeLessThanOrEqual(1 / 4);
    expect(largest).toBeGreaterThan(0.2);
    expect(b.data.every((x) => x === 0)).toBe(true);
    expect(initAdapter(TINY, TINY_ADAPTER, 4)).toEqual(initAdapter(TINY, TINY_ADAPTER, 4));
    expect(initAdapter(TINY, TINY_ADAPTER, 5)).not.toEqual(initAdapter(TINY, TINY_ADAPTER, 4));
  });

  test("refuses a target that no block has", () => {
    expect(() => initAdapter(TINY, { ...TINY_ADAPTER, targets: ["c_attn"] }, 1)).toThrow('target "c_attn" is unknown');
  });
});
