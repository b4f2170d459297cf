import { describe, expect, test } from "vitest";
import { averageInterference, interferenceOf, type ValueVector } from "../../src/bench/interference.js";
import { float32 } from "../../src/engine/engine.js";

/** Four rows and columns, rank 1, in two layers of one module each. */
function vector(value: string, layers: Readonly<Record<number, { a: number[]; b: number[] }>>): ValueVector {
  const tensors = Object.entries(layers).flatMap(([layer, { a, b }]) => {
    const name = `model.layers.${layer}.self_attn.q_proj`;
    return [
      [`${name}.lora_A`, float32([1, 4], a)],
      [`${name}.lora_B`, float32([4, 1], b)],
    ] as const;
  });
  return { value, tensors: Object.fromEntries(tensors), scale: 2 };
}

const along = { a: [1, 0, 0, 0], b: [1, 2, 3, 4] };
const against = { a: [-1, 0, 0, 0], b: [1, 2, 3, 4] };
const across = { a: [0, 1, 0, 0], b: [1, 2, 3, 4] };
const none = { a: [1, 0, 0, 0], b: [0, 0, 0, 0] };

describe("interference, layer by layer", () => {
  test("each layer has its own cosine, and the mean over modules is over all layers", () => {
    const found = interferenceOf([vector("x", { 0: along, 10: along }), vector("y", { 0: against, 10: across })]);
    expect(found.layers.map(({ layer }) => layer)).toEqual([0, 10]);
    expect(found.layers.map(({ pairs }) => pairs[0]?.cosine)).toEqual([-1, 0]);
    expect(found.pairs[0]?.cosine).toBeCloseTo(-0.5, 12);
    expect(found.layers[0]?.pairs[0]).toMatchObject({ a: "x", b: "y" });
  });

  test("a layer whose vector is still zero is left out, not called independent", () => {
    const found = interferenceOf([vector("x", { 0: along, 1: along }), vector("y", { 0: along, 1: none })]);
    expect(found.layers.map(({ layer }) => layer)).toEqual([0]);
    expect(found.pairs[0]?.cosine).toBeCloseTo(1, 12);
  });

  test("seeds are averaged layer by layer", () => {
    const one = interferenceOf([vector("x", { 0: along }), vector("y", { 0: along })]);
    const two = interferenceOf([vector("x", { 0: along }), vector("y", { 0: against })]);
    const both = averageInterference([one, two]);
    expect(both.layers[0]?.pairs[0]?.cosine).toBeCloseTo(0, 12);
    expect(both.pairs[0]?.cosine).toBeCloseTo(0, 12);
  });
});
