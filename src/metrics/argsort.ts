/**
 * Stable ascending order of doubles as an index array. Least-significant-digit radix sort on the bits of the key, since a
 * comparator call costs more than everything else that the sweeps do.
 */

const BITS = 11;
const BUCKETS = 1 << BITS;
const SMALL = 96;

/**
 * @param keys finite, without negative zero
 * @returns indices `order` with `keys[order[i]]` ascending, ties in index order
 */
export function argsort(keys: Float64Array): Int32Array {
  const n = keys.length;
  let order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  if (n <= SMALL) {
    insertionSort(order, keys, 0, n);
    return order;
  }
  const words = new Uint32Array(keys.buffer, keys.byteOffset, 2 * n);
  let spare = new Int32Array(n);
  const high = new Uint32Array(n);
  let sorted = true;
  for (let i = 0; i < n; i++) {
    const word = words[2 * i + 1] as number;
    // flips the sign bit of positive numbers and all bits of negative ones: unsigned order = numeric order
    high[i] = word ^ ((word >> 31) | 0x80000000);
    if (i > 0 && (keys[i] as number) < (keys[i - 1] as number)) sorted = false;
  }
  if (sorted) return order;
  const pass = (digits: Uint32Array, shift: number): void => {
    const starts = new Int32Array(BUCKETS + 1);
    for (let i = 0; i < n; i++) {
      const d = (((digits[i] as number) >>> shift) & (BUCKETS - 1)) + 1;
      starts[d] = (starts[d] as number) + 1;
    }
    for (let d = 1; d <= BUCKETS; d++) {
      if (starts[d] === n) return;
      starts[d] = (starts[d] as number) + (starts[d - 1] as number);
    }
    for (let i = 0; i < n; i++) {
      const at = order[i] as number;
      const d = ((digits[at] as number) >>> shift) & (BUCKETS - 1);
      const to = starts[d] as number;
      starts[d] = to + 1;
      spare[to] = at;
    }
    const swap = order;
    order = spare;
    spare = swap;
  };
  const passes = (digits: Uint32Array): void => {
    for (let shift = 0; shift < 32; shift += BITS) pass(digits, shift);
  };
  passes(high);
  // Keys that agree in their upper 32 bits are rare: put right in place, unless there are runs of them.
  let run = 1;
  let longest = 1;
  for (let i = 1; i < n; i++) {
    run = high[order[i] as number] === high[order[i - 1] as number] ? run + 1 : 1;
    if (run > longest) longest = run;
  }
  if (longest <= 32) {
    insertionSort(order, keys, 0, n);
    return order;
  }
  const low = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    order[i] = i;
    const word = words[2 * i] as number;
    low[i] = (words[2 * i + 1] as number) >>> 31 === 0 ? word : ~word;
  }
  passes(low);
  passes(high);
  return order;
}

function insertionSort(order: Int32Array, keys: Float64Array, from: number, to: number): void {
  for (let i = from + 1; i < to; i++) {
    const at = order[i] as number;
    const key = keys[at] as number;
    let j = i - 1;
    while (j >= from && (keys[order[j] as number] as number) > key) {
      order[j + 1] = order[j] as number;
      j--;
    }
    order[j + 1] = at;
  }
}

/** Column `k` of row-major points. */
export function column(data: Float64Array, dimension: number, k: number, count: number): Float64Array {
  const out = new Float64Array(count);
  for (let i = 0, o = k; i < count; i++, o += dimension) out[i] = data[o] as number;
  return out;
}

/**
 * Dense ranks of sorted keys: equal keys share a rank.
 *
 * @returns `rank[i]` of element `i`, and the number of distinct keys
 */
export function denseRanks(keys: Float64Array, order: Int32Array): { rank: Int32Array; distinct: number } {
  const n = keys.length;
  const rank = new Int32Array(n);
  let current = -1;
  let last = Number.NaN;
  for (let i = 0; i < n; i++) {
    const at = order[i] as number;
    const key = keys[at] as number;
    if (key !== last) {
      current++;
      last = key;
    }
    rank[at] = current;
  }
  return { rank, distinct: current + 1 };
}

/** Lexicographic order of row-major points (first coordinate first), ties in index order. */
export function lexicographicOrder(data: Float64Array, dimension: number, count: number, first = 0): Int32Array {
  const keys = column(data, dimension, first, count);
  const order = argsort(keys);
  for (let i = 0; i < count; ) {
    let end = i + 1;
    const key = keys[order[i] as number] as number;
    while (end < count && keys[order[end] as number] === key) end++;
    if (end - i > 1) {
      order.subarray(i, end).sort((a, b) => {
        for (let k = 0; k < dimension; k++) {
          const difference = (data[a * dimension + k] as number) - (data[b * dimension + k] as number);
          if (difference !== 0) return difference;
        }
        return a - b;
      });
    }
    i = end;
  }
  return order;
}
