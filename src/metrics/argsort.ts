/**
 * Stable ascending order of doubles as an index array, without a comparator: a call of one costs more than everything else that
 * the sweeps do. Keys are dealt into as many buckets of equal width as there are keys, and what is then nearly in order is put
 * right by insertion. Very many keys, or unevenly spread ones, are sorted by the radix of their bits instead.
 */

/** Up to so many keys in a bucket, or in all, are left to insertion. */
const FEW = 32;
/** From this many on, wider digits (fewer passes) are worth their longer histograms. */
const WIDE = 50_000;
/** More keys than this leave the cache when they are dealt. */
const MANY = 200_000;

/** Room that short calls borrow: for a hundred points, allocating takes longer than sorting. */
const ROOM = 4096;
let keysRoom: Float64Array | undefined;
let bucketsRoom: Int32Array | undefined;
let endsRoom: Int32Array | undefined;

/**
 * @param keys finite, without negative zero; the first `n` are sorted
 * @returns indices `order` with `keys[order[i]]` ascending, ties in index order
 */
export function argsort(keys: Float64Array, n = keys.length): Int32Array {
  const order = new Int32Array(n);
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let sorted = true;
  for (let i = 0; i < n; i++) {
    order[i] = i;
    const key = keys[i] as number;
    if (key < low) low = key;
    if (key >= high) high = key;
    else sorted = false;
  }
  if (sorted) return order;
  if (n > FEW && !(n < MANY && deal(keys, order, n, low, (n - 1) / (high - low)))) return radixArgsort(keys, order);
  for (let i = 1; i < n; i++) {
    const at = order[i] as number;
    const key = keys[at] as number;
    let j = i - 1;
    for (; j >= 0 && (keys[order[j] as number] as number) > key; j--) order[j + 1] = order[j] as number;
    order[j + 1] = at;
  }
  return order;
}

/** Fills `order` so that it is right up to short stretches; false, with `order` untouched, where a bucket is crowded. */
function deal(keys: Float64Array, order: Int32Array, n: number, low: number, scale: number): boolean {
  bucketsRoom ??= new Int32Array(ROOM);
  endsRoom ??= new Int32Array(ROOM);
  const buckets = n < ROOM ? bucketsRoom : new Int32Array(n);
  const ends = n < ROOM ? endsRoom.fill(0, 0, n + 1) : new Int32Array(n + 1);
  let most = 0;
  for (let i = 0; i < n; i++) {
    const bucket = (((keys[i] as number) - low) * scale) | 0;
    buckets[i] = bucket;
    const count = (ends[bucket + 1] as number) + 1;
    ends[bucket + 1] = count;
    if (count > most) most = count;
  }
  if (most > FEW) return false;
  for (let b = 1; b < n; b++) ends[b] = (ends[b] as number) + (ends[b - 1] as number);
  for (let i = 0; i < n; i++) {
    const bucket = buckets[i] as number;
    const place = ends[bucket] as number;
    ends[bucket] = place + 1;
    order[place] = i;
  }
  return true;
}

function radixArgsort(keys: Float64Array, order: Int32Array): Int32Array {
  const words = new Uint32Array(keys.buffer, keys.byteOffset, 2 * order.length);
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
  const bits = n < WIDE ? 8 : 16;
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

/** Order of row-major points by coordinate `k`, ascending, ties in index order. */
export function orderBy(data: Float64Array, dimension: number, k: number, count: number): Int32Array {
  keysRoom ??= new Float64Array(ROOM);
  const keys = count < ROOM ? keysRoom : new Float64Array(count);
  for (let i = 0, o = k; i < count; i++, o += dimension) keys[i] = data[o] as number;
  return argsort(keys, count);
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
  const order = orderBy(data, dimension, first, count);
  const key = (i: number): number => data[(order[i] as number) * dimension + first] as number;
  for (let i = 0; i < count; ) {
    let end = i + 1;
    while (end < count && key(end) === key(i)) end++;
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
