/**
 * Stable ascending order of doubles as an index array, without a comparator where that can be helped: a call of one costs more
 * than everything else that the sweeps do. Keys are dealt into as many buckets of equal width as there are keys, and what is then
 * nearly in order is put right by insertion. Only what crowds in one bucket is left to the comparator.
 */

/** Up to so many keys in a bucket, or in all, are left to insertion. */
const FEW = 32;

/** Room that short calls borrow: for a hundred points, allocating takes longer than sorting. */
const ROOM = 4096;
let keysRoom: Float64Array | undefined;
let orderRoom: Int32Array | undefined;
let endsRoom: Int32Array | undefined;

/**
 * @param keys finite, without negative zero; the first `n` are sorted
 * @param tie order of elements of equal keys, by index; default the order of the indices
 * @param order where the result goes, of length `n`
 * @returns indices `order` with `keys[order[i]]` ascending
 */
export function argsort(
  keys: Float64Array,
  n = keys.length,
  tie?: (i: number, j: number) => number,
  order: Int32Array = new Int32Array(n),
): Int32Array {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let sorted = true;
  for (let i = 0; i < n; i++) {
    order[i] = i;
    const key = keys[i] as number;
    if (key < low) low = key;
    if (key > high || (key === high && tie === undefined)) high = key;
    else sorted = false;
  }
  if (sorted) return order;
  if (n > FEW) deal(keys, order, low, (n - 1) / (high - low), tie);
  for (let i = 1; i < n; i++) {
    const at = order[i] as number;
    const key = keys[at] as number;
    let j = i - 1;
    for (; j >= 0; j--) {
      const other = order[j] as number;
      const gap = (keys[other] as number) - key;
      if (gap < 0 || (gap === 0 && (tie === undefined || tie(other, at) <= 0))) break;
      order[j + 1] = other;
    }
    order[j + 1] = at;
  }
  return order;
}

/**
 * Fills `order` so that it is right up to stretches of `FEW`. Where the range of the keys leaves the range of numbers, all of them
 * fall into one bucket, which is right too.
 */
function deal(
  keys: Float64Array,
  order: Int32Array,
  low: number,
  scale: number,
  tie: (i: number, j: number) => number = () => 0,
): void {
  const n = order.length;
  endsRoom ??= new Int32Array(ROOM);
  const ends = n < ROOM ? endsRoom.fill(0, 0, n + 1) : new Int32Array(n + 1);
  for (let i = 0; i < n; i++) {
    const next = ((((keys[i] as number) - low) * scale) | 0) + 1;
    ends[next] = (ends[next] as number) + 1;
  }
  let most = 0;
  for (let b = 1; b <= n; b++) {
    const count = ends[b] as number;
    if (count > most) most = count;
    ends[b] = count + (ends[b - 1] as number);
  }
  for (let i = 0; i < n; i++) {
    const bucket = (((keys[i] as number) - low) * scale) | 0;
    const place = ends[bucket] as number;
    ends[bucket] = place + 1;
    order[place] = i;
  }
  // each bucket now ends where the next one began
  for (let b = 0, start = 0; most > FEW && b < n; b++) {
    const end = ends[b] as number;
    if (end - start > FEW) {
      order.subarray(start, end).sort((i, j) => (keys[i] as number) - (keys[j] as number) || tie(i, j));
    }
    start = end;
  }
}

/** Order of row-major points by coordinate `k`, ascending, ties in index order; the next call may take it over. */
export function orderBy(data: Float64Array, dimension: number, k: number, count: number): Int32Array {
  if (count > ROOM) return argsort(column(data, dimension, k, count));
  keysRoom ??= new Float64Array(ROOM);
  orderRoom ??= new Int32Array(ROOM);
  return argsort(column(data, dimension, k, count, keysRoom), count, undefined, orderRoom.subarray(0, count));
}

/** Column `k` of row-major points, in `out`. */
export function column(
  data: Float64Array,
  dimension: number,
  k: number,
  count: number,
  out: Float64Array = new Float64Array(count),
): Float64Array {
  for (let i = 0, o = k; i < count; i++, o += dimension) out[i] = data[o] as number;
  return out;
}

/**
 * Dense ranks of sorted keys: equal keys share a rank.
 *
 * @returns `rank[i]` of element `i`, and the number of distinct keys
 */
export function denseRanks(keys: Float64Array, order: Int32Array): { rank: Int32Array; distinct: number } {
  const rank = new Int32Array(order.length);
  let current = -1;
  let last = Number.NaN;
  for (const at of order) {
    const key = keys[at] as number;
    if (key !== last) current++;
    last = key;
    rank[at] = current;
  }
  return { rank, distinct: current + 1 };
}

/** Lexicographic order of row-major points, coordinate `first` before the others, ties in index order. */
export function lexicographicOrder(data: Float64Array, dimension: number, count: number, first = 0): Int32Array {
  return argsort(column(data, dimension, first, count), count, (i, j) => {
    let k = 0;
    while (k < dimension - 1 && data[i * dimension + k] === data[j * dimension + k]) k++;
    return (data[i * dimension + k] as number) - (data[j * dimension + k] as number);
  });
}
