import { expect, test } from "vitest";
import { workersFor } from "../../src/bench/pool.js";

test("a GPU serves one worker, a processor as many as there are threads", () => {
  expect((["webgpu", "cuda", "tfjs-node-gpu"] as const).map((engine) => workersFor(engine, 4))).toEqual([1, 1, 1]);
  expect((["cpu", "tfjs-cpu", "tfjs-node"] as const).map((engine) => workersFor(engine, 4))).toEqual([4, 4, 4]);
});
