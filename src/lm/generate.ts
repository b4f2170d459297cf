/**
 * Batched generation with a cache of keys and values. A batch may hold any mixtures of the adapter bank on any prompts;
 * rows are grouped by the adapters that they use, and a row that ends gives its place to the next.
 *
 * What a row generates does not depend on the others: its noise is keyed by (seed, promptKey, sample), shapes that change
 * a sum's order (the prompt's bucket, the adapter set) follow from the row alone, and those that do not follow from it
 * (rows of the batch, capacity of the cache) do not change a sum's order.
 */
import type { CompileHints, Engine, Executable, TensorMap } from "../engine/engine.js";
import { hasOwnMemory, specsOf } from "../engine/engine.js";
import { FittingRows } from "../engine/fitting-rows.js";
import type { Adapter, Bank } from "./adapters.js";
import { stackBank } from "./adapters.js";
import { bucketLength } from "./buckets.js";
import type { DecoderConfig } from "./config.js";
import type { StepOutput } from "./decode-step.js";
import { stepProgram, stepSignature } from "./decode-step.js";
import type { Running } from "./decoding-batch.js";
import { DecodingBatch } from "./decoding-batch.js";
import type { DeviceGroup } from "./device-decoder.js";
import { DeviceDecoder } from "./device-decoder.js";
import { ExecutableCache } from "./executable-cache.js";
import { blockParameters } from "./flops.js";
import type { FusedBank } from "./fused-weights.js";
import { fuseBank, fuseWeights } from "./fused-weights.js";
import { cacheCapacity, cacheRowBytes, KvCache } from "./kv-cache.js";
import { WeightMerger } from "./merged-weights.js";
import { prefillProgram, prefillSignature } from "./prefill.js";
import { sampleNoise } from "./sampling.js";

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
  /** Rows that are decoded together at most. Default: 256 (128 or 64 on one thread), or what fits a cache of 256 MiB. */
  readonly maxRows?: number;
  /**
   * Rows of one mixture in a call from which the mixture is merged into weights instead of read from the bank. Merged
   * weights round differently, so a text may then differ, rarely, with what else is in the call. Default: never.
   */
  readonly mergeFrom?: number;
  /**
   * Where the cache lives and tokens are chosen. "device": with the engine, several tokens a call. Default: "device" on GPUs.
   * Top-p below 1 is chosen on the host.
   */
  readonly decoding?: "host" | "device";
}

/** Batches come in these sizes; the smallest that holds the rows is taken. */
const BATCH_SIZES = [1, 2, 4, 16, 32, 64, 128, 192, 256, 512];
/** For one thread and for several: these wait for each other at every operator, which larger ones make rarer. */
const DEFAULT_MAX_ROWS = { one: 128, several: 256, device: 1024 };
/**
 * On one thread, rows whose cache would be larger are decoded 64 at a time: a step reads all of it, and from the processor's
 * own cache in half of the time. Fewer still would read the weights too often.
 */
const NEAR_CACHE = { bytes: 2 ** 25, rows: 64 };
/**
 * The cache of a batch may take this much, unless `maxRows` says how many rows there are. A device that does not have it says
 * so, and the batch is halved.
 */
const MAX_CACHE_BYTES = { host: 2 ** 28, device: 2 ** 31 };
/** A pass of at most so many FLOPs runs on one thread: its operators are over before a second one has woken up. */
const ONE_THREAD_FLOPS = 3e7;
/**
 * A lone row that reads the adapter bank or merged weights gets a companion of padding: a product of one row by matrices
 * that are fed, not compiled in, sums in another order than one of several rows, and a sample would then depend on its batch.
 */
const MIN_ROWS_FED = 2;
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

