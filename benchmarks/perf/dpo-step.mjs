/**
 * LoRA DPO on a 3.4 M-parameter decoder (r = 64 on q, k, v, o; 16 pairs a batch; HH helpful pairs whose sides have up to 250
 * tokens), against TRL's DPOTrainer with precomputed reference log-probs: same weights, tokenizer, batches, optimizer.
 * And what the `dw-cka` penalty adds to that step with two frozen vectors.
 *
 *   node benchmarks/perf/dpo-step.mjs --data ../shared/data/hh [--peer PYTHON] [--threads 2] [--rounds 5] [--steps 20]
 *
 * Losses are compared before anything is timed; rounds of the rivals are interleaved; the ratio is of medians. A 1024³
 * product through the same library is timed in the same rounds: at its FLOP/s the step's arithmetic would take the time by
 * which `ratio at the product's rate` is measured, the most that this machine allows without doing less arithmetic. With
 * `--rounds 0` only the losses are compared.
 * `--peer` is a Python with benchmarks/peers/requirements-dpo.txt installed; without it only this side is measured.
 */
import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import * as tf from "@tensorflow/tfjs";

const { values: args } = parseArgs({
  options: {
    data: { type: "string" },
    peer: { type: "string" },
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "5" },
    steps: { type: "string", default: "20" },
    engine: { type: "string", default: "cpu" },
    dist: { type: "string", default: fileURLToPath(new URL("../../dist", import.meta.url)) },
    json: { type: "boolean", default: false },
  },
});
if (args.data === undefined) {
  console.error("usage: node benchmarks/perf/dpo-step.mjs --data FOLDER with helpful.jsonl [--peer PYTHON]");
  process.exit(2);
}
const [threads, rounds, steps] = [args.threads, args.rounds, args.steps].map(Number);
const load = (path) => import(pathToFileURL(join(args.dist, path)).href);
const { openEngine } = await load("engine/index.js");
const { trainBpe } = await load("lm/bpe.js");
const { Tokenizer } = await load("lm/tokenizer.js");
const { initWeights } = await load("lm/init.js");
const { initAdapter } = await load("lm/adapters.js");
const { countPairs, forwardFlops, adapterBackwardFlops } = await load("lm/flops.js");
const { saveModel } = await load("lm/huggingface.js");
const { saveAdapter } = await load("lm/peft.js");
const { pairLength } = await load("lm/pairs.js");
const { batchOrder } = await load("methods/batches.js");
const { ExecutableCache } = await load("methods/executables.js");
const { PairLogProbs, referenceLogProbs } = await load("methods/pair-log-probs.js");
const { runTask } = await load("methods/run-task.js");
const { deriveSeed } = await load("methods/seeds.js");

const BATCH = 16;
const LONGEST = 250;
const SEED = 1;
const config = {
  vocabSize: 1024,
  hiddenSize: 256,
  intermediateSize: 688,
  layers: 4,
  heads: 8,
  kvHeads: 8,
  headDim: 32,
  rmsNormEps: 1e-5,
  ropeTheta: 10_000,
  ropeScaling: null,
  tieWordEmbeddings: true,
  attentionBias: false,
  maxPositions: 512,
  bosTokenId: null,
  eosTokenIds: [1],
};
const adapter = { rank: 64, alpha: 128, targets: ["q_proj", "k_proj", "v_proj", "o_proj"] };
const settings = {
  beta: 0.1,
  nllCoefficient: 0,
  softLabels: false,
  adapter,
  batchPairs: BATCH,
  optimizer: {
    learningRate: 5e-4,
    schedule: "constant",
    warmup: 0,
    weightDecay: 0,
    maxGradientNorm: 1,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
  },
};

