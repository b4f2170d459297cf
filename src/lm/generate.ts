/**
 * Batched generation with a cache of keys and values. A batch may hold any mixtures of the adapter bank on any prompts;
 * rows are grouped by the adapters that they use, and a row that ends gives its place to the next.
 *
 * What a row generates does not depend on the others: its noise is keyed by (seed, promptKey, sample), shapes that change
 * a sum's order (the prompt's bucket, the adapter set) follow from the row alone, and those that do not follow from it
 * (rows of the batch, capacity of the cache) do not change a sum's order.
 */
import type { Engine, Executable, HostTensor, TensorMap, TensorSpec } from "../engine/engine.js";
import { float32, int32 } from "../engine/engine.js";
import type { Adapter, Bank } from "./adapters.js";
import { stackBank } from "./adapters.js";
import { bucketLength } from "./buckets.js";
import type { DecoderConfig } from "./config.js";
import type { StepOutput } from "./decode-step.js";
import { stepProgram, stepSignature } from "./decode-step.js";
import { ExecutableCache } from "./executable-cache.js";
import type { FusedBank } from "./fused-weights.js";
import { fuseBank, fuseWeights } from "./fused-weights.js";
import { KvCache } from "./kv-cache.js";
import { WeightMerger } from "./merged-weights.js";
import { prefillProgram, prefillSignature } from "./prefill.js";
import { argMax, drawToken, logProbOf, sampleNoise } from "./sampling.js";

export interface Model {
  readonly config: DecoderConfig;
  /** Hugging Face's names and layout. */
  readonly weights: TensorMap;
}

export interface GenerationRow {
  /** Not empty. */
  readonly prompt: Int32Array;
  /** Names the prompt in the noise's key: its text, or a hash of it. */
  readonly promptKey: string;
  /** Distinguishes samples of one prompt. */
  readonly sample: number;
  /** One per adapter of the generator's bank; without them, the base. */
  readonly coefficients?: readonly number[];
}

export interface GenerationSettings {
  readonly maxNewTokens: number;
  /** 0 = greedy. */
  readonly temperature: number;
  /** In (0, 1]; 1 = all tokens. */
  readonly topP?: number;
  /** A row ends after the first of these. */
  readonly stopIds: readonly number[];
  readonly seed: number;
  /** Also return each new token's log-probability. */
  readonly logProbs?: boolean;
  readonly signal?: AbortSignal;
  /** Called with the number of rows done so far. */
  readonly onProgress?: (done: number) => void;
}

export interface Generation {
  /** New tokens, the stop token included where one was drawn. */
  readonly tokens: Int32Array;
  /** A stop token was drawn before the limit. */
  readonly ended: boolean;
  /** With `logProbs`: log-probability of each token under the policy at temperature 1, before top-p; else empty. */
  readonly logProbs: Float32Array;
}

export interface GeneratorOptions {
  /** Rows that are decoded together at most. */
  readonly maxRows?: number;
  /**
   * Rows of one mixture in a call from which the mixture is merged into weights instead of read from the bank. Merged
   * weights round differently, so a text may then differ, rarely, with what else is in the call. Default: never.
   */
  readonly mergeFrom?: number;
}

/** Batches come in these sizes; the smallest that holds the rows is taken. */
const BATCH_SIZES = [1, 2, 4, 16, 32, 64, 128, 256];
const DEFAULT_MAX_ROWS = 64;
/**
 * A lone row that reads the adapter bank gets a companion of padding: a product of one row by matrices that are fed, not
 * compiled in, sums in another order than one of several rows, and a sample would then depend on its batch.
 */
const MIN_ROWS_WITH_BANK = 2;
/** Rows of one prefill pass. */
const PREFILL_SIZES = [1, 4, 16];
/** Prompts wait until this share of the batch is free, so that prefill passes are not small. */
const REFILL_SHARE = 1 / 4;
/** Executables kept, each with its copy of the weights. */
const MAX_EXECUTABLES = 24;

