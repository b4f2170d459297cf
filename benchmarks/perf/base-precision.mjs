/**
 * What storing the frozen base as 16-bit floats costs and saves on `cpu`: memory of the process, a LoRA step, writing replies.
 * Both storages hold the same 16-bit values; each is measured in a process of its own, in turn.
 *
 *   node benchmarks/perf/base-precision.mjs [--sizes 3,30] [--rounds 3] [--dist dist]
 */
import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import * as tf from "@tensorflow/tfjs";
import { median, timed } from "./generation-model.mjs";

const SIZES = {
  3: { hiddenSize: 256, intermediateSize: 688, layers: 4, heads: 8, vocabSize: 1024, batch: 16 },
  30: { hiddenSize: 512, intermediateSize: 1376, layers: 8, heads: 8, vocabSize: 8192, batch: 4 },
};
const TIME = 128;
const ADAPTER = { rank: 16, alpha: 32, targets: ["q_proj", "k_proj", "v_proj", "o_proj"] };
const REPLIES = 64;
const NEW_TOKENS = 24;

const { values: options } = parseArgs({
  options: {
    sizes: { type: "string", default: "3,30" },
    rounds: { type: "string", default: "3" },
    dist: { type: "string", default: fileURLToPath(new URL("../../dist", import.meta.url)) },
    measure: { type: "string" },
  },
});
const from = (path) => import(new URL(path, `${pathToFileURL(options.dist)}/`).href);
if (options.measure !== undefined) await measure(options.measure, SIZES[options.sizes]);
else compare();

function compare() {
  const self = fileURLToPath(import.meta.url);
  for (const size of options.sizes.split(",")) {
    const found = {};
    for (const storage of ["float32", "float16"]) {
      const args = ["--expose-gc", self, "--measure", storage, "--sizes", size];
      const more = ["--rounds", options.rounds, "--dist", options.dist];
      const { status, stdout, stderr } = spawnSync(process.execPath, [...args, ...more], { encoding: "utf8" });
      if (status !== 0) throw new Error(stderr);
      found[storage] = JSON.parse(stdout);
    }
    const { float32: whole, float16: half } = found;
    if (whole.loss !== half.loss) throw new Error(`the losses differ: ${whole.loss} and ${half.loss}`);
    const change = (of) => `${whole[of]} -> ${half[of]} (${(100 * (half[of] / whole[of] - 1)).toFixed(0)} %)`;
    process.stdout.write(
      `${size} M: session ${change("sessionMiB")} MiB, whole process ${change("processMiB")} MiB, step ${change("stepMs")} ms, written ${change("tokensPerSecond")} tokens/s\n`,
    );
  }
}

async function measure(constants, { hiddenSize, intermediateSize, layers, heads, vocabSize, batch }) {
  const { openEngine } = await from("engine/index.js");
  const { fromFloat16, toFloat16 } = await from("engine/half-floats.js");
  const { initWeights } = await from("lm/init.js");
  const { initAdapter, singleAdapter } = await from("lm/adapters.js");
  const { decoderHidden, logitsAt } = await from("lm/decoder.js");
  const { targetLogProbs } = await from("lm/target-log-probs.js");
  const { Generator } = await from("lm/generate.js");
  const config = {
    ...{ vocabSize, hiddenSize, intermediateSize, layers, heads, kvHeads: heads, headDim: hiddenSize / heads },
    ...{ rmsNormEps: 1e-5, ropeTheta: 10_000, ropeScaling: null, tieWordEmbeddings: true, attentionBias: false },
    ...{ maxPositions: 512, bosTokenId: null, eosTokenIds: [1] },
  };
  const weights = initWeights(config, 1);
  for (const { data } of Object.values(weights))
    for (let i = 0; i < data.length; i++) data[i] = fromFloat16(toFloat16(data[i]));
  const engine = await openEngine("cpu", { threads: availableParallelism(), constants });
  const { tensors } = initAdapter(config, ADAPTER, 1);
  const names = Object.keys(tensors);
  const ids = { dtype: "int32", shape: [batch, TIME] };
  const every = Int32Array.from({ length: batch * TIME }, (_, i) => i);
  const program = ({ inputs, constants: frozen, state }) => {
    const loss = (...values) => {
      const bank = singleAdapter(config, ADAPTER, Object.fromEntries(names.map((name, i) => [name, values[i]])));
      const logits = logitsAt(config, frozen, decoderHidden(config, frozen, inputs, bank), tf.tensor1d(every, "int32"));
      return tf.neg(tf.mean(targetLogProbs(logits, tf.reshape(inputs.targets, [batch * TIME]))));
    };
    const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => state[name]));
    return {
      outputs: { loss: value },
      state: Object.fromEntries(names.map((name, i) => [name, tf.sub(state[name], tf.mul(grads[i], 0.01))])),
    };
  };
  const resident = () => {
    globalThis.gc?.();
    return process.memoryUsage().rss / 2 ** 20;
  };
  const before = resident();
  const step = await engine.compile("step", program, {
    inputs: { tokens: ids, targets: ids, positions: ids, segments: ids },
    constants: weights,
    state: Object.fromEntries(names.map((name) => [name, { dtype: "float32", shape: tensors[name].shape }])),
  });
  const opened = resident();
  const state = engine.createState(tensors);
  const fill = (of) => ({ ...ids, data: Int32Array.from({ length: batch * TIME }, (_, i) => of(i)) });
  const inputs = {
    tokens: fill((i) => (7 * i) % vocabSize),
    targets: fill((i) => (11 * i) % vocabSize),
    positions: fill((i) => i % TIME),
    segments: fill(() => 0),
  };
  const { loss } = await step.run(inputs, state);
  const steps = [];
  for (let round = 0; round < Number(options.rounds); round++)
    steps.push(await timed(1, () => step.run(inputs, state)));
  const generator = new Generator(engine, { config, weights });
  const rows = Array.from({ length: REPLIES }, (_, i) => ({
    prompt: Int32Array.from({ length: 12 }, (_, t) => 3 + ((7 * i + 11 * t) % 100)),
    promptKey: `${i}`,
    sample: 0,
  }));
  const write = () => generator.generate(rows, { maxNewTokens: NEW_TOKENS, temperature: 1, stopIds: [], seed: 1 });
  await write();
  const writes = [];
  for (let round = 0; round < Number(options.rounds); round++) writes.push(await timed(1, write));
  process.stdout.write(
    JSON.stringify({
      loss: loss.data[0],
      sessionMiB: Math.round(opened - before),
      stepMs: Math.round(median(steps)),
      tokensPerSecond: Math.round((1000 * REPLIES * NEW_TOKENS) / median(writes)),
      processMiB: Math.round(resident() - before),
    }),
  );
  process.exit(0);
}
