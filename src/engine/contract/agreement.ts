/** The contract that every engine is held to: each program gives what the eager oracle (`tfjs-cpu`) gives. */
import * as tf from "@tensorflow/tfjs";
import type { Engine, HostTensor, Program, TensorMap } from "../engine.js";
import { specsOf } from "../engine.js";
import type { OpCase } from "./op-case.js";
import type { Operand } from "./operands.js";
import { fill, stream } from "./operands.js";

/** Largest |a−b| over max|b|; infinite when a shape, type or non-finite entry differs. */
export function disagreement(a: HostTensor | undefined, b: HostTensor | undefined): number {
  if (a === undefined || b === undefined) return Number.POSITIVE_INFINITY;
  if (`${a.shape}` !== `${b.shape}` || a.dtype !== b.dtype) return Number.POSITIVE_INFINITY;
  let [worst, scale] = [0, 0];
  for (const [i, expected] of b.data.entries()) {
    const got = a.data[i] ?? Number.NaN;
    if (Object.is(got, expected) || got === expected) continue;
    if (!Number.isFinite(got) || !Number.isFinite(expected)) return Number.POSITIVE_INFINITY;
    worst = Math.max(worst, Math.abs(got - expected));
  }
  for (const expected of b.data) if (Number.isFinite(expected)) scale = Math.max(scale, Math.abs(expected));
  return worst === 0 ? 0 : worst / scale;
}

/** The op's value, and for differentiable ones the gradient of a random weighting of it. */
export function opProgram(op: OpCase, operands: readonly Operand[]): Program {
  return ({ inputs }) => {
    const xs = operands.map((_, i) => inputs[`x${i}`] as tf.Tensor);
    if (!op.differentiable) return { outputs: { y: op.f(...xs) } };
    const floating = xs.filter((x) => x.dtype === "float32");
    const f = (...active: tf.Tensor[]) => {
      const rest = [...active];
      return op.f(...xs.map((x) => (x.dtype === "float32" ? (rest.shift() as tf.Tensor) : x)));
    };
    const y = f(...floating);
    // Fixed unequal weights, so that no gradient is a plain sum.
    const dy = tf.reshape(tf.cos(tf.range(0, y.size, 1, "float32")), y.shape);
    const { value, grads } = tf.valueAndGrads(f)(floating, dy);
    return { outputs: { y: value, ...Object.fromEntries(grads.map((grad, i) => [`d${i}`, grad])) } };
  };
}

export function opInputs(operands: readonly Operand[], seed: number): Record<string, HostTensor> {
  const random = stream(seed);
  return Object.fromEntries(operands.map((operand, i) => [`x${i}`, fill(operand, random)]));
}

/** Runs a stateless program once on a fresh executable. */
export async function runOnce(engine: Engine, name: string, program: Program, inputs: TensorMap) {
  const executable = await engine.compile(name, program, { inputs: specsOf(inputs) });
  try {
    return await executable.run(inputs);
  } finally {
    executable.dispose();
  }
}

/** The worst disagreement of `engine` with `oracle` over all outputs, and where it is. */
export async function compareEngines(
  engine: Engine,
  oracle: Engine,
  name: string,
  program: Program,
  inputs: TensorMap,
): Promise<{ worst: number; output: string }> {
  const expected = await runOnce(oracle, name, program, inputs);
  const got = await runOnce(engine, name, program, inputs);
  let result = { worst: 0, output: "" };
  for (const output of new Set([...Object.keys(expected), ...Object.keys(got)])) {
    const worst = disagreement(got[output], expected[output]);
    if (!(worst <= result.worst)) result = { worst, output };
  }
  return result;
}