interface AdapterSet {
  readonly key: string;
  /** The mixture to merge; then there are no members. */
  readonly merge?: readonly number[];
  /** Sets of equal layout share executables: adapters are fed. */
  readonly layout: string;
  /** Indices into the generator's adapters. */
  readonly members: readonly number[];
  readonly bank: Bank | null;
  readonly fused: FusedBank | null;
}

/** A row under way. */
interface Running {
  readonly index: number;
  readonly row: GenerationRow;
  readonly uniform: () => number;
  readonly tokens: number[];
  readonly logProbs: number[];
  /** Tokens in the cache. */
  cached: number;
}

export class Generator {
  private readonly executables = new ExecutableCache(MAX_EXECUTABLES);
  private readonly sets = new Map<string, AdapterSet>();
  private readonly fusedWeights: TensorMap;
  private readonly batchSizes: readonly number[];
  private readonly mergeFrom: number;
  private merger: WeightMerger | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly model: Model,
    private adapters: readonly Adapter[] = [],
    options: GeneratorOptions = {},
  ) {
    const maxRows = options.maxRows ?? DEFAULT_MAX_ROWS;
    if (!(maxRows >= MIN_ROWS_WITH_BANK))
      throw new Error(`maxRows is ${maxRows}; it must be at least ${MIN_ROWS_WITH_BANK}`);
    this.batchSizes = [...BATCH_SIZES.filter((size) => size < maxRows), maxRows];
    this.fusedWeights = fuseWeights(model.config, model.weights);
    this.mergeFrom = options.mergeFrom ?? Number.POSITIVE_INFINITY;
  }

  /**
   * @returns one generation per row, in order.
   * @throws Error for an empty prompt, a wrong number of coefficients, a text beyond the model's positions, or logits that
   * are not finite.
   */
  async generate(rows: readonly GenerationRow[], settings: GenerationSettings): Promise<Generation[]> {
    if (!(settings.maxNewTokens >= 1))
      throw new Error(`maxNewTokens is ${settings.maxNewTokens}; it must be at least 1`);
    if (!(settings.temperature >= 0)) throw new Error(`temperature is ${settings.temperature}; it must be 0 or more`);
    const results = new Array<Generation | undefined>(rows.length).fill(undefined);
    let done = 0;
    const finish = (running: Running, ended: boolean): void => {
      results[running.index] = {
        tokens: Int32Array.from(running.tokens),
        ended,
        logProbs: Float32Array.from(running.logProbs),
      };
      done++;
    };
    for (const { set, pending } of this.grouped(rows, settings)) {
      const batch = new Batch(this.model.config, set.members, settings, finish);
      await this.runGroup(batch, set, pending, settings, () => settings.onProgress?.(done));
    }
    return results.map((result, index) => {
      if (result === undefined) throw new Error(`row ${index} was not generated`);
      return result;
    });
  }

  /** Puts other adapters in the place of the bank's; of the same shapes, they need no new executables. */
  replaceAdapters(adapters: readonly Adapter[]): void {
    this.adapters = adapters;
    this.sets.clear();
    void this.merger?.dispose();
    this.merger = undefined;
  }

  async dispose(): Promise<void> {
    await this.merger?.dispose();
    await this.executables.dispose();
  }

  /** Rows by adapter set, those with short prompts first, so that rows of like length are decoded together. */
  private grouped(
    rows: readonly GenerationRow[],
    settings: GenerationSettings,
  ): { set: AdapterSet; pending: Running[] }[] {
    const groups = new Map<string, { set: AdapterSet; pending: Running[] }>();
    const sharing = new Map<string, number>();
    for (const { coefficients } of rows) sharing.set(`${coefficients}`, (sharing.get(`${coefficients}`) ?? 0) + 1);
    for (const [index, row] of rows.entries()) {
      if (row.prompt.length === 0) throw new Error(`row ${index} to generate has an empty prompt`);
      const coefficients = row.coefficients ?? [];
      if (coefficients.length !== 0 && coefficients.length !== this.adapters.length) {
        throw new Error(`row ${index} has ${coefficients.length} coefficients for ${this.adapters.length} adapters`);
      }
      const total = row.prompt.length + settings.maxNewTokens;
      if (total > this.model.config.maxPositions) {
        throw new Error(
          `row ${index}: ${row.prompt.length} prompt tokens and ${settings.maxNewTokens} new ones pass the model's ${this.model.config.maxPositions} positions`,
        );
      }
      const members = coefficients.flatMap((coefficient, k) => (coefficient === 0 ? [] : [k]));
      const merged = members.length > 0 && (sharing.get(`${row.coefficients}`) ?? 0) >= this.mergeFrom;
      const set = merged ? mergedSet(coefficients) : this.adapterSet(members);
      const group = groups.get(set.key) ?? { set, pending: [] };
      groups.set(set.key, group);
      const uniform = sampleNoise(settings.seed, row.promptKey, row.sample);
      group.pending.push({ index, row, uniform, tokens: [], logProbs: [], cached: 0 });
    }
    for (const { pending } of groups.values()) pending.sort((a, b) => a.row.prompt.length - b.row.prompt.length);
    return [...groups.values()];
  }

  private adapterSet(members: readonly number[]): AdapterSet {
    const key = members.join("+");
    const known = this.sets.get(key);
    if (known !== undefined) return known;
    const adapters = members.map((member) => this.adapters[member] as Adapter);
    const bank = members.length === 0 ? null : stackBank(adapters);
    const fused = members.length === 0 ? null : fuseBank(this.model.config, adapters);
    const layout = Object.entries(fused?.tensors ?? {}).map(([name, { shape }]) => `${name}[${shape}]`);
    const set = { key, layout: layout.join(), members, bank, fused };
    this.sets.set(key, set);
    return set;
  }

  private async runGroup(
    batch: Batch,
    set: AdapterSet,
    pending: Running[],
    settings: GenerationSettings,
    report: () => void,
  ): Promise<void> {
    const waiting = [...pending];
    const fed = await this.fedTensors(set);
    const least = set.members.length === 0 ? 1 : MIN_ROWS_WITH_BANK;
    batch.resize(this.sizeFor(Math.max(least, waiting.length)));
    while (waiting.length > 0 || batch.active > 0) {
      settings.signal?.throwIfAborted();
      const open = Math.min(waiting.length, batch.size - batch.active);
      if (open > 0 && (batch.active === 0 || open >= batch.size * REFILL_SHARE || open === waiting.length)) {
        const taken = waiting.splice(0, this.prefillCount(waiting, open));
        const length = bucketLength(taken[0]?.row.prompt.length ?? 1);
        const count = PREFILL_SIZES.find((size) => size >= taken.length) ?? taken.length;
        const executable = await this.prefill(set, fed.prefill, count, length, batch.output);
        const inputs = batch.prefillInputs(taken, count, length);
        batch.prefilled(taken, length, await executable.run({ ...inputs, ...fed.prefill }));
        report();
        continue;
      }
      batch.resize(waiting.length > 0 ? batch.size : this.sizeFor(Math.max(least, batch.active)));
      const executable = await this.step(set, fed.step, batch.size, batch.capacity, batch.output);
      const before = batch.active;
      batch.stepped(await executable.run({ ...batch.stepInputs(), ...fed.step }));
      if (batch.active < before) report();
    }
  }

  /** How many of the first waiting rows share a prefill pass: those of one prompt bucket. */
  private prefillCount(waiting: readonly Running[], open: number): number {
    const length = bucketLength(waiting[0]?.row.prompt.length ?? 1);
    const most = Math.min(open, PREFILL_SIZES.at(-1) ?? 1);
    const other = waiting.findIndex(({ row }) => bucketLength(row.prompt.length) !== length);
    return other < 0 ? most : Math.min(most, other);
  }

  private sizeFor(rows: number): number {
    return this.batchSizes.find((size) => size >= rows) ?? (this.batchSizes.at(-1) as number);
  }

  /** What is fed beside the batch: the bank, or every weight with a mixture merged in. */
  private async fedTensors(set: AdapterSet): Promise<{ prefill: TensorMap; step: TensorMap }> {
    if (set.merge === undefined) return { prefill: set.bank?.tensors ?? {}, step: set.fused?.tensors ?? {} };
    const base = { weights: this.model.weights, fused: this.fusedWeights };
    this.merger ??= new WeightMerger(this.engine, this.model.config, base, this.adapters);
    const { weights, fused } = await this.merger.merge(set.merge);
    return { prefill: weights, step: fused };
  }

  private prefill(
    set: AdapterSet,
    fed: TensorMap,
    rows: number,
    length: number,
    output: StepOutput,
  ): Promise<Executable> {
    const key = `prefill/${set.layout}/${rows}x${length}/${output.logits}/${output.probabilities}`;
    return this.executables.get(key, () =>
      this.engine.compile("prefill", prefillProgram(this.model.config, output, set.bank), {
        inputs: { ...prefillSignature({ rows, length }, output, set.bank), ...specsOf(fed) },
        constants: set.merge === undefined ? this.model.weights : {},
      }),
    );
  }

  private step(
    set: AdapterSet,
    fed: TensorMap,
    rows: number,
    capacity: number,
    output: StepOutput,
  ): Promise<Executable> {
    const key = `step/${set.layout}/${rows}x${capacity}/${output.logits}/${output.probabilities}`;
    const shape = { rows, capacity };
    return this.executables.get(key, () =>
      this.engine.compile("decode step", stepProgram(this.model.config, shape, output, set.fused), {
        inputs: { ...stepSignature(this.model.config, shape, output, set.fused), ...specsOf(fed) },
        constants: set.merge === undefined ? this.fusedWeights : {},
      }),
    );
  }
}

