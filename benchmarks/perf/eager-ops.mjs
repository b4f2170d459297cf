/**
 * What TensorFlow is asked to do by a run on the eager engines, op by op: calls a step, and whether a TensorFlow with CUDA has a
 * kernel on a card for each, or keeps its inputs and outputs in host memory. Needs the engine `tfjs-node` (docs/gpu), no card:
 * a TensorFlow with CUDA lists its kernels without one.
 *
 *   node benchmarks/perf/eager-ops.mjs [--python PYTHON_WITH_TENSORFLOW_AND_CUDA] [--json]
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as tf from "@tensorflow/tfjs";
import { VERIFICATION, verifyEngine } from "../../dist/bench/verify-engine.js";
import { openEngine } from "../../dist/engine/index.js";
import { initAdapter } from "../../dist/lm/adapters.js";
import { Generator } from "../../dist/lm/generate.js";
import { initWeights } from "../../dist/lm/init.js";
import { SequenceScorer } from "../../dist/lm/sequence-scorer.js";
import { decoder } from "./decoder-step.mjs";

const { values: options } = parseArgs({
  options: { python: { type: "string" }, json: { type: "boolean", default: false } },
});
const ATTR_TYPES = { 1: "float", 3: "int32", 10: "bool", 9: "int64" };

const engine = await openEngine("tfjs-node", { threads: 1 });
const backend = tf.backend();
const { binding } = backend;
/** "Op T=float,…" → calls, by part. */
let calls = new Map();
const executeOp = (name, attributes, ...rest) => {
  const types = attributes.flatMap(({ name: key, type, value }) =>
    type === binding.TF_ATTR_TYPE ? [`${key}=${ATTR_TYPES[value] ?? value}`] : [],
  );
  const key = `${name} ${types.sort().join(",")}`.trim();
  calls.set(key, (calls.get(key) ?? 0) + 1);
  return binding.executeOp(name, attributes, ...rest);
};
backend.binding = Object.create(binding, { executeOp: { value: executeOp } });

const parts = {};
const part = async (name, steps, run) => {
  calls = new Map();
  await run();
  parts[name] = { steps, calls };
};
const signal = new AbortController().signal;
// The reference's half is another engine: only what tfjs-node is asked for is counted.
const reference = await openEngine("cpu", { threads: 1 });
const steps = 2;
const begun = [];
await verifyEngine(engine, reference, {
  ...VERIFICATION.small,
  steps,
  prompts: 4,
  signal,
  onPart: (name) => {
    begun.push([name, new Map()]);
    calls = begun.at(-1)[1];
  },
});
for (const [name, found] of begun) parts[name] = { steps: name === "greedy" ? 1 : steps, calls: found };

const model = { config: decoder, weights: initWeights(decoder, 1) };
const config = { rank: 8, alpha: 16, targets: ["q_proj", "v_proj", "down_proj"] };
const adapters = [1, 2].map((seed) => ({ config, tensors: initAdapter(decoder, config, seed).tensors }));
const NEW = 17;
const rows = [0, 1, 2, 3].map((i) => ({
  prompt: Int32Array.of(3 + i, 5, 7),
  promptKey: `${i}`,
  sample: 0,
  coefficients: [0.5, 0.5],
}));
for (const decoding of ["host", "device"]) {
  const generator = new Generator(engine, model, adapters, { decoding });
  await part(`a token, cache on the ${decoding}`, NEW, () =>
    generator.generate(rows, { maxNewTokens: NEW, temperature: 1, stopIds: [], seed: 1 }),
  );
  await generator.dispose();
}
const scorer = new SequenceScorer(engine, model, adapters);
await part("scoring, a pass", 1, () => scorer.score(rows.map((row) => ({ ...row, response: Int32Array.of(4, 6, 8) }))));
await scorer.dispose();

const ops = [...new Set(Object.values(parts).flatMap(({ calls: found }) => [...found.keys()]))].sort();
const kernels = options.python === undefined ? null : kernelsOf(options.python, ops);
const total = (found) => [...found.values()].reduce((sum, count) => sum + count, 0);
if (options.json) {
  const plain = Object.entries(parts).map(([name, { steps: n, calls: found }]) => [
    name,
    { callsPerStep: total(found) / n, calls: Object.fromEntries(found) },
  ]);
  process.stdout.write(`${JSON.stringify({ parts: Object.fromEntries(plain), kernels }, null, 2)}\n`);
} else {
  for (const [name, { steps: n, calls: found }] of Object.entries(parts)) {
    const per = (count) => (count / n).toFixed(0);
    process.stdout.write(`${name}: ${per(total(found))} calls a step\n`);
    if (kernels === null) continue;
    for (const [key, count] of found) {
      if (kernels[key] !== "device") process.stdout.write(`  ${per(count)} × ${key}: ${kernels[key]}\n`);
    }
  }
}
process.exit(0);

/** "device", "none on a card", or the arguments that a card's kernel wants in host memory. */
function kernelsOf(python, asked) {
  const script = fileURLToPath(new URL("../peers/tensorflow_kernels.py", import.meta.url));
  const { status, stdout, stderr } = spawnSync(python, [script], { input: JSON.stringify(asked), encoding: "utf8" });
  if (status !== 0) throw new Error(stderr.trim().split("\n").at(-1));
  return JSON.parse(stdout);
}
