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
    for (let depth = 0; depth < levels.length; depth++) {
      if (at < 0) return -1;
      const bits = ((levels[depth] as Int32Array)[at >>> 5] as number) & (-1 >>> (31 - (at & 31)));
      if (bits !== 0) {
        let found = ((at >>> 5) << 5) + 31 - Math.clz32(bits);
        while (depth > 0) {
          depth--;
          found = (found << 5) + 31 - Math.clz32((levels[depth] as Int32Array)[found] as number);
        }
        return found;
      }
      at = (at >>> 5) - 1;
    }
    return -1;
  }

  /** Smallest member ≥ `bound`, or −1. */
  ceiling(bound: number): number {
    const levels = this.levels;
    let at = bound;
    for (let depth = 0; depth < levels.length; depth++) {
      const level = levels[depth] as Int32Array;
      if (at >>> 5 >= level.length) return -1;
      const bits = (level[at >>> 5] as number) & (-1 << (at & 31));
      if (bits !== 0) {
        let found = ((at >>> 5) << 5) + lowestBit(bits);
        while (depth > 0) {
          depth--;
          found = (found << 5) + lowestBit((levels[depth] as Int32Array)[found] as number);
        }
        return found;
      }
      at = (at >>> 5) + 1;
    }
    return -1;
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
