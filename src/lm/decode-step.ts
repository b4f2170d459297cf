/**
 * One decoding step as a program: each row's newest token attends over its cached keys and values and itself, side by
 * side. The cache is only fed; this token's keys and values come out, and the host writes them into the cache, because
 * every output of an engine is copied and a cache that came out would cost more than the step.
 */
import * as tf from "@tensorflow/tfjs";
import type { Program, TensorMap, TensorSpec, TfTensors } from "../engine/engine.js";
import { squared } from "../engine/fused-ops.js";
import type { BlockModule, DecoderConfig } from "./config.js";
import { drawTokens } from "./draw-tokens.js";
import type { FusedBank, Group } from "./fused-weights.js";
import { GROUPS } from "./fused-weights.js";
import { rotaryTables, turnHalves } from "./rotary.js";

/**
 * How far below the score of a query with its own key a score counts as nothing: e⁻⁶⁰ beside a weight that is at least
 * e^(own − largest) vanishes in a float's rounding. Scores are raised to there because exponentials of what lies further
 * down are denormal, and the processor takes six times as long over those.
 */
const NOTHING = 60;

/** What comes out for choosing the next token: as little as does, since every output is copied. */
export interface StepOutput {
  /** [rows, vocab]. */
  readonly logits: boolean;
  /** softmax(logits · inverseTemperature), [rows, vocab]. */
  readonly probabilities: boolean;
  /**
   * `drawn` int32 [rows], drawn from these probabilities by `noise`, and `total` [rows], which is not finite where some logit is
   * not a number.
   */
  readonly drawn: boolean;
  /** The probability of the token drawn, [rows]. */
  readonly drawnProbability: boolean;
  /** The largest logit's index, int32 [rows], and `logitSum` [rows], which is not finite where some logit is not. */
  readonly greedy: boolean;
}

export interface StepShape {
  readonly rows: number;
  /** Slots of the cache. */
  readonly capacity: number;
}

/**
 * `tokens`, `positions` int32 [rows]; `mask` [rows · kvHeads, 1, capacity] (0 at slots in use, else a large negative
 * number); `keys.<layer>`, `values.<layer>` [rows · kvHeads, capacity, headDim];
 * `coefficients` [rows, adapters] with a bank, and what `choiceInputs` says.
 */
export function stepSignature(
  config: DecoderConfig,
  { rows, capacity }: StepShape,
  output: StepOutput,
  bank: FusedBank | null,
): Record<string, TensorSpec> {
  const { kvHeads, headDim } = config;
  const inputs: Record<string, TensorSpec> = {
    tokens: { dtype: "int32", shape: [rows] },
    positions: { dtype: "int32", shape: [rows] },
    mask: { dtype: "float32", shape: [rows * kvHeads, 1, capacity] },
  };
  for (let layer = 0; layer < config.layers; layer++) {
    inputs[`keys.${layer}`] = { dtype: "float32", shape: [rows * kvHeads, capacity, headDim] };
    inputs[`values.${layer}`] = { dtype: "float32", shape: [rows * kvHeads, capacity, headDim] };
  }
  if (bank !== null) inputs.coefficients = { dtype: "float32", shape: [rows, bank.size] };
  return { ...inputs, ...choiceInputs(output, rows) };
}

/** What choosing a token needs: `inverseTemperature` [1] unless greedy, and `noise` [rows, 1] where the program draws. */
export function choiceInputs(output: StepOutput, rows: number): Record<string, TensorSpec> {
  return {
    ...(output.probabilities || output.drawn ? { inverseTemperature: { dtype: "float32", shape: [1] } } : {}),
    ...(output.drawn ? { noise: { dtype: "float32", shape: [rows, 1] } } : {}),
  };
}

/**
 * The program. Its constants, or inputs, hold `fuseWeights` and the bank's tensors. Outputs `cached` [2 · layers · rows ·
 * kvHeads, 1, headDim], each layer's keys and then its values (one output, since each has a price of its own), and what
 * `output` names.
 */
