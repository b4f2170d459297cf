/** The pass over whole prompts that fills the cache and predicts each row's first new token. */
import * as tf from "@tensorflow/tfjs";
import type { Program, TensorSpec } from "../engine/engine.js";
import type { Bank } from "./adapters.js";
import { mixBank } from "./adapters.js";
import type { DecoderConfig } from "./config.js";
import type { StepOutput } from "./decode-step.js";
import { choiceInputs, chooseOutputs } from "./decode-step.js";
import { decoderHidden, headLogits, hiddenAt } from "./decoder.js";

export interface PrefillShape {
  readonly rows: number;
  /** Columns, a bucket. */
  readonly length: number;
}

/** `tokens`, `positions`, `segments` int32 [rows, length]; `last` int32 [rows], flat; and what choosing needs. */
export function prefillSignature(
  { rows, length }: PrefillShape,
  output: StepOutput,
  bank: Bank | null,
): Record<string, TensorSpec> {
  const ids = { dtype: "int32", shape: [rows, length] } as const;
  const inputs: Record<string, TensorSpec> = {
    tokens: ids,
    positions: ids,
    segments: ids,
    last: { dtype: "int32", shape: [rows] },
  };
  if (bank !== null) inputs.coefficients = { dtype: "float32", shape: [rows, bank.size] };
  return { ...inputs, ...choiceInputs(output, rows) };
}

/**
 * Outputs `cached` [2 · layers · rows, kvHeads, length, headDim], each layer's keys and then its values, and what `output`
 * names.
 */
export function prefillProgram(config: DecoderConfig, output: StepOutput, bank: Bank | null): Program {
  return ({ inputs, constants }) => {
    const { tokens, positions, segments, last, coefficients } = inputs;
    if (!tokens || !positions || !segments || !last) throw new Error("prefill needs the inputs of prefillSignature");
    const adapters = bank !== null && coefficients ? mixBank(bank, inputs, coefficients) : undefined;
    const cached: tf.Tensor[] = [];
    const weights = { ...constants, ...inputs };
    const hidden = decoderHidden(config, weights, { tokens, positions, segments }, adapters, (_, keys, values) => {
      cached.push(keys, values);
    });
    const head = (x: tf.Tensor): tf.Tensor => headLogits(config, weights, x);
    return {
      outputs: { cached: tf.concat(cached, 0), ...chooseOutputs(hiddenAt(hidden, last), head, output, inputs) },
    };
  };
}
