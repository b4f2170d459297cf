import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fc, test as property } from "@fast-check/vitest";
import * as tf from "@tensorflow/tfjs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine, TensorMap } from "../../src/engine/index.js";
import { openEngine } from "../../src/engine/index.js";
import type { AdaptedModule, PenaltyKind } from "../../src/methods/penalty.js";
import { adaptedModules, PENALTIES, PENALTY_KINDS } from "../../src/methods/penalty.js";
import { cka, hsic } from "../../src/metrics/index.js";
import { sharedFolder } from "../skip.js";
import type { Rows } from "./random-adapter.js";
import { deltaOf, hostRows, MODULES, multiply, randomAdapter, rowsOf, tensorOf } from "./random-adapter.js";

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine("tfjs-cpu", { threads: 1 });
});
afterAll(() => engine.dispose());

/** The penalty as it stands in a training program, with its gradient. */
async function evaluate(
  kind: PenaltyKind,
  trainable: TensorMap,
  frozen: readonly TensorMap[],
  options: { initial?: TensorMap; on?: Engine; modules?: readonly AdaptedModule[] } = {},
): Promise<{ value: number; gradient: Record<string, Rows> }> {
  const modules = options.modules ?? MODULES;
  const penalty = PENALTIES[kind];
  const factors = penalty.freeze(modules, frozen, options.initial ?? trainable);
  const names = Object.keys(trainable);
  const inputs = { ...trainable, ...factors };
  const executable = await (options.on ?? engine).compile(
    kind,
    ({ inputs }) => {
      const constants = penalty.constants?.(modules, inputs) ?? [];
      const { value, grads } = tf.valueAndGrads((...tensors: tf.Tensor[]) => {
        const current = Object.fromEntries(names.map((name, i) => [name, tensors[i] as tf.Tensor]));
        // As in training, everything is used somewhere: `a-rows` does not read B.
        const nothing = tf.mul(tf.addN(tensors.map((tensor) => tf.sum(tensor))), 0);
        return tf.add(penalty.value(modules, current, inputs, constants), nothing);
      })(names.map((name) => inputs[name] as tf.Tensor));
      return { outputs: { value, ...Object.fromEntries(names.map((name, i) => [name, grads[i] as tf.Tensor])) } };
    },
    {
      inputs: Object.fromEntries(Object.entries(inputs).map(([name, { dtype, shape }]) => [name, { dtype, shape }])),
    },
  );
  const outputs = await executable.run(inputs);
  executable.dispose();
  return {
    value: outputs["value"]?.data[0] ?? Number.NaN,
    gradient: Object.fromEntries(names.map((name) => [name, rowsOf(outputs[name])])),
  };
}

/** Each penalty by its definition, on delta-W formed in full, in float64. */
type Twin = (module: string, trainable: Record<string, Rows>, frozen: Record<string, Rows>) => number;

const twins: Record<Exclude<PenaltyKind, "weight-decay">, { of: Twin; reduce: "mean" | "sum" }> = {
  "dw-cka": {
    reduce: "mean",
    of: (module, trainable, frozen) =>
      cka(deltaOf(trainable, module), deltaOf(frozen, module), { kernel: { kind: "linear" }, estimator: "biased" }),
  },
  "dw-rbf": {
    reduce: "mean",
    of: (module, trainable, frozen) => {
      const [x, y] = [deltaOf(trainable, module), deltaOf(frozen, module)];
      const sigma = (rows: Rows) => Math.sqrt(lowerMedian(rows) / 2);
      return hsic(x, y, {
        kernel: { kind: "rbf", sigma: sigma(x) },
        kernelY: { kind: "rbf", sigma: sigma(y) },
        estimator: "biased",
      });
    },
  },
  "a-rows": {
    reduce: "sum",
    of: (module, trainable, frozen) => {
      // 2σ² + 1e-5 with σ = 1, as a kernel without the 1e-5.
      const kernel = { kind: "rbf", sigma: Math.sqrt(1 + 0.5e-5) } as const;
      const key = `${module}.lora_A`;
      return hsic(trainable[key] ?? [], frozen[key] ?? [], { kernel, estimator: "biased" });
    },
  },
  cos2: {
    reduce: "mean",
    of: (module, trainable, frozen) => {
      const [x, y] = [deltaOf(trainable, module).flat(), deltaOf(frozen, module).flat()];
      const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
      return dot(x, y) ** 2 / (dot(x, x) * dot(y, y));
    },
  },
};

function twin(kind: keyof typeof twins, trainable: Record<string, Rows>, frozen: readonly TensorMap[]): number {
  const { of, reduce } = twins[kind];
  const terms = frozen.flatMap((adapter) => MODULES.map(({ name }) => of(name, trainable, hostRows(adapter))));
  const sum = terms.reduce((total, term) => total + term, 0);
  return reduce === "sum" ? sum : sum / terms.length;
}