function mergedSet(coefficients: readonly number[]): AdapterSet {
  return { key: `merged ${coefficients}`, merge: coefficients, layout: "merged", members: [], bank: null, fused: null };
}

/**
 * Slots for texts of `length` tokens: multiples of 32, then buckets. One slot more than `length` at least, which keeps the
 * last place of the attention's sum, the one that vector code may treat apart, empty.
 */
function cacheCapacity(length: number): number {
  return length < 128 ? 32 * Math.ceil((length + 1) / 32) : bucketLength(length + 1);
}

function specsOf(tensors: TensorMap): Record<string, TensorSpec> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { dtype, shape }]) => [name, { dtype, shape }]));
}

/** Rows of one group that are decoded together, and the tensors that go into each call. */
class Batch {
  readonly output: StepOutput;
  active = 0;
  private cache: KvCache;
  private rows: (Running | undefined)[] = [];
  private tokens = new Int32Array(0);
  private positions = new Int32Array(0);
  private coefficients = new Float32Array(0);
  private readonly stops: ReadonlySet<number>;

  constructor(
    private readonly config: DecoderConfig,
    private readonly members: readonly number[],
    private readonly settings: GenerationSettings,
    private readonly finish: (running: Running, ended: boolean) => void,
  ) {
    this.output = {
      // At temperature 1 a token's log-probability is the logarithm of the probability that it was drawn with.
      logits: settings.temperature === 0 || (settings.logProbs === true && settings.temperature !== 1),
      probabilities: settings.temperature !== 0,
    };
    this.stops = new Set(settings.stopIds);
    this.cache = new KvCache(config, 0, 0);
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
    const capacity = cacheCapacity(longest);
    if (size === this.size && capacity === this.capacity) return;
    const cache = new KvCache(this.config, size, capacity);
    const moved = this.rows.flatMap((running, row) => (running === undefined ? [] : [{ running, row }]));
    const { tokens, positions, coefficients } = this;
    this.tokens = new Int32Array(size);
    this.positions = new Int32Array(size);
    this.coefficients = new Float32Array(size * this.members.length);
    const width = this.members.length;
    for (const [to, { running, row }] of moved.entries()) {
      cache.copyRow(this.cache, row, to, running.cached);
      this.tokens[to] = tokens[row] ?? 0;
      this.positions[to] = positions[row] ?? 0;
      this.coefficients.set(coefficients.subarray(row * width, (row + 1) * width), to * width);
    }
    this.rows = Array.from({ length: size }, (_, row) => moved[row]?.running);
    this.cache = cache;
  }

