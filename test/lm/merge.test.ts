import { join } from "node:path";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import type { HostTensor } from "../../src/engine/engine.js";
import { type Adapter, type AdapterConfig, adapterShapes } from "../../src/lm/adapters.js";
import { loadModel } from "../../src/lm/huggingface.js";
import { exportMixture, mergeIntoWeights, mixtureAsAdapter } from "../../src/lm/merge.js";
import { loadAdapter } from "../../src/lm/peft.js";
import { randomTensor, SMALL, smallModel } from "./model-folder.js";
import { temporaryFolder } from "./temporary-folder.js";

const model = smallModel();

function adapter(config: AdapterConfig, seed: number): Adapter {
  const tensors: Record<string, HostTensor> = {};
  let i = 0;
  for (const [name, shape] of Object.entries(adapterShapes(SMALL, config)))
    tensors[name] = randomTensor(seed * 100 + i++, shape);
  return { config, tensors };
}

/** W + Σ c·(alpha/rank)·B·A, entry by entry, from the definition. */
function slowMerge(name: string, adapters: readonly Adapter[], coefficients: readonly number[]): number[] {
  const weight = model.weights[name] as HostTensor;
  if (weight.shape.length === 1) return [...weight.data];
  const [out, inner] = weight.shape as [number, number];
  const module = name.slice(0, -".weight".length);
  return Array.from({ length: out * inner }, (_, at) => {
    const [o, i] = [Math.floor(at / inner), at % inner];
    let value = weight.data[at] as number;
    adapters.forEach(({ config, tensors }, k) => {
      const a = tensors[`${module}.lora_A`];
      const b = tensors[`${module}.lora_B`];
      if (a === undefined || b === undefined) return;
      for (let r = 0; r < config.rank; r++) {
        const product = (b.data[o * config.rank + r] as number) * (a.data[r * inner + i] as number);
        value += (coefficients[k] as number) * (config.alpha / config.rank) * product;
      }
    });
    return value;
  });
}

const bank = [
  adapter({ rank: 2, alpha: 3, targets: ["q_proj", "k_proj"] }, 1),
  adapter({ rank: 3, alpha: 1, targets: ["q_proj", "down_proj"] }, 2),
  adapter({ rank: 1, alpha: 8, targets: ["k_proj", "o_proj", "up_proj"] }, 3),
];
const coefficient = fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: -2, max: 2, noNaN: true }));

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs((actual[i] as number) - value)).toBeLessThanOrEqual(tolerance);
  });
}

describe("merging", () => {
  property.prop([fc.tuple(coefficient, coefficient, coefficient)], { numRuns: 30 })(
    "any mixture, of any ranks and targets, is the definition's sum, rounded once",
    (coefficients) => {
      const merged = mergeIntoWeights(model.weights, bank, coefficients);
      expect(Object.keys(merged)).toEqual(Object.keys(model.weights));
      for (const [name, { data }] of Object.entries(merged)) {
        const expected = slowMerge(name, bank, coefficients);
        data.forEach((value, i) => {
          expect(Math.abs(value - (expected[i] as number))).toBeLessThanOrEqual(
            Math.abs(expected[i] as number) * 2 ** -23 + 1e-12,
          );
        });
      }
    },
  );

  test("at coefficients of zero the base comes back, bit for bit", () => {
    expect(mergeIntoWeights(model.weights, bank, [0, 0, 0])).toEqual(model.weights);
  });

  test("the base's own arrays are not written to", () => {
    const before = structuredClone(model.weights);
    mergeIntoWeights(model.weights, bank, [1, 1, 1]);
    expect(model.weights).toEqual(before);
  });

  test("a wrong number of coefficients, a NaN, an adapter of another model", () => {
    expect(() => mergeIntoWeights(model.weights, bank, [1])).toThrow(
      /3 adapters need as many finite coefficients, got \[1\]/,
    );
    expect(() => mixtureAsAdapter(bank, [1, Number.NaN, 0])).toThrow(RangeError);
    const wide = {
      ...bank[0],
      tensors: {
        "model.layers.0.self_attn.q_proj.lora_A": randomTensor(1, [2, 9]),
        "model.layers.0.self_attn.q_proj.lora_B": randomTensor(1, [16, 2]),
      },
    } as Adapter;
    expect(() => mergeIntoWeights(model.weights, [wide], [1])).toThrow(
      /do not fit model\.layers\.0\.self_attn\.q_proj/,
    );
  });
});

describe("a mixture as one adapter", () => {
  property.prop([fc.tuple(coefficient, coefficient, coefficient)], { numRuns: 30 })(
    "merges to the same weights as the mixture does",
    (coefficients) => {
      const one = mixtureAsAdapter(bank, coefficients);
      const merged = mergeIntoWeights(model.weights, [one], [1]);
      for (const [name, { data }] of Object.entries(merged))
        expectClose(data, slowMerge(name, bank, coefficients), 2e-5);
      const ranks = [2, 3, 1].filter((_, k) => coefficients[k] !== 0).reduce((a, b) => a + b, 0);
      expect(one.config.rank).toBe(Math.max(1, ranks));
      expect(Object.keys(one.tensors).sort()).toEqual(Object.keys(adapterShapes(SMALL, one.config)).sort());
    },
  );

  test("one adapter at coefficient 1 keeps its A bit for bit", () => {
    const [first] = bank as [Adapter];
    const one = mixtureAsAdapter([first], [1]);
    for (const [name, { data }] of Object.entries(first.tensors)) {
      if (name.endsWith("lora_A")) expect(one.tensors[name]?.data).toEqual(data);
    }
  });
});

describe("export", () => {
  const coefficients = [0.5, 1, -0.25];

  test("as an adapter: loads, fits the model, and merges to the mixture", () => {
    const dir = join(temporaryFolder(), "out");
    exportMixture(dir, { model, adapters: bank, coefficients, form: "adapter", baseModel: "base" });
    const merged = mergeIntoWeights(model.weights, [loadAdapter(dir, SMALL)], [1]);
    for (const [name, { data }] of Object.entries(merged)) expectClose(data, slowMerge(name, bank, coefficients), 2e-5);
  });

  test("as a model: loads, with the base's tokenizer and configuration", () => {
    const dir = join(temporaryFolder(), "out");
    exportMixture(dir, { model, adapters: bank, coefficients, form: "merged" });
    const back = loadModel(dir);
    expect(back.config).toEqual(model.config);
    expect(back.tokenizer.files).toEqual(model.tokenizer.files);
    for (const [name, { data }] of Object.entries(back.weights))
      expectClose(data, slowMerge(name, bank, coefficients), 1e-6);
  });
});
