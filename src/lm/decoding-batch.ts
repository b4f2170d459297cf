/** Rows of one group that are decoded together, and the tensors that go into each call. */
import type { HostTensor, TensorMap } from "../engine/engine.js";
import { float32, int32 } from "../engine/engine.js";
import type { DecoderConfig } from "./config.js";
import type { StepOutput } from "./decode-step.js";
import { MOST_NOISE } from "./draw-tokens.js";
import type { GenerationRow, GenerationSettings } from "./generate.js";
import type { KvCache } from "./kv-cache.js";
import { cacheCapacity } from "./kv-cache.js";
import { NotFiniteError } from "./not-finite.js";
import { drawToken, logProbOf } from "./sampling.js";

/** A cache with so many slots more than its longest text needs is left as it is. */
const SPARE_SLOTS = 16;

/** A row under way. */
export interface Running {
  readonly index: number;
  readonly row: GenerationRow;
  readonly uniform: () => number;
  readonly tokens: number[];
  readonly logProbs: number[];
  /** Tokens in the cache. */
  cached: number;
}

export class DecodingBatch {
  readonly output: StepOutput;
  active = 0;
  private rows: (Running | undefined)[] = [];
  private tokens = new Int32Array(0);
  private positions = new Int32Array(0);
  private coefficients = new Float32Array(0);
  private readonly stops: ReadonlySet<number>;

  /** @param cache reset, with memory for the largest shape. */
  constructor(
    private readonly config: DecoderConfig,
    private readonly members: readonly number[],
    private readonly cache: KvCache,
    private readonly settings: GenerationSettings,
    private readonly finish: (running: Running, ended: boolean) => void,
  ) {
    const { temperature, topP = 1, logProbs = false } = settings;
    const logits = logProbs && temperature !== 1;
    // Nuclei are found on the host, where all logits come out at any rate.
    const drawn = temperature !== 0 && topP >= 1 && !logits;
    this.output = {
      logits,
      probabilities: temperature !== 0 && !drawn,
      drawn,
      // At temperature 1 a token's log-probability is the logarithm of the probability that it was drawn with.
      drawnProbability: drawn && logProbs,
      greedy: temperature === 0,
    };
    this.stops = new Set(settings.stopIds);
  }

  get size(): number {
    return this.rows.length;
  }

  /** Slots of the cache. */
  get capacity(): number {
    return this.cache.capacity;
  }

  /** Changes the number of rows, which must hold those active, and fits the cache to the texts. */
  resize(size: number): void {
    const longest = Math.max(0, ...this.rows.map((running) => running?.cached ?? 0));
    const needed = cacheCapacity(longest);
    // The cache moves for every change. A few slots fewer are not worth it while the rows stay.
    const spare = this.capacity - needed;
    const capacity = size === this.size && spare > 0 && spare <= SPARE_SLOTS ? this.capacity : needed;
    if (size === this.size && capacity === this.capacity) return;
    const kept = this.rows.flatMap((running, row) => (running === undefined ? [] : [row]));
    const { rows, tokens, positions, coefficients } = this;
    this.cache.reshape(size, capacity, kept);
    this.tokens = new Int32Array(size);
    this.positions = new Int32Array(size);
    this.coefficients = new Float32Array(size * this.members.length);
    const width = this.members.length;
    for (const [to, row] of kept.entries()) {
      this.tokens[to] = tokens[row] ?? 0;
      this.positions[to] = positions[row] ?? 0;
      this.coefficients.set(coefficients.subarray(row * width, (row + 1) * width), to * width);
    }
    this.rows = Array.from({ length: size }, (_, to) => rows[kept[to] ?? -1]);
  }

  /** Makes room for texts of `length` tokens. */
  private reserve(length: number): void {
    const capacity = cacheCapacity(length);
    if (capacity > this.capacity) this.cache.reshape(this.size, capacity, [...this.rows.keys()]);
  }

  /** `taken` in a pass of `count` rows and `length` columns. */
  prefillInputs(taken: readonly Running[], count: number, length: number): Record<string, HostTensor> {
    const tokens = new Int32Array(count * length);
    const positions = new Int32Array(count * length);
    const segments = new Int32Array(count * length).fill(-1);
    const last = new Int32Array(count);
    const coefficients = new Float32Array(count * this.members.length);
    const noise = this.noise(taken, count);
    for (const [i, { row }] of taken.entries()) {
      tokens.set(row.prompt, i * length);
      segments.fill(0, i * length, i * length + row.prompt.length);
      for (let t = 0; t < row.prompt.length; t++) positions[i * length + t] = t;
      last[i] = i * length + row.prompt.length - 1;
      this.setCoefficients(coefficients, i, row);
    }
    return {
      tokens: int32([count, length], tokens),
      positions: int32([count, length], positions),
      segments: int32([count, length], segments),
      last: int32([count], last),
      ...noise,
      ...this.choiceInputs(coefficients, count),
    };
  }