  /** Makes room for texts of `length` tokens. */
  private reserve(length: number): void {
    if (cacheCapacity(length) <= this.capacity) return;
    const cache = new KvCache(this.config, this.size, cacheCapacity(length));
    for (const [row, running] of this.rows.entries()) {
      if (running !== undefined) cache.copyRow(this.cache, row, row, running.cached);
    }
    this.cache = cache;
  }

  /** `taken` in a pass of `count` rows and `length` columns. */
  prefillInputs(taken: readonly Running[], count: number, length: number): Record<string, HostTensor> {
    const tokens = new Int32Array(count * length);
    const positions = new Int32Array(count * length);
    const segments = new Int32Array(count * length).fill(-1);
    const last = new Int32Array(count);
    const coefficients = new Float32Array(count * this.members.length);
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
        const keys = outputs[`keys.${layer}`]?.data as Float32Array;
        const values = outputs[`values.${layer}`]?.data as Float32Array;
        this.cache.write(layer, slot, 0, length, keys, values, source, time);
      }
      this.cache.show(slot, 0, length);
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
      ...this.choiceInputs(this.coefficients, this.size),
    };
  }

  /** Takes in a step: caches the tokens that were fed and chooses the next ones. */
  stepped(outputs: TensorMap): void {
    for (let layer = 0; layer < this.config.layers; layer++) {
      const keys = outputs[`keys.${layer}`]?.data as Float32Array;
      const values = outputs[`values.${layer}`]?.data as Float32Array;
      for (let slot = 0; slot < this.size; slot++) {
        const running = this.rows[slot];
        if (running !== undefined) this.cache.write(layer, slot, running.cached, 1, keys, values, slot, 1);
      }
    }
    for (let slot = 0; slot < this.size; slot++) {
      const running = this.rows[slot];
      if (running === undefined) continue;
      this.cache.show(slot, running.cached, running.cached + 1);
      running.cached++;
      this.choose(slot, running, outputs, slot);
    }
  }

  /** Draws the next token of a row from row `source` of `outputs`; the row leaves the batch when that ends it. */
  private choose(slot: number, running: Running, outputs: TensorMap, source: number): void {
    const { vocabSize } = this.config;
    const { temperature, topP = 1, maxNewTokens, logProbs } = this.settings;
    const start = source * vocabSize;
    const logits = outputs.logits?.data as Float32Array;
    const probabilities = outputs.probabilities?.data as Float32Array;
    const token =
      temperature === 0
        ? argMax(logits, start, vocabSize)
        : drawToken(probabilities, start, vocabSize, topP, running.uniform());
    if (token < 0) throw new Error(`row ${running.index}: the model's logits are not finite`);
    running.tokens.push(token);
    if (logProbs === true) {
      running.logProbs.push(
        this.output.logits
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

  private choiceInputs(coefficients: Float32Array, rows: number): Record<string, HostTensor> {
    return {
      ...(this.members.length === 0 ? {} : { coefficients: float32([rows, this.members.length], coefficients) }),
      ...(!this.output.probabilities ? {} : { inverseTemperature: float32([1], [1 / this.settings.temperature]) }),
    };
  }
}
