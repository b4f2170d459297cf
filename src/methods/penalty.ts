/**
 * Decorrelation penalties of MVA: a number for how much the value vector in training, delta-W_2 = s·B2·A2, has in common
 * with the frozen ones. Added to the DPO loss as alpha · penalty (METHODS §1.1, §4.4).
 *
 * `dw-cka`, `dw-rbf` and `cos2` measure delta-W (they do not change when (B, A) becomes (B·R⁻¹, R·A)); `a-rows` is what the
 * authors published, and `weight-decay` its control: the same pull on A2 without any knowledge of A1.
 */
import type * as tf from "@tensorflow/tfjs";
import type { TensorMap, TfTensors } from "../engine/index.js";
import { aRows } from "./penalties/a-rows.js";
import { cos2 } from "./penalties/cos2.js";
import { dwCka } from "./penalties/dw-cka.js";
import { dwRbf } from "./penalties/dw-rbf.js";
import { weightDecay } from "./penalties/weight-decay.js";

export const PENALTY_KINDS = ["dw-cka", "dw-rbf", "a-rows", "cos2", "weight-decay"] as const;

export type PenaltyKind = (typeof PENALTY_KINDS)[number];

export interface Penalty {
  /** The first share of the steps that goes without it: B2 = 0 at the start, where delta-W has no direction yet. */
  readonly startsAfter: number;
  /**
   * Factors of the frozen adapters, computed once and fed at every step. `initial` is the trainable adapter as it starts.
   * Tensors may be named freely; their shapes depend only on the modules and on how many adapters are frozen.
   */
  freeze(modules: readonly AdaptedModule[], frozen: readonly TensorMap[], initial: TensorMap): TensorMap;
  /** Inside a program, before gradients are taken: what the penalty treats as constant (bandwidths). */
  constants?(modules: readonly AdaptedModule[], trainable: TfTensors): tf.Tensor[];
  /** Inside a program, differentiable in `trainable`: the penalty, a scalar. */
  value(
    modules: readonly AdaptedModule[],
    trainable: TfTensors,
    frozen: TfTensors,
    constants: readonly tf.Tensor[],
  ): tf.Tensor;
  /** Arithmetic of one step, value and gradient, with `count` frozen adapters. */
  flops(modules: readonly AdaptedModule[], count: number): number;
}

/** One module that carries an adapter: A [rank, inner], B [out, rank]. */
export interface AdaptedModule {
  readonly name: string;
  readonly out: number;
  readonly inner: number;
  readonly rank: number;
}

export const PENALTIES: Readonly<Record<PenaltyKind, Penalty>> = {
  "dw-cka": dwCka,
  "dw-rbf": dwRbf,
  "a-rows": aRows,
  cos2,
  "weight-decay": weightDecay,
};

/** The modules of an adapter, in the order of their names. */
export function adaptedModules(adapter: TensorMap): AdaptedModule[] {
  return Object.keys(adapter)
    .filter((key) => key.endsWith(".lora_A"))
    .sort()
    .map((key) => {
      const name = key.slice(0, -".lora_A".length);
      const [rank = 0, inner = 0] = adapter[key]?.shape ?? [];
      const [out = 0] = adapter[`${name}.lora_B`]?.shape ?? [];
      return { name, out, inner, rank };
    });
}