export function stepProgram(
  config: DecoderConfig,
  { rows, capacity }: StepShape,
  output: StepOutput,
  bank: FusedBank | null,
): Program {
  const { heads, kvHeads } = config;
  const tables = stepTables(config, capacity + 1);
  return ({ inputs, constants }) => {
    const all = { ...constants, ...inputs };
    const linear = groupProducts(all, bank, rows);
    const positions = need(all, "positions");
    const table = (name: string): tf.Tensor => {
      const host = tables[name];
      if (host === undefined) throw new Error(`no table ${name}`);
      return tf.gather(tf.tensor(host.data, [...host.shape]), positions);
    };
    const [cos, sin] = [table("cos"), table("sin")];
    const mask = need(all, "mask");
    const cached: tf.Tensor[] = [];
    const hidden = decodeToken(config, all, rows, linear, need(all, "tokens"), [cos, sin], (layer, q, k, v) => {
      cached.push(k, v);
      const self = tf.sum(tf.mul(q, k), -1, true);
      const past = raised(tf.add(tf.matMul(q, need(all, `keys.${layer}`), false, true), mask), self);
      // The token itself comes first: a slot's place in the sum then does not depend on the capacity.
      const weights = tf.softmax(tf.concat([self, past], 2));
      const group = [rows * kvHeads, heads / kvHeads] as const;
      return tf.add(
        tf.matMul(tf.slice(weights, [0, 0, 1], [...group, capacity]), need(all, `values.${layer}`)),
        tf.mul(tf.slice(weights, [0, 0, 0], [...group, 1]), v),
      );
    });
    const head = (x: tf.Tensor): tf.Tensor => tf.matMul(x, need(all, "head"));
    return { outputs: { cached: tf.concat(cached, 0), ...chooseOutputs(hidden, head, output, all) } };
  };
}

/**
 * Hidden states [rows, hidden] behind the final norm of one more token a row, from `tokens` int32 [rows] and the rotation's `cos` and `sin` at their
 * positions. `attendTo` is given a layer's `q` [rows · kvHeads, heads / kvHeads, headDim], scaled already, and the token's own
 * `k`, `v` [rows · kvHeads, 1, headDim], and returns what q attends to, like q.
 */
