/**
 * A set of integers below a fixed bound with insert, delete, predecessor and successor in O(log₃₂ n): bitmaps over
 * bitmaps. It stands where a balanced tree would stand in a sweep whose coordinates are known (ranked) beforehand, and
 * allocates nothing after construction.
 */
export class OrderedSet {
  private readonly levels: Int32Array[] = [];

  /** @param size members are 0 … size − 1 */
  constructor(size: number) {
    let words = size;
    do {
      words = (words + 31) >>> 5;
      this.levels.push(new Int32Array(Math.max(1, words)));
    } while (words > 1);
  }

  insert(member: number): void {
    let at = member;
    for (const level of this.levels) {
      const word = at >>> 5;
      const before = level[word] as number;
      level[word] = before | (1 << (at & 31));
      if (before !== 0) return;
      at = word;
    }
  }

  delete(member: number): void {
    let at = member;
    for (const level of this.levels) {
      const word = at >>> 5;
      const after = (level[word] as number) & ~(1 << (at & 31));
      level[word] = after;
      if (after !== 0) return;
      at = word;
    }
  }

  /** Largest member ≤ `bound`, or −1. */
  floor(bound: number): number {
    const levels = this.levels;
    let at = bound;
    for (let depth = 0; depth < levels.length && at >= 0; depth++) {
      let found = at >>> 5;
      let bits = ((levels[depth] as Int32Array)[found] as number) & (-1 >>> (31 - (at & 31)));
      at = found - 1;
      for (let below = depth; bits !== 0; bits = (levels[below] as Int32Array)[found] as number) {
        found = (found << 5) + 31 - Math.clz32(bits);
        if (--below < 0) return found;
      }
    }
    return -1;
  }

  /** Smallest member ≥ `bound`, or −1. */
  ceiling(bound: number): number {
    const levels = this.levels;
    let at = bound;
    for (let depth = 0; depth < levels.length; depth++) {
      let found = at >>> 5;
      // past the end there is nothing: undefined is no bit
      let bits = ((levels[depth] as Int32Array)[found] as number) & (-1 << (at & 31));
      at = found + 1;
      for (let below = depth; bits !== 0; bits = (levels[below] as Int32Array)[found] as number) {
        found = (found << 5) + 31 - Math.clz32(bits & -bits);
        if (--below < 0) return found;
      }
    }
    return -1;
  }
}
