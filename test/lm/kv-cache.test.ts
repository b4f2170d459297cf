/** The cache against a slow twin that keeps each row's tokens in a list. */
import { fc, test } from "@fast-check/vitest";
import { expect, test as plain } from "vitest";
import { MASKED } from "../../src/lm/attention.js";
import { cacheCapacity, KvCache } from "../../src/lm/kv-cache.js";
import { TINY } from "./tiny.js";

const { layers, kvHeads, headDim } = TINY;
const MOST = 6 * 24;

/** What is done to the cache, in turn; numbers are reduced to what is possible at that point. */
const change = fc.oneof(
  fc.record({ kind: fc.constant("write" as const), row: fc.nat(9), count: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant("clear" as const), row: fc.nat(9) }),
  fc.record({
    kind: fc.constant("reshape" as const),
    rows: fc.integer({ min: 1, max: 6 }),
    capacity: fc.integer({ min: 1, max: 24 }),
    drop: fc.nat(63),
  }),
);

test.prop([fc.array(change, { maxLength: 25 })])(
  "holds what its rows were given, whatever the shape was",
  (changes) => {
    const cache = new KvCache(TINY);
    cache.reset(MOST);
    cache.reshape(2, 8, []);
    let twin: number[][] = [[], []];
    let next = 1;
    for (const step of changes) {
      if (step.kind === "reshape") {
        const kept = twin.flatMap((_, row) => ((step.drop >> row) % 2 === 1 ? [] : [row])).slice(0, step.rows);
        const longest = Math.max(1, ...kept.map((row) => twin[row]?.length ?? 0));
        cache.reshape(step.rows, Math.max(step.capacity, longest), kept);
        twin = Array.from({ length: step.rows }, (_, row) => [...(twin[kept[row] ?? -1] ?? [])]);
        continue;
      }
      const row = step.row % twin.length;
      const own = twin[row] ?? [];
      if (step.kind === "clear") {
        cache.clear(row);
        twin[row] = [];
        continue;
      }
      const count = Math.min(step.count, cache.capacity - own.length);
      if (count === 0) continue;
      const ids = Array.from({ length: count }, () => next++);
      for (let layer = 0; layer < layers; layer++) {
        // The tokens lie in the second of two rows.
        const data = new Float32Array(2 * kvHeads * count * headDim);
        for (let head = 0; head < kvHeads; head++) {
          for (const [t, id] of ids.entries()) {
            const at = ((kvHeads + head) * count + t) * headDim;
            for (let i = 0; i < headDim; i++) data[at + i] = content(id, layer, head, i);
          }
        }
        cache.write(
          layer,
          row,
          count,
          data,
          data.map((x) => -x),
          1,
          count,
        );
      }
      cache.extend(row, count);
      own.push(...ids);
    }
    expect(cache.rows).toBe(twin.length);
    for (const [row, ids] of twin.entries()) {
      for (let head = 0; head < kvHeads; head++) {
        const first = (row * kvHeads + head) * cache.capacity;
        const mask = cache.tensors.mask?.data.subarray(first, first + cache.capacity) ?? [];
        expect([...mask]).toEqual(Array.from({ length: cache.capacity }, (_, t) => (t < ids.length ? 0 : MASKED)));
        for (let layer = 0; layer < layers; layer++) {
          for (const [name, sign] of [
            ["keys", 1],
            ["values", -1],
          ] as const) {
            const held = cache.tensors[`${name}.${layer}`]?.data ?? [];
            for (const [t, id] of ids.entries()) {
              for (let i = 0; i < headDim; i++) {
                expect(held[(first + t) * headDim + i]).toBe(sign * content(id, layer, head, i));
              }
            }
          }
        }
      }
    }
  },
);

plain("refuses shapes and tokens that it has no memory for", () => {
  const cache = new KvCache(TINY);
  cache.reset(8);
  expect(() => cache.reshape(3, 4, [])).toThrow("no memory for 3 rows of 4 slots");
  cache.reshape(2, 4, []);
  const data = new Float32Array(kvHeads * 5 * headDim);
  expect(() => cache.write(0, 0, 5, data, data, 0, 5)).toThrow("slot 4 is beyond the cache's 4");
});

plain("a capacity always leaves a slot free", () => {
  for (let length = 1; length < 700; length++) expect(cacheCapacity(length)).toBeGreaterThan(length);
});

/** Names a number of the cache. */
function content(id: number, layer: number, head: number, i: number): number {
  return ((id * layers + layer) * kvHeads + head) * headDim + i;
}