export class Generator {
  private readonly executables = new ExecutableCache(MAX_EXECUTABLES);
  private readonly sets = new Map<string, AdapterSet>();
  private readonly fusedWeights: TensorMap;
  private readonly maxRows: number | undefined;
  private readonly device: DeviceDecoder | null;
  private readonly fitting: FittingRows;
  private readonly mergeFrom: number;
  private merger: WeightMerger | undefined;
  /** Its memory serves the next group, or the next call. */
  private spareCache: KvCache | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly model: Model,
    private adapters: readonly Adapter[] = [],
    options: GeneratorOptions = {},
  ) {
    this.maxRows = options.maxRows;
    if (this.maxRows !== undefined && !(this.maxRows >= MIN_ROWS_FED))
      throw new Error(`maxRows is ${this.maxRows}; it must be at least ${MIN_ROWS_FED}`);
    this.fusedWeights = fuseWeights(model.config, model.weights);
    const decoding = options.decoding ?? (hasOwnMemory(engine.id) ? "device" : "host");
    this.device = decoding === "device" ? new DeviceDecoder(engine, model, this.executables) : null;
    this.fitting = new FittingRows(engine, "replies", MIN_ROWS_FED);
    this.mergeFrom = options.mergeFrom ?? Number.POSITIVE_INFINITY;
  }

  /**
   * @returns one generation per row, in order.
   * @throws Error for an empty prompt, a wrong number of coefficients, or a text beyond the model's positions; NotFiniteError
   * for logits that are not finite.
   */
  async generate(rows: readonly GenerationRow[], settings: GenerationSettings): Promise<Generation[]> {
    if (!(settings.maxNewTokens >= 1))
      throw new Error(`maxNewTokens is ${settings.maxNewTokens}; it must be at least 1`);
    if (!(settings.temperature >= 0)) throw new Error(`temperature is ${settings.temperature}; it must be 0 or more`);
    const results = new Array<Generation | undefined>(rows.length).fill(undefined);
    let done = 0;
    const finish = (running: Running, ended: boolean): void => {
      if (results[running.index] === undefined) done++;
      results[running.index] = {
        tokens: Int32Array.from(running.tokens),
        ended,
        logProbs: Float32Array.from(running.logProbs),
      };
    };
    for (const { set, pending } of this.grouped(rows, settings)) {
      if (this.device !== null && (settings.temperature === 0 || (settings.topP ?? 1) >= 1)) {
        await this.runOnDevice(this.device, set, pending, settings, finish, () => settings.onProgress?.(done));
        continue;
      }
      const cache = this.spareCache ?? new KvCache(this.model.config);
      this.spareCache = undefined;
      const capacity = cacheCapacity(longestText(pending, settings));
      const sizes = this.batchSizes(capacity);
      cache.reset(sizeFor(sizes, Math.max(MIN_ROWS_FED, pending.length)) * capacity);
      const batch = new DecodingBatch(this.model.config, set.members, cache, settings, finish);
      await this.runGroup(batch, set, pending, sizes, settings, () => settings.onProgress?.(done));
      this.spareCache = cache;
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
    this.merger?.replaceAdapters(adapters);
  }

  async dispose(): Promise<void> {
    this.device?.dispose();
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

  /**
   * Batches of the largest size, one after the other, rows of like length together. Where the device's memory does not hold
   * one, the batch is halved and begun again: a row's text does not depend on it.
   */
  private async runOnDevice(
    device: DeviceDecoder,
    set: AdapterSet,
    pending: readonly Running[],
    settings: GenerationSettings,
    finish: (running: Running, ended: boolean) => void,
    report: () => void,
  ): Promise<void> {
    const fed = await this.fedTensors(set);
    const frozen = set.merge === undefined;
    const group: DeviceGroup = {
      ...set,
      fed,
      constants: { prefill: frozen ? this.model.weights : {}, step: frozen ? this.fusedWeights : {} },
    };
    const sizes = this.batchSizes(cacheCapacity(longestText(pending, settings)));
    const largest = sizes.at(-1) as number;
    for (let from = 0; from < pending.length; ) {
      const most = this.fitting.of(largest);
      const rows = pending.slice(from, from + most);
      const size = Math.min(most, sizeFor(sizes, rows.length));
      try {
        await device.decode(rows.map(restarted(settings)), size, group, settings, finish);
      } catch (error) {
        if (!this.fitting.halve(error, size)) throw error;
        device.dispose();
        continue;
      }
      from += rows.length;
      report();
    }
  }

  private async runGroup(
    batch: DecodingBatch,
    set: AdapterSet,
    pending: Running[],
    sizes: readonly number[],
    settings: GenerationSettings,
    report: () => void,
  ): Promise<void> {
    const waiting = [...pending];
    const fed = await this.fedTensors(set);
    const least = set.members.length === 0 && set.merge === undefined ? 1 : MIN_ROWS_FED;
    batch.resize(sizeFor(sizes, Math.max(least, waiting.length)));
    while (waiting.length > 0 || batch.active > 0) {
      settings.signal?.throwIfAborted();
      const open = Math.min(waiting.length, batch.size - batch.active);
      if (open > 0 && (batch.active === 0 || open >= batch.size * REFILL_SHARE || open === waiting.length)) {
        const taken = waiting.splice(0, this.prefillCount(waiting, open));
        const length = bucketLength(taken[0]?.row.prompt.length ?? 1);
        const few = set.merge === undefined ? taken.length : Math.max(MIN_ROWS_FED, taken.length);
        const count = PREFILL_SIZES.find((size) => size >= few) ?? few;
        const executable = await this.prefill(set, fed.prefill, count, length, batch.output);
        const inputs = batch.prefillInputs(taken, count, length);
        batch.prefilled(taken, length, await executable.run({ ...inputs, ...fed.prefill }));
        report();
        continue;
      }
      batch.resize(waiting.length > 0 ? batch.size : sizeFor(sizes, Math.max(least, batch.active)));
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

  /** Numbers of rows that batches of this capacity may have, rising. */
  private batchSizes(capacity: number): number[] {
    const rowBytes = cacheRowBytes(this.model.config, capacity);
    const near = rowBytes * DEFAULT_MAX_ROWS.one <= NEAR_CACHE.bytes ? DEFAULT_MAX_ROWS.one : NEAR_CACHE.rows;
    const ofThreads = this.engine.threads === 1 ? near : DEFAULT_MAX_ROWS.several;
    const usual = this.device === null ? ofThreads : DEFAULT_MAX_ROWS.device;
    const bytes = this.device === null ? MAX_CACHE_BYTES.host : MAX_CACHE_BYTES.device;
    const fitting = Math.floor(bytes / rowBytes);
    const wanted = this.maxRows ?? Math.max(MIN_ROWS_FED, Math.min(usual, fitting));
    const most = Math.max(MIN_ROWS_FED, Math.min(wanted, this.engine.maxRows ?? wanted));
    return [...BATCH_SIZES.filter((size) => size < most), most];
  }

  /** What is fed beside the batch: the bank, or every weight with a mixture merged in. */
  private async fedTensors(set: AdapterSet): Promise<{ prefill: TensorMap; step: TensorMap }> {
    if (set.merge === undefined) return { prefill: set.bank?.tensors ?? {}, step: set.fused?.tensors ?? {} };
    const base = { weights: this.model.weights, fused: this.fusedWeights };
    this.merger ??= new WeightMerger(this.engine, this.model.config, base, this.adapters);
    const { weights, fused } = await this.merger.merge(set.merge);
    return { prefill: weights, step: fused };
  }

  private hints(tokens: number): CompileHints {
    const { config } = this.model;
    const flops = 2 * tokens * (blockParameters(config) + config.vocabSize * config.hiddenSize);
    return flops > ONE_THREAD_FLOPS ? { idle: "sleep" } : { threads: 1 };
  }

  private prefill(
    set: AdapterSet,
    fed: TensorMap,
    rows: number,
    length: number,
    output: StepOutput,
  ): Promise<Executable> {
    const key = `prefill/${set.layout}/${rows}x${length}/${Object.values(output)}`;
    return this.executables.get(key, () =>
      this.engine.compile(
        "prefill",
        prefillProgram(this.model.config, output, set.bank),
        {
          inputs: { ...prefillSignature({ rows, length }, output, set.bank), ...specsOf(fed) },
          constants: set.merge === undefined ? this.model.weights : {},
        },
        this.hints(rows * length),
      ),
    );
  }

  private step(
    set: AdapterSet,
    fed: TensorMap,
    rows: number,
    capacity: number,
    output: StepOutput,
  ): Promise<Executable> {
    const key = `step/${set.layout}/${rows}x${capacity}/${Object.values(output)}`;
    const shape = { rows, capacity };
    return this.executables.get(key, () =>
      this.engine.compile(
        "decode step",
        stepProgram(this.model.config, shape, output, set.fused),
        {
          inputs: { ...stepSignature(this.model.config, shape, output, set.fused), ...specsOf(fed) },
          constants: set.merge === undefined ? this.fusedWeights : {},
        },
        this.hints(rows),
      ),
    );
  }
}

/** The smallest size that holds the rows, else the largest. */
function sizeFor(sizes: readonly number[], rows: number): number {
  return sizes.find((size) => size >= rows) ?? (sizes.at(-1) as number);
}

/** A row from its beginning, its noise included. */
function restarted({ seed }: GenerationSettings): (running: Running) => Running {
  return ({ index, row }) => {
    const uniform = sampleNoise(seed, row.promptKey, row.sample);
    return { index, row, uniform, tokens: [], logProbs: [], cached: 0 };
  };
}

function mergedSet(coefficients: readonly number[]): AdapterSet {
  return { key: `merged ${coefficients}`, merge: coefficients, layout: "merged", members: [], bank: null, fused: null };
}

/** Tokens of the longest text. */
function longestText(rows: readonly Running[], { maxNewTokens }: GenerationSettings): number {
  return rows.reduce((most, { row }) => Math.max(most, row.prompt.length + maxNewTokens), 0);
}
