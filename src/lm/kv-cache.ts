/**
 * Keys and values of past tokens, in host memory, in the layout in which a decoding step is fed: per layer, keys and
 * values [rows · kvHeads, capacity, headDim], and one mask [rows · kvHeads, 1, capacity] for all layers. Keys lie as values
 * do, not turned: writing a token touches one stretch of memory a head, and the product by turned keys is no slower.
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
    this.mask = new Float32Array(heads * capacity).fill(MASKED);
    const tensors: Record<string, HostTensor> = { mask: float32([heads, 1, capacity], this.mask) };
    const shape = [heads, capacity, config.headDim];
    for (let layer = 0; layer < config.layers; layer++) {
      const keys = float32(shape);
      const values = float32(shape);
      this.keys.push(keys.data as Float32Array);
      this.values.push(values.data as Float32Array);
      tensors[`keys.${layer}`] = keys;
      tensors[`values.${layer}`] = values;
    }
    this.tensors = tensors;
  }

  /** Forgets what a row held. */
  clear(row: number): void {
    const width = this.kvHeads * this.capacity;
    this.mask.fill(MASKED, row * width, (row + 1) * width);
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
    const size = count * headDim;
    for (let head = 0; head < kvHeads; head++) {
      const to = ((row * kvHeads + head) * capacity + slot) * headDim;
      const from = (sourceRow * kvHeads + head) * time * headDim;
      for (let i = 0; i < size; i++) {
        ownKeys[to + i] = keys[from + i] ?? 0;
        ownValues[to + i] = values[from + i] ?? 0;
      }
    }
  }

  /** Makes slots `from … to − 1` of a row visible. */
  show(row: number, from: number, to: number): void {
    for (let head = row * this.kvHeads; head < (row + 1) * this.kvHeads; head++) {
      this.mask.fill(0, head * this.capacity + from, head * this.capacity + to);
    }
  }

  /** Takes over the first `count` slots of a row of another cache, and forgets what its own row held. */
  copyRow(source: KvCache, sourceRow: number, row: number, count: number): void {
    this.clear(row);
    this.show(row, 0, count);
    const size = count * this.headDim;
    const copy = (from: Float32Array | undefined, to: Float32Array | undefined): void => {
      for (let head = 0; head < this.kvHeads; head++) {
        const start = (sourceRow * this.kvHeads + head) * source.capacity * this.headDim;
        const target = (row * this.kvHeads + head) * this.capacity * this.headDim;
        if (from !== undefined) to?.set(from.subarray(start, start + size), target);
      }
    };
    for (let layer = 0; layer < this.keys.length; layer++) {
      copy(source.keys[layer], this.keys[layer]);
      copy(source.values[layer], this.values[layer]);
    }
  }
}
