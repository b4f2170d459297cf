/**
 * Log-probabilities of given replies under mixtures of an adapter bank, and how far each mixture is from the base on
 * them: KL(pi || base) of a reply is the sum, over the positions of its tokens, of the full-vocabulary divergence of the
 * next-token distributions given the same past. Exact per position; over sampled replies it estimates the sequence KL.
 */
import * as tf from "@tensorflow/tfjs";
import type { Engine, Program } from "../engine/engine.js";
import { float32, hasOwnMemory } from "../engine/engine.js";
import { FittingRows } from "../engine/fitting-rows.js";
import { logSoftmax } from "../engine/fused-ops.js";
import type { Adapter, Bank } from "./adapters.js";
import { mixBank, stackBank } from "./adapters.js";
import { bucketLength } from "./buckets.js";
import type { DecoderConfig } from "./config.js";
import { headLogits } from "./decoder.js";
import { ExecutableCache } from "./executable-cache.js";
import type { Model } from "./generate.js";
import type { SequenceRow, SequenceShape } from "./sequences.js";
import { packSequences, sequenceHidden, sequenceSignature } from "./sequences.js";

export interface ScoredRow extends SequenceRow {
  /** One per adapter of the scorer's bank. */
  readonly coefficients: readonly number[];
}

export interface SequenceScore {
  /** Of each response token, under the mixture. */
  readonly logProbs: Float32Array;
  /** The same under the base. */
  readonly baseLogProbs: Float32Array;
  /** Σ over the response's positions of KL(mixture || base), nats, ≥ 0. */
  readonly kl: number;
}

/** Rows that a pass may have, rising: on a processor up to what its caches like, on a card up to what keeps it busy. */
const ROWS = { host: [4, 16], device: [4, 16, 64, 128] };
const MAX_EXECUTABLES = 16;

export class SequenceScorer {
  private readonly executables = new ExecutableCache(MAX_EXECUTABLES);
  private readonly sizes: readonly number[];
  private readonly fitting: FittingRows;
  private bank: Bank;

  constructor(
    private readonly engine: Engine,
    private readonly model: Model,
    adapters: readonly Adapter[],
  ) {
    this.sizes = hasOwnMemory(engine.id) ? ROWS.device : ROWS.host;
    this.fitting = new FittingRows(engine, "replies to score");
    this.bank = stackBank(adapters);
  }

  /** Puts other adapters in the place of the bank's; of the same shapes, they need no new executables. */
  replaceAdapters(adapters: readonly Adapter[]): void {
    this.bank = stackBank(adapters);
  }

  /** @throws Error for an empty prompt or response, or a wrong number of coefficients. */
  async score(rows: readonly ScoredRow[], signal?: AbortSignal): Promise<SequenceScore[]> {
    const buckets = new Map<number, number[]>();
    for (const [index, row] of rows.entries()) {
      if (row.coefficients.length !== this.bank.size) {
        throw new Error(`row ${index} has ${row.coefficients.length} coefficients for ${this.bank.size} adapters`);
      }
      const length = bucketLength(row.prompt.length + row.response.length);
      const members = buckets.get(length) ?? [];
      members.push(index);
      buckets.set(length, members);
    }
    const scores: SequenceScore[] = [];
    for (const [length, members] of buckets) {
      await this.fitting.inParts(members, this.most, async (batch) => {
        signal?.throwIfAborted();
        const scored = await this.scoreBatch(
          batch.map((index) => rows[index] as ScoredRow),
          length,
        );
        for (const [i, index] of batch.entries()) scores[index] = scored[i] as SequenceScore;
      });
    }
    return scores;
  }

  private get most(): number {
    return this.sizes.at(-1) as number;
  }

  dispose(): Promise<void> {
    return this.executables.dispose();
  }

  private async scoreBatch(rows: readonly ScoredRow[], length: number): Promise<SequenceScore[]> {
    const selected = bucketLength(rows.reduce((sum, row) => sum + row.response.length, 0));
    const shape: SequenceShape = {
      rows: this.fitting.of(this.sizes.find((size) => size >= rows.length) ?? this.most),
      length,
      selected,
    };
    const { inputs, offsets } = packSequences(rows, shape);
    const size = this.bank.size;
    const coefficients = float32([shape.rows, size]);
    for (const [i, row] of rows.entries()) coefficients.data.set(row.coefficients, i * size);
    const { bank } = this;
    const fed = Object.entries(bank.tensors).map(
      ([name, { dtype, shape: own }]) => [name, { dtype, shape: own }] as const,
    );
    // The adapters are fed: a scorer judges many policies of the same shape, one after the other.
    const key = JSON.stringify([shape.rows, length, selected, fed, [...bank.scales]]);
    const executable = await this.executables.get(key, () =>
      this.engine.compile("score replies", scoreProgram(this.model.config, bank), {
        inputs: {
          ...sequenceSignature(shape),
          ...Object.fromEntries(fed),
          ...(size === 0 ? {} : { coefficients: { dtype: "float32", shape: [shape.rows, size] } }),
        },
        constants: this.model.weights,
      }),
    );
    const outputs = await executable.run({ ...inputs, ...bank.tensors, ...(size === 0 ? {} : { coefficients }) });
    const part = (name: string, row: number): Float32Array =>
      Float32Array.from(outputs[name]?.data ?? []).slice(offsets[row] ?? 0, offsets[row + 1] ?? 0);
    return rows.map((_, row) => ({
      logProbs: part("logProbs", row),
      baseLogProbs: part("baseLogProbs", row),
      kl: part("divergences", row).reduce((sum, divergence) => sum + divergence, 0),
    }));
  }
}

function scoreProgram(config: DecoderConfig, bank: Bank): Program {
  return ({ inputs, constants }) => {
    const { coefficients, targets } = inputs;
    if ((!coefficients && bank.size > 0) || !targets) throw new Error("scoring needs the inputs of sequenceSignature");
    const logProbsOf = (mixed: boolean): tf.Tensor => {
      const adapters = mixed && coefficients ? mixBank(bank, inputs, coefficients) : undefined;
      return logSoftmax(headLogits(config, constants, sequenceHidden(config, constants, inputs, adapters)));
    };
    const mixture = logProbsOf(true);
    const base = logProbsOf(false);
    const [count, vocab] = mixture.shape as [number, number];
    const flat = tf.add(tf.mul(tf.range(0, count, 1, "int32"), tf.scalar(vocab, "int32")), targets);
    const pick = (x: tf.Tensor): tf.Tensor => tf.gather(tf.reshape(x, [count * vocab]), flat);
    return {
      outputs: {
        logProbs: pick(mixture),
        baseLogProbs: pick(base),
        divergences: tf.sum(tf.mul(tf.exp(mixture), tf.sub(mixture, base)), 1),
      },
    };
  };
}
