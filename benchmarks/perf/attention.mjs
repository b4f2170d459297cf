/**
 * Attention forward under a causal mask, as the product computes it on `cpu` against the same from separate ops, in processor
 * time (which a busy machine disturbs less than wall time), in turn. Values are compared before anything is timed.
 *
 *   node benchmarks/perf/attention.mjs [--threads 1] [--rounds 14] [--shapes 16x128,4x272]
 */
import { parseArgs } from "node:util";
import * as tf from "@tensorflow/tfjs";
import { float32, int32, openEngine } from "../../dist/engine/index.js";
import { attend, segmentMask, splitHeads } from "../../dist/lm/attention.js";

const HEADS = 8;
const HEAD_DIM = 32;
const RUNS = 5;
const { values: options } = parseArgs({
  options: {
    threads: { type: "string", default: "1" },
    rounds: { type: "string", default: "14" },
    shapes: { type: "string", default: "16x128,4x272" },
  },
});

const engine = await openEngine("cpu", { threads: Number(options.threads), memory: "arena" });
for (const text of options.shapes.split(",")) {
  const [batch, time] = text.split("x").map(Number);
  const shape = [batch, time, HEADS * HEAD_DIM];
  const compile = (name, f) =>
    engine.compile(
      name,
      ({ inputs: { q, k, v, segments } }) => {
        const value = f(q, k, v, segmentMask(segments));
        return { outputs: { highest: tf.max(value, -1), lowest: tf.min(value, -1) } };
      },
      {
        inputs: {
          ...Object.fromEntries(["q", "k", "v"].map((key) => [key, { dtype: "float32", shape }])),
          segments: { dtype: "int32", shape: [batch, time] },
        },
      },
    );
  const rivals = {
    "one kernel": await compile("one kernel", (q, k, v, mask) => attend(q, k, v, mask, HEAD_DIM)),
    "separate ops": await compile("separate ops", (q, k, v, mask) => {
      const [queries, keys, values] = [q, k, v].map((x) => splitHeads(x, HEAD_DIM));
      const weights = tf.softmax(tf.add(tf.matMul(queries, keys, false, true), mask));
      return tf.reshape(tf.transpose(tf.matMul(weights, values), [0, 2, 1, 3]), shape);
    }),
  };
  const noise = (seed) =>
    float32(
      shape,
      Float32Array.from({ length: batch * time * HEADS * HEAD_DIM }, (_, i) => Math.sin(seed * (i % 9973) * i)),
    );
  const inputs = { q: noise(1), k: noise(2), v: noise(3), segments: int32([batch, time]) };
  const [one, apart] = await Promise.all(Object.values(rivals).map((rival) => rival.run(inputs)));
  const apartness = Math.max(...one.highest.data.map((x, i) => Math.abs(x - apart.highest.data[i])));
  if (!(apartness <= 1e-5)) throw new Error(`the two differ by ${apartness}: nothing is timed`);

  const times = Object.fromEntries(Object.keys(rivals).map((name) => [name, []]));
  for (let round = 0; round <= Number(options.rounds); round++) {
    for (const [name, rival] of Object.entries(rivals)) {
      const before = process.cpuUsage();
      for (let i = 0; i < RUNS; i++) await rival.run(inputs);
      const { user, system } = process.cpuUsage(before);
      if (round > 0) times[name].push((user + system) / 1000 / RUNS);
    }
  }
  for (const [name, list] of Object.entries(times)) {
    const sorted = list.sort((a, b) => a - b);
    console.log(
      `${batch} × ${time}  ${name.padEnd(12)} ${sorted[Math.floor(sorted.length / 2)].toFixed(2)} ms of processor time (least ${sorted[0].toFixed(2)})`,
    );
  }
}
process.exit(0);
