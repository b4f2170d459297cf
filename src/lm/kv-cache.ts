/**
 * Keys and values of past tokens, in host memory, in the layout in which a decoding step is fed: per layer, keys
 * [rows · kvHeads, headDim, capacity] and values [rows · kvHeads, capacity, headDim], and one mask for all layers.
 */
import type { HostTensor } from "../engine/engine.js";
import { float32 } from "../engine/engine.js";
import { MASKED } from "./attention.js";
import type { DecoderConfig } from "./config.js";

export class KvCache {
  readonly rows: number;
  readonly capacity: number;
  /** `mask`, `keys.<layer>` and `values.<layer>`, ready to feed. */
  readonly tensors: Readonly<Record<string, HostTensor>>;
  private readonly keys: Float32Array[] = [];
  private readonly values: Float32Array[] = [];
  private readonly mask: Float32Array;
  private readonly kvHeads: number;
  private readonly headDim: number;

  constructor(config: DecoderConfig, rows: number, capacity: number) {
    this.rows = rows;
    this.capacity = capacity;
    this.kvHeads = config.kvHeads;
    this.headDim = config.headDim;
    const heads = rows * config.kvHeads;
    this.mask = new Float32Array(rows * capacity).fill(MASKED);
    const tensors: Record<string, HostTensor> = { mask: float32([rows, 1, capacity], this.mask) };
    for (let layer = 0; layer < config.layers; layer++) {
      const keys = new Float32Array(heads * config.headDim * capacity);
      const values = new Float32Array(heads * config.headDim * capacity);
      this.keys.push(keys);
      this.values.push(values);
      tensors[`keys.${layer}`] = float32([heads, config.headDim, capacity], keys);
      tensors[`values.${layer}`] = float32([heads, capacity, config.headDim], values);
    }
    this.tensors = tensors;
  }

  /** Forgets what a row held. */
  clear(row: number): void {
    this.mask.fill(MASKED, row * this.capacity, (row + 1) * this.capacity);
  }

  /**
   * Writes `count` tokens of one row and layer from slot `slot` on, from arrays laid out [rows, kvHeads, time, headDim]:
   * row `sourceRow`, times from 0. A decoding step's output is the case time = 1.
   */
  write(
    layer: number,
    row: number,
    slot: number,
    count: number,
    keys: Float32Array,
    values: Float32Array,
    sourceRow: number,
    time: number,
  ): void {
    const { capacity, headDim, kvHeads } = this;
    const ownKeys = this.keys[layer];
    const ownValues = this.values[layer];
    if (ownKeys === undefined || ownValues === undefined) throw new Error(`the cache has no layer ${layer}`);
    if (slot + count > capacity) throw new Error(`slot ${slot + count - 1} is beyond the cache's ${capacity}`);
    for (let head = 0; head < kvHeads; head++) {
      const own = (row * kvHeads + head) * headDim * capacity;
      const source = (sourceRow * kvHeads + head) * time * headDim;
      for (let i = 0; i < headDim; i++) {
        const start = own + i * capacity + slot;
        for (let t = 0; t < count; t++) ownKeys[start + t] = keys[source + t * headDim + i] ?? 0;
      }
      const start = own + slot * headDim;
      for (let i = 0; i < count * headDim; i++) ownValues[start + i] = values[source + i] ?? 0;
    }
  }

  /** Makes slots `from … to − 1` of a row visible. */
  show(row: number, from: number, to: number): void {
    this.mask.fill(0, row * this.capacity + from, row * this.capacity + to);
  }

  /** Takes over a row of another cache of the same capacity. */
  copyRow(from: KvCache, fromRow: number, row: number): void {
    const size = this.kvHeads * this.headDim * this.capacity;
    const copy = (source: Float32Array, target: Float32Array, width: number): void => {
      target.set(source.subarray(fromRow * width, (fromRow + 1) * width), row * width);
    };
    for (const [layer, keys] of from.keys.entries()) copy(keys, this.keys[layer] as Float32Array, size);
    for (const [layer, values] of from.values.entries()) copy(values, this.values[layer] as Float32Array, size);
    copy(from.mask, this.mask, this.capacity);
  }
}
