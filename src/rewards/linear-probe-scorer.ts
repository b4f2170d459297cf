/** Judges replies with linear heads on what the frozen base makes of them (`pooled-features.ts`). */
import type { HostTensor, TensorMap } from "../engine/engine.js";
import type { DecoderConfig } from "../lm/config.js";
import type { SequenceRow } from "../lm/sequences.js";
import type { Tokenizer } from "../lm/tokenizer.js";
import { encodeExchange } from "./encoding.js";
import { type FeatureOptions, pooledFeatures } from "./pooled-features.js";
import { dot } from "./ridge-bradley-terry.js";
import type { ScoredText, Scorer } from "./scorer.js";

export interface LinearProbe {
  readonly trunk: { readonly config: DecoderConfig; readonly weights: TensorMap; readonly tokenizer: Tokenizer };
  /** One row of `heads` each, in this order. */
  readonly values: readonly string[];
  /** float32 [values, hidden]. */
  readonly heads: HostTensor;
}

export class LinearProbeScorer implements Scorer {
  readonly values: readonly string[];
  readonly #probe: LinearProbe;
  readonly #options: FeatureOptions;

  /** @throws Error when the heads are not of this trunk and these values */
  constructor(probe: LinearProbe, options: FeatureOptions) {
    const shape = [probe.values.length, probe.trunk.config.hiddenSize];
    if (`${probe.heads.shape}` !== `${shape}`) {
      throw new Error(`the judge's heads have shape [${probe.heads.shape}], its values and base ask for [${shape}]`);
    }
    this.values = probe.values;
    this.#probe = probe;
    this.#options = options;
  }

  describe(): string {
    return `linear heads of ${this.values.join(", ")} on the frozen base`;
  }

  score(items: readonly ScoredText[]): Promise<number[][]> {
    const { tokenizer, config } = this.#probe.trunk;
    return this.scoreRows(items.map((item) => encodeExchange(tokenizer, item, config)));
  }

  /** Rewards `[row][value]` of tokenised replies, in the order given. */
  async scoreRows(rows: readonly SequenceRow[]): Promise<number[][]> {
    const { heads, trunk } = this.#probe;
    const width = trunk.config.hiddenSize;
    const found = await pooledFeatures(trunk, rows, this.#options);
    return found.map((x) => this.values.map((_, k) => dot(heads.data.subarray(k * width, (k + 1) * width), x)));
  }
}
