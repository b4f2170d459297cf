/** Judges replies with a reward model: batched, rows of like length together, one forward pass a reply. */
import { type Engine, type Executable, hasOwnMemory, type Program, type Signature } from "../engine/engine.js";
import { FittingRows } from "../engine/fitting-rows.js";
import { bucketLength } from "../lm/buckets.js";
import type { SequenceRow } from "../lm/sequences.js";
import type { Tokenizer } from "../lm/tokenizer.js";
import { encodeExchange } from "./encoding.js";
import { packRewardRows, type RewardModel, rewardSignature, rewardsAt } from "./reward-model.js";
import type { ScoredText, Scorer } from "./scorer.js";

/** Where compiled programs are kept: the worker's cache, or a scorer's own. */
export interface ProgramCache {
  /** Whose limits count; absent: nobody's. */
  readonly engine?: Engine;
  get(name: string, build: () => { program: Program; signature: Signature }): Promise<Executable>;
}

export interface RewardModelScorerOptions {
  readonly programs: ProgramCache;
  /** Tells this model's programs from another's in the cache: its weights are part of them. */
  readonly key: string;
  /** Rows of a full batch; a power of two. */
  readonly batchRows?: number;
  /** For `describe()`: held-out accuracy and the like. */
  readonly note?: string;
}

const ROWS = { host: 64, device: 256 };

export class RewardModelScorer implements Scorer {
  readonly values: readonly string[];
  readonly #model: RewardModel;
  readonly #options: RewardModelScorerOptions;
  readonly #batchRows: number;
  readonly #fitting: FittingRows;

  constructor(
    model: RewardModel,
    readonly tokenizer: Tokenizer,
    options: RewardModelScorerOptions,
  ) {
    this.values = model.values;
    this.#model = model;
    this.#options = options;
    const { engine } = options.programs;
    this.#batchRows = options.batchRows ?? (engine !== undefined && hasOwnMemory(engine.id) ? ROWS.device : ROWS.host);
    this.#fitting = new FittingRows(engine, "replies to judge");
  }

  describe(): string {
    const note = this.#options.note === undefined ? "" : ` (${this.#options.note})`;
    return `reward model of ${this.values.join(", ")}${note}`;
  }

  score(items: readonly ScoredText[]): Promise<number[][]> {
    return this.scoreRows(items.map((item) => encodeExchange(this.tokenizer, item, this.#model.config)));
  }

  /** Rewards `[row][value]` of tokenised replies, in the order given. */
  async scoreRows(rows: readonly SequenceRow[]): Promise<number[][]> {
    const size = (row: SequenceRow): number => row.prompt.length + row.response.length;
    // Rows of like length share a batch; ties keep their order, so that the batches are a function of the rows alone.
    const order = rows
      .map((_, i) => i)
      .sort((i, j) => size(rows[i] as SequenceRow) - size(rows[j] as SequenceRow) || i - j);
    const scores: number[][] = new Array<number[]>(rows.length);
    await this.#fitting.inParts(order, this.#batchRows, async (indices) => {
      const batch = indices.map((i) => rows[i] as SequenceRow);
      const shape = { rows: rowsBucket(batch.length), length: bucketLength(Math.max(...batch.map(size))) };
      const { config, weights, values } = this.#model;
      const executable = await this.#options.programs.get(
        `rewards/${this.#options.key}/${shape.rows}x${shape.length}`,
        () => ({
          program: ({ inputs, constants }) => {
            const { tokens, positions, segments, ends } = inputs;
            if (!tokens || !positions || !segments || !ends) throw new Error("rewards: inputs are missing");
            return { outputs: { rewards: rewardsAt(config, constants, { tokens, positions, segments }, ends) } };
          },
          signature: { inputs: rewardSignature(shape), constants: weights },
        }),
      );
      const { rewards } = await executable.run(packRewardRows(batch, shape));
      indices.forEach((i, row) => {
        scores[i] = values.map((_, k) => rewards?.data[row * values.length + k] ?? Number.NaN);
      });
    });
    return scores;
  }
}

/** Smallest power of two that holds `rows`: few shapes, little padding. */
function rowsBucket(rows: number): number {
  let size = 1;
  while (size < rows) size *= 2;
  return size;
}