  /** Takes in the rows of a prefill pass of `time` columns. */
  prefilled(taken: readonly Running[], time: number, outputs: TensorMap): void {
    this.reserve(Math.max(...taken.map(({ row }) => row.prompt.length)));
    for (const [source, running] of taken.entries()) {
      const slot = this.rows.indexOf(undefined);
      const { length } = running.row.prompt;
      this.cache.clear(slot);
      for (let layer = 0; layer < this.config.layers; layer++) {
        const { keys, values } = this.cachedOf(layer, outputs);
        this.cache.write(layer, slot, length, keys, values, source, time);
      }
      this.cache.extend(slot, length);
      running.cached = length;
      this.rows[slot] = running;
      this.active++;
      this.setCoefficients(this.coefficients, slot, running.row);
      this.choose(slot, running, outputs, source);
    }
  }

  stepInputs(): Record<string, HostTensor> {
    return {
      ...this.cache.tensors,
      tokens: int32([this.size], this.tokens),
      positions: int32([this.size], this.positions),
      ...this.noise(this.rows, this.size),
      ...this.choiceInputs(this.coefficients, this.size),
    };
  }

  /** Takes in a step: caches the tokens that were fed and chooses the next ones. */
  stepped(outputs: TensorMap): void {
    for (let layer = 0; layer < this.config.layers; layer++) {
      const { keys, values } = this.cachedOf(layer, outputs);
      for (let slot = 0; slot < this.size; slot++) {
        if (this.rows[slot] !== undefined) this.cache.write(layer, slot, 1, keys, values, slot, 1);
      }
    }
    for (let slot = 0; slot < this.size; slot++) {
      const running = this.rows[slot];
      if (running === undefined) continue;
      this.cache.extend(slot, 1);
      running.cached++;
      this.choose(slot, running, outputs, slot);
    }
  }

  /** Draws the next token of a row from row `source` of `outputs`; the row leaves the batch when that ends it. */
  private choose(slot: number, running: Running, outputs: TensorMap, source: number): void {
    const { vocabSize } = this.config;
    const { topP = 1, maxNewTokens, logProbs } = this.settings;
    const start = source * vocabSize;
    const logits = outputs.logits?.data as Float32Array;
    const probabilities = outputs.probabilities?.data as Float32Array;
    const token = this.output.greedy
      ? chosenToken(outputs.greedy, outputs.logitSum, source)
      : this.output.drawn
        ? chosenToken(outputs.drawn, outputs.total, source)
        : drawToken(probabilities, start, vocabSize, topP, running.uniform());
    if (token < 0) throw new NotFiniteError(`row ${running.index}: the model's logits are not finite`);
    running.tokens.push(token);
    if (logProbs === true) {
      running.logProbs.push(
        this.output.drawnProbability
          ? Math.log(outputs.drawnProbability?.data[source] ?? Number.NaN)
          : this.output.logits
            ? logProbOf(logits, start, vocabSize, token)
            : Math.log(probabilities[start + token] ?? Number.NaN),
      );
    }
    const ended = this.stops.has(token);
    if (ended || running.tokens.length >= maxNewTokens) {
      this.rows[slot] = undefined;
      this.active--;
      this.finish(running, ended);
      return;
    }
    this.tokens[slot] = token;
    this.positions[slot] = running.cached;
  }

  private setCoefficients(target: Float32Array, index: number, row: GenerationRow): void {
    for (const [k, member] of this.members.entries()) {
      target[index * this.members.length + k] = row.coefficients?.[member] ?? 0;
    }
  }

  /** A layer's part of a pass' `cached`. */
  private cachedOf(layer: number, { cached }: TensorMap): { keys: Float32Array; values: Float32Array } {
    const all = cached?.data as Float32Array;
    const size = all.length / (2 * this.config.layers);
    const part = (index: number): Float32Array => all.subarray(index * size, (index + 1) * size);
    return { keys: part(2 * layer), values: part(2 * layer + 1) };
  }

  /** The next number of each row that is there, where the program draws. */
  private noise(rows: readonly (Running | undefined)[], count: number): Record<string, HostTensor> {
    if (!this.output.drawn) return {};
    const noise = new Float32Array(count);
    for (const [i, running] of rows.entries()) {
      if (running !== undefined) noise[i] = Math.min(running.uniform(), MOST_NOISE);
    }
    return { noise: float32([count, 1], noise) };
  }

  private choiceInputs(coefficients: Float32Array, rows: number): Record<string, HostTensor> {
    return {
      ...(this.members.length === 0 ? {} : { coefficients: float32([rows, this.members.length], coefficients) }),
      ...(this.output.greedy ? {} : { inverseTemperature: float32([1], [1 / this.settings.temperature]) }),
    };
  }
}

/** The token that the program chose for a row, or −1 where `witness` is not finite, because some logit is not. */
function chosenToken(tokens: HostTensor | undefined, witness: HostTensor | undefined, row: number): number {
  return Number.isFinite(witness?.data[row]) ? (tokens?.data[row] ?? -1) : -1;
}
