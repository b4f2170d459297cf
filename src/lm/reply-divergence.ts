/**
 * How far a mixture's policy is from the base along given replies: Σ_t KL(π_w(·|x, y_<t) ‖ π_base(·|x, y_<t)) over a reply's
 * positions, full vocabulary, in nats a reply. Along replies that π_w wrote at temperature 1 its mean estimates
 * KL(π_w ‖ π_base) with the per-token sampling noise integrated out.
 */
import * as tf from "@tensorflow/tfjs";
import type { Engine, Program, TensorMap, TensorSpec } from "../engine/engine.js";
import { float32 } from "../engine/engine.js";
import type { Adapter, Bank } from "./adapters.js";
import { mixBank, stackBank } from "./adapters.js";
import type { DecoderConfig } from "./config.js";
import { logitsAt } from "./decoder.js";
import { ExecutableCache } from "./executable-cache.js";
import {
  packSequences,
  type SequenceRow,
  type SequenceShape,
  sequenceHidden,
  sequenceShape,
  sequenceSignature,
} from "./sequences.js";

export interface MixedReply extends SequenceRow {
  /** One per adapter. */
  readonly coefficients: readonly number[];
}

const ROWS = 32;
const MAX_EXECUTABLES = 12;

export class ReplyDivergence {
  readonly #executables = new ExecutableCache(MAX_EXECUTABLES);

  constructor(
    readonly engine: Engine,
    readonly model: { readonly config: DecoderConfig; readonly weights: TensorMap },
  ) {}

  /**
   * @returns nats per row, in order; at least 0 up to rounding.
   * @throws Error for an empty prompt or response, or a wrong number of coefficients
   */
  async measure(rows: readonly MixedReply[], adapters: readonly Adapter[]): Promise<Float64Array> {
    const out = new Float64Array(rows.length);
    if (adapters.length === 0) return out;
    const bank = stackBank(adapters);
    const size = (row: MixedReply | undefined) => (row === undefined ? 0 : row.prompt.length + row.response.length);
    // Rows of like length share a pass.
    const order = rows.map((_, i) => i).sort((i, j) => size(rows[i]) - size(rows[j]) || i - j);
    for (let start = 0; start < order.length; start += ROWS) {
      const taken = order.slice(start, start + ROWS);
      const batch = taken.map((i) => rows[i]).filter((row) => row !== undefined);
      const shape = { ...sequenceShape(batch), rows: ROWS };
      const packed = packSequences(batch, shape);
      const coefficients = float32([ROWS, bank.size]);
      batch.forEach((row, i) => {
        if (row.coefficients.length !== bank.size) {
          throw new Error(`a reply has ${row.coefficients.length} coefficients for ${bank.size} adapters`);
        }
        coefficients.data.set(row.coefficients, i * bank.size);
      });
      const executable = await this.#executable(shape, bank);
      const { divergence } = await executable.run({ ...packed.inputs, ...bank.tensors, coefficients });
      taken.forEach((i, row) => {
        let sum = 0;
        for (let at = packed.offsets[row] ?? 0; at < (packed.offsets[row + 1] ?? 0); at++) {
          sum += divergence?.data[at] ?? Number.NaN;
        }
        out[i] = sum;
      });
    }
    return out;
  }

  dispose(): Promise<void> {
    return this.#executables.dispose();
  }

  #executable(shape: SequenceShape, bank: Bank) {
    const fed = Object.entries(bank.tensors).map(([name, tensor]): [string, TensorSpec] => [
      name,
      { dtype: tensor.dtype, shape: tensor.shape },
    ]);
    const key = JSON.stringify([shape.rows, shape.length, shape.selected, fed]);
    return this.#executables.get(key, () =>
      this.engine.compile("reply divergence", divergenceProgram(this.model.config, bank), {
        inputs: {
          ...sequenceSignature(shape),
          ...Object.fromEntries(fed),
          coefficients: { dtype: "float32", shape: [shape.rows, bank.size] },
        },
        constants: this.model.weights,
      }),
    );
  }
}

/** Output `divergence` [selected]: KL at each predicted place. */
function divergenceProgram(config: DecoderConfig, bank: Bank): Program {
  return ({ inputs, constants }) => {
    const { coefficients, predictors } = inputs;
    if (!coefficients || !predictors) throw new Error("reply divergence: inputs are missing");
    const logProbs = (adapters?: ReturnType<typeof mixBank>) =>
      tf.logSoftmax(logitsAt(config, constants, sequenceHidden(config, constants, inputs, adapters), predictors));
    const policy = logProbs(mixBank(bank, inputs, coefficients));
    const base = logProbs();
    return { outputs: { divergence: tf.sum(tf.mul(tf.exp(policy), tf.sub(policy, base)), 1) } };
  };
}