function lowerMedian(rows: Rows): number {
  const distances: number[] = [];
  rows.forEach((a, i) => {
    for (const b of rows.slice(0, i)) distances.push(a.reduce((sum, x, k) => sum + (x - (b[k] ?? 0)) ** 2, 0));
  });
  distances.sort((a, b) => a - b);
  return distances[Math.floor((distances.length - 1) / 2)] ?? 0;
}

describe.each(Object.keys(twins) as (keyof typeof twins)[])("%s", (kind) => {
  const frozen = [randomAdapter(1), randomAdapter(2)];
  const trainable = randomAdapter(3);

  test("equals its definition on delta-W formed in full, with two frozen vectors", async () => {
    const { value } = await evaluate(kind, trainable, frozen);
    expect(value).toBeCloseTo(twin(kind, hostRows(trainable), frozen), 5);
  });

  test("has the gradient that finite differences of the definition have", async () => {
    const { gradient } = await evaluate(kind, trainable, frozen);
    const largest = Math.max(...Object.values(gradient).flat(2).map(Math.abs));
    expect(largest).toBeGreaterThan(1e-5);
    for (const name of Object.keys(trainable)) {
      for (const [i, j] of [
        [0, 0],
        [1, 2],
        [2, 1],
      ] as const) {
        const step = 1e-5;
        const shifted = (by: number): number => {
          const moved = hostRows(trainable);
          const row = moved[name]?.[i];
          if (row !== undefined) row[j] = (row[j] ?? 0) + by;
          // Bandwidths count as constant.
          return kind === "dw-rbf" ? rbfAtFixedBandwidth(moved) : twin(kind, moved, frozen);
        };
        const difference = (shifted(step) - shifted(-step)) / (2 * step);
        expect(gradient[name]?.[i]?.[j] ?? Number.NaN).toBeCloseTo(difference, 5 - Math.ceil(Math.log10(largest)));
      }
    }

    function rbfAtFixedBandwidth(moved: Record<string, Rows>): number {
      const terms = frozen.flatMap((adapter) =>
        MODULES.map(({ name }) => {
          const y = deltaOf(hostRows(adapter), name);
          const sigma = (rows: Rows) => Math.sqrt(lowerMedian(rows) / 2);
          return hsic(deltaOf(moved, name), y, {
            kernel: { kind: "rbf", sigma: sigma(deltaOf(hostRows(trainable), name)) },
            kernelY: { kind: "rbf", sigma: sigma(y) },
            estimator: "biased",
          });
        }),
      );
      return terms.reduce((sum, term) => sum + term, 0) / terms.length;
    }
  });
});

/** (B·R⁻¹, R·A): another pair of factors of the same delta-W. */
function regauged(adapter: TensorMap, mix: readonly number[]): TensorMap {
  const [p = 0, q = 0, r = 0] = mix;
  const upper: Rows = [
    [1, p, q],
    [0, 1, r],
    [0, 0, 1],
  ];
  const inverse: Rows = [
    [1, -p, p * r - q],
    [0, 1, -r],
    [0, 0, 1],
  ];
  return Object.fromEntries(
    Object.entries(hostRows(adapter)).map(([name, rows]) => [
      name,
      tensorOf(name.endsWith("lora_A") ? multiply(upper, rows) : multiply(rows, inverse)),
    ]),
  );
}

describe("gauge", () => {
  const mix = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 3, maxLength: 3 });

  property.prop([fc.constantFrom("dw-cka", "dw-rbf", "cos2"), fc.integer({ min: 0, max: 1e6 }), mix, mix], {
    numRuns: 25,
  })("measures of delta-W do not change when (B, A) becomes (B R^-1, R A)", async (kind, seed, first, second) => {
    const [trainable, frozen] = [randomAdapter(seed), randomAdapter(seed + 1)];
    const before = await evaluate(kind as PenaltyKind, trainable, [frozen]);
    const after = await evaluate(kind as PenaltyKind, regauged(trainable, first), [regauged(frozen, second)]);
    expect(after.value).toBeCloseTo(before.value, 4);
  });

  test("a-rows does change: it is no function of the value vector", async () => {
    const [trainable, frozen] = [randomAdapter(3), randomAdapter(4)];
    const before = await evaluate("a-rows", trainable, [frozen]);
    const after = await evaluate("a-rows", regauged(trainable, [1, 1, 1]), [frozen]);
    expect(Math.abs(after.value - before.value)).toBeGreaterThan(1e-3);
  });
});

