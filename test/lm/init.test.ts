import { describe, expect, test } from "vitest";
import { checkConfig, weightShapes } from "../../src/lm/config.js";
import { initWeights } from "../../src/lm/init.js";
import { TINY } from "./tiny.js";

function deviation(data: ArrayLike<number>): number {
  let squares = 0;
  for (let i = 0; i < data.length; i++) squares += (data[i] ?? Number.NaN) ** 2;
  return Math.sqrt(squares / data.length);
}

describe("weights from scratch", () => {
  const config = { ...TINY, hiddenSize: 64, intermediateSize: 128, headDim: 16 };
  const weights = initWeights(config, 3);

  test("have Hugging Face's names and shapes, and follow their seed", () => {
    const shapes = Object.fromEntries(Object.entries(weights).map(([name, { shape }]) => [name, shape]));
    expect(shapes).toEqual(weightShapes(config));
    expect(shapes["model.layers.1.self_attn.k_proj.weight"]).toEqual([32, 64]);
    expect(shapes["lm_head.weight"]).toEqual([23, 64]);
    expect(weightShapes({ ...config, tieWordEmbeddings: true })).not.toHaveProperty("lm_head.weight");
    expect(initWeights(config, 3)).toEqual(weights);
    expect(initWeights(config, 4)).not.toEqual(weights);
  });

  test("have the spread that keeps activations and the residual stream level", () => {
    const of = (name: string): number => deviation(weights[name]?.data ?? []);
    expect(of("model.embed_tokens.weight")).toBeCloseTo(0.02, 2);
    expect(of("model.layers.0.mlp.gate_proj.weight") * 8).toBeCloseTo(1, 1);
    expect(of("model.layers.0.mlp.down_proj.weight") * Math.sqrt(128) * 2).toBeCloseTo(1, 1);
    expect(weights["model.norm.weight"]?.data.every((x) => x === 1)).toBe(true);
  });
});

describe("a decoder config is refused", () => {
  test.each([
    [{ layers: 0 }, "layers is 0"],
    [{ hiddenSize: 1.5 }, "hiddenSize is 1.5"],
    [{ kvHeads: 3 }, "heads (4) must be a multiple of kvHeads (3)"],
    [{ headDim: 5 }, "headDim is 5"],
  ])("%j", (change, message) => {
    expect(() => checkConfig({ ...TINY, ...change })).toThrow(message);
  });
});
