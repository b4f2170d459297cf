/**
 * Keys and values of past tokens, in host memory, in the layout in which a decoding step is fed: per layer, keys and
 * values [rows · kvHeads, capacity, headDim], and one mask [rows · kvHeads, 1, capacity] for all layers. Keys lie as values
 * do, not turned: writing a token touches one stretch of memory a head, and the product by turned keys is no slower.
 *
 * The memory is taken once, for the largest shape, and stays where it is when the shape changes: fresh memory costs more
 * than the tokens that are moved, since the system hands it out page by page, zeroed.
 */
import type { HostTensor } from "../engine/engine.js";
import { float32 } from "../engine/engine.js";
import { MASKED } from "./attention.js";
import { bucketLength } from "./buckets.js";
import type { DecoderConfig } from "./config.js";

/**
 * Slots for texts of `length` tokens: multiples of 16, then buckets. One slot more than `length` at least, which keeps the
 * last place of the attention's sum, the one that vector code may treat apart, empty.
 */
export function cacheCapacity(length: number): number {
  return bucketLength(length + 1);
}

/** Bytes of a cache's keys and values for each row. */
export function cacheRowBytes(config: DecoderConfig, capacity: number): number {
  return 4 * 2 * config.layers * config.kvHeads * config.headDim * capacity;
}

export class KvCache {
  /** `mask`, `keys.<layer>` and `values.<layer>`, ready to feed. */
  tensors: Readonly<Record<string, HostTensor>> = {};
  rows = 0;
  capacity = 0;
  /** Tokens that each row holds. */
  private lengths: number[] = [];
  /** Keys, then values, of each layer, for as many slots as there ever were. */
  private memory: Float32Array[] = [];
  private mask = new Float32Array(0);

  constructor(private readonly config: DecoderConfig) {}

  /** Forgets everything and takes memory for `slots` = rows · capacity, unless it has as much. */
  reset(slots: number): void {
    const { layers, kvHeads, headDim } = this.config;
    if (this.mask.length < slots * kvHeads) {
      this.memory = Array.from({ length: 2 * layers }, () => new Float32Array(slots * kvHeads * headDim));
      this.mask = new Float32Array(slots * kvHeads);
    }
    this.rows = 0;
    this.capacity = 0;
    this.lengths = [];
  }

  /**
   * Changes the shape: rows `kept`, in rising order, come first, and the others are empty. Every row kept must fit.
   * @throws RangeError when the memory taken does not hold the shape.
   */
  reshape(rows: number, capacity: number, kept: readonly number[]): void {
    const { kvHeads, headDim } = this.config;
    if (rows * capacity * kvHeads > this.mask.length) {
      throw new RangeError(`the cache has no memory for ${rows} rows of ${capacity} slots: reset it`);
    }
    // First rows close ranks, downwards in memory and so from the first; then they draw apart, upwards, from the last.
    const between = Math.min(capacity, this.capacity);
    const closing = kept.map((from, to) => ({ from, to, length: this.lengths[from] ?? 0 }));
    this.move(closing, this.capacity, between);
    this.move(closing.map(({ to, length }) => ({ from: to, to, length })).reverse(), between, capacity);
    this.rows = rows;
    this.capacity = capacity;
    this.lengths = Array.from({ length: rows }, (_, row) => closing[row]?.length ?? 0);
    const slots = rows * kvHeads * capacity;
    const tensors: Record<string, HostTensor> = {
      mask: float32([rows * kvHeads, 1, capacity], this.mask.subarray(0, slots)),
    };
    for (const [index, memory] of this.memory.entries()) {
      const name = `${index % 2 === 0 ? "keys" : "values"}.${Math.floor(index / 2)}`;
      tensors[name] = float32([rows * kvHeads, capacity, headDim], memory.subarray(0, slots * headDim));
    }
    this.tensors = tensors;
    for (let row = 0; row < rows; row++) this.showOnly(row, this.lengths[row] ?? 0);
  }

  /**
   * Writes `count` tokens of one row and layer behind those it holds, from arrays laid out [rows, kvHeads, time, headDim]:
   * row `sourceRow`, times from 0. A decoding step's output is the case time = 1. They are seen from `extend` on.
   */
  write(
    layer: number,
    row: number,
    count: number,
    keys: Float32Array,
    values: Float32Array,
    sourceRow: number,
    time: number,
  ): void {
    const { kvHeads, headDim } = this.config;
    const ownKeys = this.memory[2 * layer];
    const ownValues = this.memory[2 * layer + 1];
    if (ownKeys === undefined || ownValues === undefined) throw new Error(`the cache has no layer ${layer}`);
    const slot = this.lengths[row] ?? 0;
    if (slot + count > this.capacity)
      throw new Error(`slot ${slot + count - 1} is beyond the cache's ${this.capacity}`);
    const size = count * headDim;
    for (let head = 0; head < kvHeads; head++) {
      const to = ((row * kvHeads + head) * this.capacity + slot) * headDim;
      const from = (sourceRow * kvHeads + head) * time * headDim;
      for (let i = 0; i < size; i++) {
        ownKeys[to + i] = keys[from + i] as number;
        ownValues[to + i] = values[from + i] as number;
      }
    }
  }

  /** Shows `count` more tokens of a row, which every layer has been given. */
  extend(row: number, count: number): void {
    const { kvHeads } = this.config;
    const length = this.lengths[row] ?? 0;
    for (let head = row * kvHeads; head < (row + 1) * kvHeads; head++) {
      this.mask.fill(0, head * this.capacity + length, head * this.capacity + length + count);
    }
    this.lengths[row] = length + count;
  }

  /** Forgets what a row holds. */
  clear(row: number): void {
    this.lengths[row] = 0;
    this.showOnly(row, 0);
  }

  private showOnly(row: number, length: number): void {
    const { kvHeads } = this.config;
    for (let head = row * kvHeads; head < (row + 1) * kvHeads; head++) {
      this.mask.fill(0, head * this.capacity, head * this.capacity + length);
      this.mask.fill(MASKED, head * this.capacity + length, (head + 1) * this.capacity);
    }
  }

  /** Moves rows between layouts of two capacities, in the order in which no row is overwritten before it has moved. */
  private move(
    rows: readonly { readonly from: number; readonly to: number; readonly length: number }[],
    before: number,
    after: number,
  ): void {
    const { kvHeads, headDim } = this.config;
    const heads = Array.from({ length: kvHeads }, (_, head) => (after > before ? kvHeads - 1 - head : head));
    for (const memory of this.memory) {
      for (const { from, to, length } of rows) {
        for (const head of heads) {
          const source = (from * kvHeads + head) * before * headDim;
          const target = (to * kvHeads + head) * after * headDim;
          if (source !== target) memory.copyWithin(target, source, source + length * headDim);
        }
      }
    }
  }
}
