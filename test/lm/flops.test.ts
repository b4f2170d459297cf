import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  adapterBackwardFlops,
  adapterParameters,
  backwardFlops,
  blockParameters,
  countGeneration,
  countPairs,
  countSequences,
  forwardFlops,
} from "../../src/lm/flops.js";
import { randomIds, TINY, TINY_ADAPTER } from "./tiny.js";

const length = fc.integer({ min: 1, max: 9 });

/** The slow twin: every (query, key) pair of a row that the mask lets through. */
function attendedPairs(segments: readonly number[]): number {
  let pairs = 0;
  for (const [i, own] of segments.entries()) {
    for (const [j, other] of segments.entries()) if (j <= i && (other === 0 || other === own)) pairs++;
  }
  return pairs;
}

describe("counts", () => {
  test.prop([length, length, length])("a pair counts its prompt once", (p, c, r) => {
    const count = countPairs([{ prompt: randomIds(1, p), chosen: randomIds(2, c), rejected: randomIds(3, r) }]);
    const segments = [...Array(p).fill(0), ...Array(c).fill(1), ...Array(r).fill(2)];
    expect(count).toEqual({ tokens: p + c + r, attended: attendedPairs(segments), logits: c + r });
  });

  test.prop([length, length])("a sequence is a row of its own", (p, r) => {
    const count = countSequences([{ prompt: randomIds(1, p), response: randomIds(2, r) }]);
    expect(count).toEqual({ tokens: p + r, attended: attendedPairs(Array(p + r).fill(0)), logits: r });
  });

  test.prop([length, length])("generation feeds all but the last token, once each", (p, n) => {
    const count = countGeneration([{ promptTokens: p, newTokens: n }]);
    expect(count).toEqual({ tokens: p + n - 1, attended: attendedPairs(Array(p + n - 1).fill(0)), logits: n });
  });
});

describe("FLOPs", () => {
  const count = { tokens: 10, attended: 55, logits: 4 };

  test("of TINY by hand", () => {
    // q, o: 16·16; k, v: 8·16; gate, up, down: 24·16. Two layers.
    expect(blockParameters(TINY)).toBe(2 * (2 * 256 + 2 * 128 + 3 * 384));
    // rank 3 on q, o: 3·(16 + 16); on k, v: 3·(16 + 8).
    expect(adapterParameters(TINY, TINY_ADAPTER)).toBe(2 * (2 * 96 + 2 * 72));
    const attention = 4 * 2 * 4 * 4 * 55;
    const head = 2 * 16 * 23 * 4;
    expect(forwardFlops(TINY, count)).toBe(2 * 3840 * 10 + attention + head);
    expect(forwardFlops(TINY, count, [TINY_ADAPTER])).toBe(2 * (3840 + 672) * 10 + attention + head);
    expect(backwardFlops(TINY, count)).toBe(2 * forwardFlops(TINY, count));
    expect(adapterBackwardFlops(TINY, count, TINY_ADAPTER)).toBe(2 * (3840 + 2 * 672) * 10 + 2 * attention + head);
  });
});
