/**
 * A curve of any length in bounded memory: at most `capacity` buckets, each the mean, least and greatest of the numbers
 * that fell into it. When they are full, neighbours are joined, so that the whole curve stays on the picture.
 */
import type { LinePoint } from "../draw/line-plot.js";

export class Series {
  readonly #capacity: number;
  /** x of first number, x of last, sum, least, greatest, count: six numbers a bucket. */
  readonly #data: Float64Array;
  #size = 0;
  /** Numbers that a full bucket holds. */
  #width = 1;

  /** @param capacity buckets at most; even, at least 2 */
  constructor(capacity = 512) {
    this.#capacity = capacity;
    this.#data = new Float64Array(capacity * FIELDS);
  }

  get length(): number {
    return this.#size;
  }

  /** Numbers that are none are left out. */
  push(x: number, y: number): void {
    if (!Number.isFinite(y) || !Number.isFinite(x)) return;
    const last = (this.#size - 1) * FIELDS;
    const data = this.#data;
    if (this.#size > 0 && (data[last + COUNT] ?? 0) < this.#width) {
      data[last + TO] = x;
      data[last + SUM] = (data[last + SUM] ?? 0) + y;
      data[last + LOW] = Math.min(data[last + LOW] ?? y, y);
      data[last + HIGH] = Math.max(data[last + HIGH] ?? y, y);
      data[last + COUNT] = (data[last + COUNT] ?? 0) + 1;
      return;
    }
    if (this.#size === this.#capacity) this.#join();
    data.set([x, x, y, y, y, 1], this.#size * FIELDS);
    this.#size++;
  }

  /** The last bucket's mean. */
  get latest(): number | undefined {
    return this.#size === 0 ? undefined : this.#mean(this.#size - 1);
  }

  means(): number[] {
    return Array.from({ length: this.#size }, (_, at) => this.#mean(at));
  }

  /** At most `count` points, with the band between least and greatest where one stands for several numbers. */
  points(count: number): LinePoint[] {
    const group = Math.max(1, Math.ceil(this.#size / Math.max(1, count)));
    const points: LinePoint[] = [];
    for (let start = 0; start < this.#size; start += group) {
      let [sum, numbers, low, high] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      const end = Math.min(this.#size, start + group);
      for (let at = start; at < end; at++) {
        const from = at * FIELDS;
        sum += this.#data[from + SUM] ?? 0;
        numbers += this.#data[from + COUNT] ?? 0;
        low = Math.min(low, this.#data[from + LOW] ?? low);
        high = Math.max(high, this.#data[from + HIGH] ?? high);
      }
      const x = ((this.#data[start * FIELDS + FROM] ?? 0) + (this.#data[(end - 1) * FIELDS + TO] ?? 0)) / 2;
      points.push({ x, y: sum / numbers, ...(numbers > 1 ? { low, high } : {}) });
    }
    return points;
  }

  #mean(at: number): number {
    return (this.#data[at * FIELDS + SUM] ?? 0) / (this.#data[at * FIELDS + COUNT] ?? 1);
  }

  #join(): void {
    const data = this.#data;
    const half = this.#size / 2;
    for (let at = 0; at < half; at++) {
      const [first, second, to] = [2 * at * FIELDS, (2 * at + 1) * FIELDS, at * FIELDS];
      const joined = [
        data[first + FROM] ?? 0,
        data[second + TO] ?? 0,
        (data[first + SUM] ?? 0) + (data[second + SUM] ?? 0),
        Math.min(data[first + LOW] ?? 0, data[second + LOW] ?? 0),
        Math.max(data[first + HIGH] ?? 0, data[second + HIGH] ?? 0),
        (data[first + COUNT] ?? 0) + (data[second + COUNT] ?? 0),
      ];
      data.set(joined, to);
    }
    this.#size = half;
    this.#width *= 2;
  }
}

const FIELDS = 6;
const [FROM, TO, SUM, LOW, HIGH, COUNT] = [0, 1, 2, 3, 4, 5] as const;