// Data: the last assistant turn of each dialogue, by our byte-level BPE.
const dialogues = [];
for await (const line of createInterface({ input: createReadStream(join(args.data, "helpful.jsonl")) })) {
  if (line.trim() !== "") dialogues.push(JSON.parse(line));
}
const cut = (text) => text.lastIndexOf("\n\nAssistant:") + "\n\nAssistant:".length;
const texts = dialogues.flatMap(({ chosen, rejected }) => {
  const [at, other] = [cut(chosen), cut(rejected)];
  if (at !== other || chosen.slice(0, at) !== rejected.slice(0, other) || chosen === rejected) return [];
  return [{ prompt: chosen.slice(0, at), chosen: chosen.slice(at), rejected: rejected.slice(at) }];
});
const files = trainBpe(
  texts.slice(0, 800).flatMap((t) => [t.prompt, t.chosen, t.rejected]),
  { vocabSize: config.vocabSize },
);
const tokenizer = new Tokenizer(files);
const reply = (text) => Int32Array.from([...tokenizer.encodeContinuation(text), 1]);
const pairs = texts
  .map((t) => ({ prompt: tokenizer.encode(t.prompt), chosen: reply(t.chosen), rejected: reply(t.rejected) }))
  .filter((p) => p.prompt.length + Math.max(p.chosen.length, p.rejected.length) <= LONGEST)
  // One epoch: reference log-probs are then computed for what is trained on, and for nothing else.
  .slice(0, BATCH * steps);

const opened = await openEngine(args.engine, { threads });
/** Milliseconds of each step's update, without and with the penalty: what the penalty costs is a small part of a step. */
const updateMs = { plain: [], penalised: [] };
const engine = {
  ...opened,
  async compile(name, ...rest) {
    const executable = await opened.compile(name, ...rest);
    if (!name.startsWith("preference-update")) return executable;
    return {
      ...executable,
      async run(inputs, state) {
        const start = performance.now();
        const outputs = await executable.run(inputs, state);
        updateMs["alpha" in inputs ? "penalised" : "plain"].push(performance.now() - start);
        return outputs;
      },
    };
  },
};
const weights = initWeights(config, 7);
const artefacts = new Map();
const env = {
  engine,
  model: { config, weights, tokenizer },
  seed: SEED,
  pairs: { helpful: pairs },
  prompts: [],
  executables: new ExecutableCache(engine),
  logProbs: new PairLogProbs(),
  artefact: async ({ task }) => artefacts.get(task),
};
const frozen = [1, 2].map((i) => {
  const tensors = initAdapter(config, adapter, 100 + i).tensors;
  const noise = initAdapter(config, adapter, 200 + i).tensors;
  // A trained vector has a B: any numbers of the right size do.
  for (const [name, tensor] of Object.entries(tensors)) {
    if (!name.endsWith("lora_B")) continue;
    const source = noise[name.replace("lora_B", "lora_A")].data;
    tensor.data.forEach((_, k) => {
      tensor.data[k] = 0.1 * source[k % source.length];
    });
  }
  artefacts.set(`frozen ${i}`, tensors);
  return { task: `frozen ${i}`, name: "adapter" };
});

const signal = new AbortController().signal;
const count = steps;
async function ours(penalty, maxSteps = count) {
  const times = [];
  const task = { kind: "dpo", value: "helpful", settings: { ...settings, maxSteps }, penalty };
  const { summary } = await runTask(task, Number.POSITIVE_INFINITY, env, {
    label: "dpo",
    signal,
    emit(event) {
      if (event.type === "task-step" || event.type === "task-planned") times.push(performance.now());
    },
  });
  const seconds = (times.at(-1) - times[0]) / 1000;
  return { summary, seconds };
}
const cka = { kind: "dw-cka", alpha: 0.1, frozen };

const order = batchOrder(pairs.map(pairLength), BATCH, deriveSeed(SEED, "order", "helpful"));
const batches = Array.from({ length: count }, () => order.next().value);
const used = [...new Set(batches.flat())];
await referenceLogProbs(env, "helpful", used, signal);
const rows = batches.flat().map((row) => pairs[row]);
const pass = countPairs(rows);
const flops = forwardFlops(config, pass, [adapter]) + adapterBackwardFlops(config, pass, adapter);
const median = (xs) => [...xs].sort((a, b) => a - b)[Math.floor(xs.length / 2)];

// Compiles every shape, and gives the losses that are compared.
const losses = (await ours(null)).summary.curve.map(({ loss }) => loss);
if (rounds > 0) await ours(cka);
updateMs.plain.length = 0;
updateMs.penalised.length = 0;

