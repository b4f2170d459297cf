/**
 * Where the time of the train step of `decoder-step.mjs` goes, kernel by kernel, from ONNX Runtime's own profile: the fastest of
 * `--steps` runs of each node, added up by op, and by op and shapes. A kernel of several milliseconds is never undisturbed on a
 * busy machine: compare sums only where it is quiet.
 *
 *   node benchmarks/perf/step-profile.mjs [--threads 1] [--steps 25] [--batch 16] [--time 128] [--rows 40] [--flush-denormals]
 *
 * `--flush-denormals` sets ONNX Runtime's `session.set_denormal_as_zero`, which the product leaves alone (decision 0007).
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as ort from "onnxruntime-node";
import { writeModel } from "../../dist/engine/compiled/model.js";
import { toOrt } from "../../dist/engine/compiled/tensors.js";
import { INPUT, NEW_STATE, STATE, trace } from "../../dist/engine/compiled/trace.js";
import { decoder, stepFlops, trainStep } from "./decoder-step.mjs";

const { values: options } = parseArgs({
  options: {
    threads: { type: "string", default: "1" },
    steps: { type: "string", default: "25" },
    batch: { type: "string", default: "16" },
    time: { type: "string", default: "128" },
    rows: { type: "string", default: "40" },
    "flush-denormals": { type: "boolean", default: false },
  },
});
const [threads, steps, batch, time, rows] = ["threads", "steps", "batch", "time", "rows"].map((key) =>
  Number(options[key]),
);
const WARM_UP = 3;

const { program, signature, state, inputs } = trainStep(decoder, batch, time);
const { graph, outputs } = trace("step", program, signature, "cpu");
const model = writeModel("step", graph, outputs);
const folder = mkdtempSync(join(tmpdir(), "mva-bench-profile-"));
const session = await ort.InferenceSession.create(model.bytes, {
  executionProviders: ["cpu"],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "all",
  enableProfiling: true,
  profileFilePrefix: join(folder, "profile"),
  extra: {
    optimization: { disable_specified_optimizers: "MatmulTransposeFusion" },
    session: { set_denormal_as_zero: options["flush-denormals"] ? "1" : "0" },
  },
});
const held = new Map(Object.entries(state).map(([key, value]) => [key, toOrt(value, true)]));
for (let step = 0; step < WARM_UP + steps; step++) {
  const fed = inputs(step);
  const feeds = model.inputs.map((key) => [
    key,
    key.startsWith(STATE) ? held.get(key.slice(STATE.length)) : toOrt(fed[key.slice(INPUT.length)]),
  ]);
  const results = await session.run(Object.fromEntries(feeds));
  for (const { name } of outputs) if (name.startsWith(NEW_STATE)) held.set(name.slice(NEW_STATE.length), results[name]);
}
session.handler.endProfiling();
const [file] = readdirSync(folder);
const events = JSON.parse(readFileSync(join(folder, file), "utf8"));
rmSync(folder, { recursive: true });

/** Milliseconds of each node, by run. */
const nodes = new Map();
for (const { cat, name, dur, args } of events) {
  if (cat !== "Node" || !name.endsWith("_kernel_time")) continue;
  const node = nodes.get(name) ?? { op: args.op_name, shapes: args.input_type_shape.map(shapeOf).join(", "), ms: [] };
  node.ms.push(dur / 1000);
  nodes.set(name, node);
}
const [byOp, byShape] = [new Map(), new Map()];
let total = 0;
for (const { op, shapes, ms } of nodes.values()) {
  const fastest = Math.min(...ms);
  total += fastest;
  for (const [sums, key] of [
    [byOp, op],
    [byShape, `${op} ${shapes}`],
  ]) {
    const sum = sums.get(key) ?? { ms: 0, count: 0 };
    sums.set(key, { ms: sum.ms + fastest, count: sum.count + 1 });
  }
}
const gflop = stepFlops(decoder, batch, time) / 1e9;
console.log(
  `kernels ${total.toFixed(1)} ms a step of ${gflop.toFixed(1)} GFLOP, ${nodes.size} nodes, ${threads} threads`,
);
for (const sums of [byOp, byShape]) {
  console.log("");
  for (const [key, { ms, count }] of [...sums].sort(([, a], [, b]) => b.ms - a.ms).slice(0, rows)) {
    console.log(`${ms.toFixed(2).padStart(8)} ms ${String(count).padStart(4)} × ${key}`);
  }
}
process.exit(0);

function shapeOf(typed) {
  const [shape] = Object.values(typed);
  return shape.join("×");
}
