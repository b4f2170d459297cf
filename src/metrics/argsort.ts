/**
 * Stable ascending order of doubles as an index array. Least-significant-digit radix sort on the bits of the key, since a
 * comparator call costs more than everything else that the sweeps do.
 */

/** Up to this many keys the runtime's own sort of numbers, with the index in the lowest bits, is quicker than counting. */
const SMALL = 512;
/** From this many on, wider digits (fewer passes) are worth their longer histograms. */
const WIDE = 2000;
const WIDEST = 60_000;

/**
 * @param keys finite, without negative zero
 * @returns indices `order` with `keys[order[i]]` ascending, ties in index order
 */
export function argsort(keys: Float64Array): Int32Array {
  const n = keys.length;
  const order = new Int32Array(n);
  let sorted = true;
  let before = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < n; i++) {
    order[i] = i;
    const key = keys[i] as number;
    if (key < before) sorted = false;
    before = key;
  }
  if (sorted) return order;
  if (n <= SMALL) return smallArgsort(keys, order);
  const words = new Uint32Array(keys.buffer, keys.byteOffset, 2 * n);
  const byHigh = radixSort(order, highWords(words));
  sortRuns(byHigh.order, byHigh.digits, keys, words);
  return byHigh.order;
}

/** Upper halves of the keys, with the sign bit of positive numbers and all bits of negative ones flipped: unsigned order = numeric order. */
function highWords(words: Uint32Array): Uint32Array {
  const n = words.length / 2;
  const high = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    const word = words[2 * i + 1] as number;
    high[i] = word ^ ((word >> 31) | 0x80000000);
  }
  return high;
}

function smallArgsort(keys: Float64Array, order: Int32Array): Int32Array {
  const n = keys.length;
  const marked = keys.slice();
  const words = new Uint32Array(marked.buffer);
  for (let i = 0; i < n; i++) words[2 * i] = ((words[2 * i] as number) & -SMALL) | i;
  marked.sort();
  // the index took the last bits' place: what they decide is settled here
  for (let i = 0; i < n; i++) {
    const at = (words[2 * i] as number) & (SMALL - 1);
    const key = keys[at] as number;
    let j = i - 1;
    while (j >= 0) {
      const other = order[j] as number;
      const otherKey = keys[other] as number;
      if (otherKey < key || (otherKey === key && other < at)) break;
      order[j + 1] = other;
      j--;
    }
    order[j + 1] = at;
  }
  return order;
}

/** Keys that agree in their upper 32 bits (equal `digits`, in runs) are put right by their lower ones. */
function sortRuns(order: Int32Array, digits: Uint32Array, keys: Float64Array, words: Uint32Array): void {
  const n = order.length;
  for (let start = 0; start < n; ) {
    let end = start + 1;
    while (end < n && digits[end] === digits[start]) end++;
    if (end - start > 32) {
      const run = order.slice(start, end);
      const low = new Uint32Array(run.length);
      for (let i = 0; i < run.length; i++) {
        const at = 2 * (run[i] as number);
        const word = words[at] as number;
        low[i] = (words[at + 1] as number) >>> 31 === 0 ? word : ~word;
      }
      order.set(radixSort(run, low).order, start);
    } else {
      for (let i = start + 1; i < end; i++) {
        const at = order[i] as number;
        const key = keys[at] as number;
        let j = i - 1;
        while (j >= start && (keys[order[j] as number] as number) > key) {
          order[j + 1] = order[j] as number;
          j--;
        }
        order[j + 1] = at;
      }
    }
    start = end;
  }
}

/** Stable sort of `order` by `digits` (parallel arrays, both moved and overwritten). */
function radixSort(order: Int32Array, digits: Uint32Array): { order: Int32Array; digits: Uint32Array } {
  const n = order.length;
  const bits = n < WIDE ? 8 : n < WIDEST ? 11 : 16;
  const buckets = 1 << bits;
  const mask = buckets - 1;
  let fromOrder = order;
  let fromDigits = digits;
  let toOrder: Int32Array = new Int32Array(n);
  let toDigits: Uint32Array = new Uint32Array(n);
  const starts = new Int32Array(buckets);
  for (let shift = 0; shift < 32; shift += bits) {
    starts.fill(0);
    for (let i = 0; i < n; i++) {
      const d = ((fromDigits[i] as number) >>> shift) & mask;
      starts[d] = (starts[d] as number) + 1;
    }
    if (starts[((fromDigits[0] as number) >>> shift) & mask] === n) continue;
    for (let d = 0, sum = 0; d < buckets; d++) {
      const count = starts[d] as number;
      starts[d] = sum;
      sum += count;
    }
    for (let i = 0; i < n; i++) {
      const word = fromDigits[i] as number;
      const d = (word >>> shift) & mask;
      const to = starts[d] as number;
      starts[d] = to + 1;
      toDigits[to] = word;
      toOrder[to] = fromOrder[i] as number;
    }
    const spareOrder = fromOrder;
    const spareDigits = fromDigits;
    fromOrder = toOrder;
    fromDigits = toDigits;
    toOrder = spareOrder;
    toDigits = spareDigits;
  }
  return { order: fromOrder, digits: fromDigits };
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