let peer = null;
const folder = await mkdtemp(join(tmpdir(), "dpo-step-"));
try {
  if (args.peer !== undefined) {
    await saveModel(folder, { config, weights, tokenizer });
    const start = initAdapter(config, adapter, deriveSeed(SEED, "adapter", "helpful"));
    await saveAdapter(join(folder, "adapter"), start, config);
    await writeFile(
      join(folder, "batches.json"),
      JSON.stringify({
        batches: batches.map((batch) =>
          batch.map((row) => Object.fromEntries(Object.entries(pairs[row]).map(([k, ids]) => [k, [...ids]]))),
        ),
        settings,
        threads,
      }),
    );
    peer = await startPeer(args.peer, folder);
    const theirs = await peer.round();
    const worst = Math.max(...theirs.losses.map((loss, i) => Math.abs(loss - losses[i])));
    console.error(`largest difference of loss over ${theirs.losses.length} steps: ${worst.toExponential(2)}`);
    if (rounds === 0) console.log(JSON.stringify({ ours: losses, theirs: theirs.losses }));
    if (!(worst <= 1e-3)) throw new Error(`the losses differ by ${worst}: nothing is timed`);
  }

  const SIDE = 1024;
  const square = { dtype: "float32", shape: [SIDE, SIDE] };
  const product = await opened.compile(
    "product",
    ({ inputs }) => ({ outputs: { y: tf.max(tf.matMul(inputs.a, inputs.b)) } }),
    { inputs: { a: square, b: square } },
  );
  const matrix = { ...square, data: Float32Array.from({ length: SIDE * SIDE }, (_, i) => Math.sin(i)) };
  const products = async (times) => {
    const start = performance.now();
    for (let i = 0; i < times; i++) await product.run({ a: matrix, b: matrix });
    return (performance.now() - start) / 1000 / times;
  };
  if (rounds > 0) await products(5);
  const seconds = { dpo: [], cka: [], trl: [], product: [] };
  for (let round = 0; round < rounds; round++) {
    seconds.product.push(await products(20));
    seconds.dpo.push((await ours(null)).seconds);
    seconds.cka.push((await ours(cka)).seconds);
    if (peer !== null) seconds.trl.push((await peer.round()).seconds);
  }
  const rate = (xs) => (BATCH * count) / median(xs);
  const productRate = (2 * SIDE ** 3) / median(seconds.product);
  const result = {
    pairs: pairs.length,
    tokensPerPair: pass.tokens / rows.length,
    stepGflop: flops / count / 1e9,
    "pairs/s": rate(seconds.dpo),
    "GFLOP/s": flops / median(seconds.dpo) / 1e9,
    "1024³ GFLOP/s": productRate / 1e9,
    "share of its rate": flops / median(seconds.dpo) / productRate,
    "pairs/s with dw-cka": rate(seconds.cka),
    // By the update's own time; the rounds' difference is mostly noise on a shared machine. A card has no update of its own.
    ...(updateMs.plain.length === 0
      ? {}
      : {
          penaltyMs: median(updateMs.penalised) - median(updateMs.plain),
          penaltyShare: ((median(updateMs.penalised) - median(updateMs.plain)) * count) / (1000 * median(seconds.dpo)),
        }),
    penaltyShareByRounds: (median(seconds.cka) / median(seconds.dpo) - 1) * (count / (count - 1)),
    ...(peer === null
      ? {}
      : {
          "TRL pairs/s": rate(seconds.trl),
          ratio: median(seconds.trl) / median(seconds.dpo),
          "ratio at the product's rate": median(seconds.trl) / (flops / productRate),
        }),
  };
  if (rounds === 0) console.error("no rounds: nothing is timed");
  else if (args.json) console.log(JSON.stringify(result, null, 2));
  else
    for (const [name, value] of Object.entries(result))
      console.log(`${name.padEnd(28)} ${Number(value.toPrecision(4))}`);
} finally {
  peer?.stop();
  await rm(folder, { recursive: true, force: true });
  await env.executables.dispose();
  engine.dispose();
}

/** The rival in its own process: one line in asks for a round of all batches, one line out tells losses and seconds. */
async function startPeer(python, folder) {
  const script = fileURLToPath(new URL("../peers/dpo_trl.py", import.meta.url));
  const child = spawn(python, [script, folder], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async () => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error("the TRL process ended before it answered");
      // Libraries print what they like; our lines begin with a mark.
      if (value.startsWith("@ ")) return JSON.parse(value.slice(2));
    }
  };
  await read();
  return {
    round() {
      child.stdin.write("round\n");
      return read();
    },
    stop() {
      child.kill();
    },
  };
}