test("dw-cka is 1 for the same vector at any scale, and finite with a finite gradient where B is zero", async () => {
  const vector = randomAdapter(5);
  const double = randomAdapter(5, MODULES, 2);
  expect((await evaluate("dw-cka", double, [vector])).value).toBeCloseTo(1, 4);
  const fresh = Object.fromEntries(
    Object.entries(vector).map(([name, tensor]) => [
      name,
      name.endsWith("lora_B") ? { ...tensor, data: new Float32Array(tensor.data.length) } : tensor,
    ]),
  );
  const { value, gradient } = await evaluate("dw-cka", fresh, [vector]);
  expect(value).toBe(0);
  for (const entry of Object.values(gradient).flat(2)) expect(Number.isFinite(entry)).toBe(true);
});

test("weight-decay pulls each A along A − mean row as hard as a-rows does at the start, and not otherwise", async () => {
  const initial = randomAdapter(6);
  const frozen = [randomAdapter(7), randomAdapter(8)];
  const decay = await evaluate("weight-decay", initial, frozen);
  const published = await evaluate("a-rows", initial, frozen);
  for (const { name } of MODULES) {
    const key = `${name}.lora_A`;
    const rows = rowsOf(initial[key]);
    const mean = (rows[0] ?? []).map((_, j) => rows.reduce((sum, row) => sum + (row[j] ?? 0), 0) / rows.length);
    const centred = rows.map((row) => row.map((x, j) => x - (mean[j] ?? 0)));
    const dot = (a: Rows = [], b: Rows = []) => a.flat().reduce((sum, x, i) => sum + x * (b.flat()[i] ?? 0), 0);
    const along = dot(published.gradient[key], centred) / dot(centred, centred);
    expect(dot(decay.gradient[key], centred) / dot(centred, centred)).toBeCloseTo(along, 6);
    decay.gradient[key]?.forEach((row, i) => {
      row.forEach((x, j) => {
        expect(x).toBeCloseTo(along * (centred[i]?.[j] ?? 0), 6);
      });
    });
    expect(Math.max(...(decay.gradient[`${name}.lora_B`] ?? []).flat().map(Math.abs))).toBe(0);
  }
});

test("compiled and eager agree on every penalty and its gradient", async () => {
  const compiled = await openEngine("cpu", { threads: 1 });
  try {
    for (const kind of PENALTY_KINDS) {
      const frozen = [randomAdapter(1), randomAdapter(2)];
      const trainable = randomAdapter(3);
      const eager = await evaluate(kind, trainable, frozen);
      const fast = await evaluate(kind, trainable, frozen, { on: compiled });
      expect(fast.value).toBeCloseTo(eager.value, 5);
      for (const [name, rows] of Object.entries(eager.gradient)) {
        rows.flat().forEach((x, i) => {
          expect(fast.gradient[name]?.flat()[i] ?? Number.NaN).toBeCloseTo(x, 5);
        });
      }
    }
  } finally {
    compiled.dispose();
  }
});

test("dw-cka and cos2 give the golden numbers of low-rank CKA and Frobenius cosine", async (context) => {
  const folder = sharedFolder(context, "fixtures");
  const golden = JSON.parse(readFileSync(join(folder, "golden.json"), "utf8")) as {
    lowRank: { A1: Rows; B1: Rows; A2: Rows; B2: Rows; cka: number; frobeniusCosine: number }[];
  };
  expect(golden.lowRank.length).toBeGreaterThan(0);
  for (const { A1, B1, A2, B2, cka: expected, frobeniusCosine } of golden.lowRank) {
    const frozen = { "m.lora_A": tensorOf(A1), "m.lora_B": tensorOf(B1) };
    const trainable = { "m.lora_A": tensorOf(A2), "m.lora_B": tensorOf(B2) };
    const modules = adaptedModules(trainable);
    const measured = await evaluate("dw-cka", trainable, [frozen], { modules });
    expect(measured.value).toBeCloseTo(expected, 5);
    const cosine = await evaluate("cos2", trainable, [frozen], { modules });
    expect(cosine.value).toBeCloseTo(frobeniusCosine ** 2, 5);
  }
});

test("penalties cost what their products cost: more with more frozen vectors where these are kept apart", () => {
  for (const kind of PENALTY_KINDS) {
    const one = PENALTIES[kind].flops(MODULES, 1);
    expect(Number.isInteger(one) && one > 0).toBe(true);
    expect(PENALTIES[kind].flops(MODULES, 2)).toBeGreaterThanOrEqual(one);
  }
  expect(PENALTIES["dw-cka"].flops(MODULES, 2)).toBeGreaterThan(PENALTIES["dw-cka"].flops(MODULES, 1));
});