export function decodeToken(
  config: DecoderConfig,
  all: TfTensors,
  rows: number,
  linear: GroupLinear,
  tokens: tf.Tensor,
  [cos, sin]: readonly [tf.Tensor, tf.Tensor],
  attendTo: (layer: number, q: tf.Tensor, k: tf.Tensor, v: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const { heads, kvHeads, headDim, hiddenSize, rmsNormEps: eps } = config;
  let x = tf.gather(need(all, "embed"), tokens);
  for (let layer = 0; layer < config.layers; layer++) {
    const qkv = tf.reshape(linear(rmsNormForward(x, need(all, `${layer}.norm1`), eps), layer, "qkv"), [
      rows,
      heads + 2 * kvHeads,
      2,
      headDim / 2,
    ]);
    const turned = turnHalves(tf.slice(qkv, [0, 0, 0, 0], [rows, heads + kvHeads, 2, headDim / 2]), cos, sin);
    const part = (of: tf.Tensor, from: number, count: number): tf.Tensor =>
      tf.reshape(tf.slice(of, [0, from, 0, 0], [rows, count, 2, headDim / 2]), [
        rows * kvHeads,
        count / kvHeads,
        headDim,
      ]);
    const q = part(turned, 0, heads);
    const k = part(turned, heads, kvHeads);
    const v = part(qkv, heads + kvHeads, kvHeads);
    const attended = attendTo(layer, q, k, v);
    x = tf.add(x, linear(tf.reshape(attended, [rows, heads * headDim]), layer, "o"));

    const second = rmsNormForward(x, need(all, `${layer}.norm2`), eps);
    const gate = linear(second, layer, "gate");
    const gated = tf.mul(tf.mul(gate, tf.sigmoid(gate)), linear(second, layer, "up"));
    x = tf.add(x, linear(gated, layer, "down"));
  }
  return tf.reshape(rmsNormForward(x, need(all, "norm"), eps), [rows, hiddenSize]);
}

/** The part of a pass that `StepOutput` describes, from hidden states [rows, hidden]; `head` yields their logits [rows, vocab]. */
export function chooseOutputs(
  hidden: tf.Tensor,
  head: (hidden: tf.Tensor) => tf.Tensor,
  output: StepOutput,
  inputs: TfTensors,
): TfTensors {
  const outputs: TfTensors = {};
  if (output.logits) outputs.logits = head(hidden);
  if (output.greedy) {
    const logits = head(hidden);
    outputs.greedy = tf.argMax(logits, -1);
    outputs.logitSum = tf.sum(logits, -1);
  }
  if (!output.probabilities && !output.drawn) return outputs;
  const inverse = need(inputs, "inverseTemperature");
  // There are fewer hidden states than logits.
  const tempered = output.logits ? tf.mul(head(hidden), inverse) : head(tf.mul(hidden, inverse));
  const probabilities = tf.softmax(tempered);
  if (output.probabilities) outputs.probabilities = probabilities;
  if (output.drawn) {
    const { token, total, probability } = drawTokens(probabilities, need(inputs, "noise"));
    outputs.drawn = token;
    outputs.total = total;
    if (output.drawnProbability) outputs.drawnProbability = probability();
  }
  return outputs;
}

export type GroupLinear = (x: tf.Tensor, layer: number, group: Group) => tf.Tensor;

/** x·W (+ bias) of a group, plus its low-rank terms. */
export function groupProducts(all: TfTensors, bank: FusedBank | null, rows: number): GroupLinear {
  const spread = new Map<Group, tf.Tensor>();
  for (const group of bank?.groups.keys() ?? []) {
    spread.set(group, tf.matMul(need(all, "coefficients"), need(all, `${group}.scales`)));
  }
  return (x: tf.Tensor, layer: number, group: Group): tf.Tensor => {
    let y = tf.matMul(x, need(all, `${layer}.${group}`));
    const bias = all[`${layer}.${group}.bias`];
    if (bias !== undefined) y = tf.add(y, bias);
    const modules = bank?.groups.get(group);
    const scale = spread.get(group);
    if (modules === undefined || scale === undefined) return y;
    const inner = tf.mul(tf.matMul(x, need(all, `${layer}.${group}.A`)), scale);
    const terms = (GROUPS[group] as readonly BlockModule[]).map((module) => {
      const { outputs, ranks } = modules[module] ?? { outputs: [0, 0], ranks: [0, 0] };
      if (ranks[1] === 0) return tf.zeros([rows, outputs[1]]);
      return tf.matMul(tf.slice(inner, [0, ranks[0]], [rows, ranks[1]]), need(all, `${layer}.${module}.B`));
    });
    const [first] = terms;
    return tf.add(y, terms.length === 1 && first !== undefined ? first : tf.concat(terms, 1));
  };
}

/** Tables [positions, heads + kvHeads, 2, headDim / 2]: queries' carry the softmax's scale, keys' do not. */
export function stepTables(config: DecoderConfig, positions: number): TensorMap {
  const { heads, kvHeads, headDim } = config;
  const width = (heads + kvHeads) * headDim;
  const query = rotaryTables(config, positions, 1 / Math.sqrt(headDim));
  const key = rotaryTables(config, positions);
  const merge = (side: "cos" | "sin") => {
    const data = new Float32Array(positions * width);
    for (let position = 0; position < positions; position++) {
      for (let head = 0; head < heads + kvHeads; head++) {
        const source = (head < heads ? query : key)[side].data;
        data.set(source.subarray(position * headDim, (position + 1) * headDim), position * width + head * headDim);
      }
    }
    return { dtype: "float32", shape: [positions, heads + kvHeads, 2, headDim / 2], data } as const;
  };
  return { cos: merge("cos"), sin: merge("sin") };
}

/** As `rmsNorm`, without a gradient, in the form that ONNX Runtime knows as one kernel. */
function rmsNormForward(x: tf.Tensor, weight: tf.Tensor, eps: number): tf.Tensor {
  const meanSquare = tf.mean(squared(x), -1, true);
  return tf.mul(weight, tf.div(x, tf.sqrt(tf.add(meanSquare, eps))));
}

export function need(tensors: TfTensors, name: string): tf.Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`the step needs "${name}"`);
  return tensor;
}

/** Scores of keys at `MASKED`, or as good as, raised to where their exponential is a normal number; `own` broadcasts. */
function raised(scores: tf.Tensor, own: tf.Tensor): tf.Tensor {
  return tf.maximum(scores, tf.sub(own, NOTHING));
}
