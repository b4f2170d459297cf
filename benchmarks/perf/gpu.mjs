/**
 * Decoders of 3, 30 and 120 million parameters on a GPU engine and on `cpu`: train step (every weight, and LoRA), generation at
 * batch 64 and 1,024, scoring of as many replies, bytes over the bus, share of the engine's own rate in a large product;
 * PyTorch's eager and compiled steps where it is.
 * Every figure is a ratio within one run; the goals stand below them, met or not. The file is written after every part, a part
 * that fails is named in it and the others go on (exit code 1). docs/gpu/ holds what came out.
 *
 *   node benchmarks/perf/gpu.mjs [--engine webgpu] [--sizes 3,30,120|tiny] [--rounds 5] [--batches 64,1024] [--new-tokens 64]
 *                                [--against cpu|none] [--peer PYTHON] [--out FILE.json]
 */
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import * as tf from "@tensorflow/tfjs";
import { libraryVersions } from "../../dist/bench/environment.js";
import { graphicsCards } from "../../dist/engine/graphics-card.js";
import { float32, openEngine, probeEngine } from "../../dist/engine/index.js";
import { initAdapter, singleAdapter } from "../../dist/lm/adapters.js";
import { decoderHidden, logitsAt } from "../../dist/lm/decoder.js";
import { Generator } from "../../dist/lm/generate.js";
import { SequenceScorer } from "../../dist/lm/sequence-scorer.js";
import { targetLogProbs } from "../../dist/lm/target-log-probs.js";
import { stepFlops, trainStep } from "./decoder-step.mjs";
import { median, timed } from "./generation-model.mjs";
import { openPeer } from "./gpu-peer.mjs";

const SIZES = {
  tiny: { hiddenSize: 32, intermediateSize: 64, layers: 1, heads: 4, vocabSize: 64, batch: 2, time: 16 },
  3: { hiddenSize: 256, intermediateSize: 688, layers: 4, heads: 8, vocabSize: 1024, batch: 16, time: 128 },
  30: { hiddenSize: 512, intermediateSize: 1376, layers: 8, heads: 8, vocabSize: 8192, batch: 16, time: 128 },
  120: { hiddenSize: 768, intermediateSize: 2048, layers: 14, heads: 12, vocabSize: 32_000, batch: 8, time: 128 },
};
const RANK = 16;

const refuse = (line) => {
  process.stderr.write(`gpu: ${line}\n`);
  process.exit(2);
};
/** What `make` returns; where it throws, its first line is the answer. */
const orRefuse = async (make) => {
  try {
    return await make();
  } catch (error) {
    return refuse(String(error.message).split("\n")[0]);
  }
};
const parse = () =>
  parseArgs({
    options: {
      engine: { type: "string", default: "webgpu" },
      sizes: { type: "string", default: "3,30,120" },
      rounds: { type: "string" },
      batches: { type: "string" },
      "new-tokens": { type: "string" },
      against: { type: "string", default: "cpu" },
      peer: { type: "string" },
      out: { type: "string" },
    },
  });
const { values: options } = await orRefuse(parse);
const threads = availableParallelism();
// The tiny size is for trying the script out on a driver in software: what it times means nothing.
const usual =
  options.sizes === "tiny" ? { rounds: 1, batches: "2,8", tokens: 8 } : { rounds: 5, batches: "64,1024", tokens: 64 };
const whole = (flag, text) => {
  const value = Number(text);
  return Number.isSafeInteger(value) && value > 0
    ? value
    : refuse(`--${flag} takes a whole number above 0, not "${text}"`);
};
const rounds = whole("rounds", options.rounds ?? usual.rounds);
const batches = (options.batches ?? usual.batches).split(",").map((text) => whole("batches", text));
const newTokens = whole("new-tokens", options["new-tokens"] ?? usual.tokens);
for (const name of options.sizes.split(",")) {
  if (SIZES[name] === undefined) refuse(`there is no size "${name}"; there are ${Object.keys(SIZES).join(", ")}`);
}
const say = (line) => process.stderr.write(`${line}\n`);

const engine = await orRefuse(() => openEngine(options.engine, { threads }));
const rival = options.against === "none" ? null : await orRefuse(() => openEngine(options.against, { threads }));
const results = {
  engine: engine.id,
  against: rival?.id ?? null,
  graphics: graphicsCards(),
  cpu: `${cpus()[0]?.model.trim() ?? "unknown"}, ${threads} threads`,
  versions: {
    node: process.versions.node,
    ...libraryVersions(),
    ...(await probeEngine(engine.id)).versions,
  },
  productGflops: Number.NaN,
  sizes: {},
  goals: [],
  failed: [],
};
/** Seconds that the rival may take over one figure; it has been shown to agree by then. */
const RIVAL_SECONDS = 60;

// A file that cannot be written is not found out after the first hour.
await orRefuse(save);
results.productGflops = await productGflops(engine, options.sizes === "tiny" ? 128 : 4096);
for (const name of options.sizes.split(",")) {
  const size = SIZES[name];
  const config = configOf(size);
  say(`${name}: ${size.layers} layers of ${size.hiddenSize}`);
  const found = { generation: {}, scoring: {} };
  results.sizes[name] = found;
  const part = async (title, into, key, run) => {
    try {
      into[key] = await run();
      say(`${title}: ${JSON.stringify(into[key])}`);
    } catch (error) {
      results.failed.push(`${name}, ${title}: ${String(error.message).split("\n")[0]}`);
      say(results.failed.at(-1));
    }
    save();
  };
  await part("full step", found, "full", () => steps(trainStep(config, size.batch, size.time), config, size));
  await part("LoRA step", found, "lora", () => steps(loraStep(config, size.batch, size.time), config, size));
  if (options.peer !== undefined) {
    await part("PyTorch", found, "peer", () => openPeer(options.peer, config, size, rounds));
  }
  for (const batch of batches) {
    await part(`generation at batch ${batch}`, found.generation, batch, () => generation(config, batch));
    await part(`scoring of ${batch} replies`, found.scoring, batch, () => scoring(config, batch));
  }
  found.againstPeer = againstPeer(found);
  save();
}
process.stdout.write(save());
process.exit(results.failed.length === 0 ? 0 : 1);

function save() {
  results.goals = goals(results.sizes);
  const text = `${JSON.stringify(results, null, 2)}\n`;
  if (options.out !== undefined) writeFileSync(options.out, text);
  return text;
}

/** PyTorch's time over ours, above 1 where this is faster; `undefined` where either is not there. */
function againstPeer({ full, lora, generation: written, peer }) {
  if (peer === undefined) return undefined;
  const ratio = (theirs, ours) => (theirs > 0 && ours > 0 ? theirs / ours : undefined);
  return {
    full: ratio(peer.fullMs, full?.stepMs),
    fullCompiled: ratio(peer.fullCompiledMs, full?.stepMs),
    lora: ratio(peer.loraMs, lora?.stepMs),
    loraCompiled: ratio(peer.loraCompiledMs, lora?.stepMs),
    generation: Object.fromEntries(
      Object.entries(written).map(([batch, { tokensPerSecond }]) => [
        batch,
        ratio(tokensPerSecond, peer.tokensPerSecond?.[batch]),
      ]),
    ),
  };
}

/** What the project wants of a card, and what came out. */
function goals(sizes) {
  const wanted = [
    ["full step of the 30 M decoder against cpu", sizes[30]?.full?.timesAsFast, 5],
    ["LoRA step of the 30 M decoder against cpu", sizes[30]?.lora?.timesAsFast, 5],
    ["scoring of 1,024 replies, 30 M decoder, against cpu", sizes[30]?.scoring[1024]?.timesAsFast, 5],
    ["LoRA step of the 120 M decoder against PyTorch eager", sizes[120]?.againstPeer?.lora, 0.5],
    ...Object.entries(sizes).map(([name, { againstPeer: found }]) => [
      `generation at batch 1,024, ${name} M decoder, against PyTorch eager`,
      found?.generation[1024],
      1,
    ]),
  ];
  return wanted.map(([figure, times, goal]) => ({
    figure,
    times: times ?? null,
    goal,
    verdict: times === undefined ? "not measured" : times >= goal ? "met" : "not met",
  }));
}

function configOf({ hiddenSize, intermediateSize, layers, heads, vocabSize }) {
  return {
    vocabSize,
    hiddenSize,
    intermediateSize,
    layers,
    heads,
    kvHeads: heads,
    headDim: hiddenSize / heads,
    rmsNormEps: 1e-5,
    ropeTheta: 10_000,
    ropeScaling: null,
    tieWordEmbeddings: true,
    attentionBias: false,
    maxPositions: 512,
    bosTokenId: null,
    eosTokenIds: [1],
  };
}

/** Next-token loss and AdamW on an adapter of the attention's four modules; the weights are constants. */
function loraStep(config, batch, time) {
  const full = trainStep(config, batch, time);
  const adapter = { rank: RANK, alpha: 2 * RANK, targets: ["q_proj", "k_proj", "v_proj", "o_proj"] };
  const { tensors } = initAdapter(config, adapter, 1);
  const names = Object.keys(tensors);
  const state = Object.fromEntries(
    names.flatMap((name) =>
      ["", "m.", "v."].map((prefix) => [prefix + name, prefix === "" ? tensors[name] : float32(tensors[name].shape)]),
    ),
  );
  const every = Int32Array.from({ length: batch * time }, (_, i) => i);
  const program = ({ inputs, constants, state: held }) => {
    const { tokens, targets, positions, segments, rates } = inputs;
    const loss = (...values) => {
      const bank = singleAdapter(config, adapter, Object.fromEntries(names.map((name, i) => [name, values[i]])));
      const hidden = decoderHidden(config, constants, { tokens, positions, segments }, bank);
      const logits = logitsAt(config, constants, hidden, tf.tensor1d(every, "int32"));
      return tf.neg(tf.mean(targetLogProbs(logits, tf.reshape(targets, [batch * time]))));
    };
    const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => held[name]));
    const [decay, root, floor] = tf.unstack(rates);
    const next = {};
    for (const [i, name] of names.entries()) {
      const m = tf.add(tf.mul(held[`m.${name}`], 0.9), grads[i]);
      const v = tf.add(tf.mul(held[`v.${name}`], 0.95), tf.square(grads[i]));
      next[name] = tf.sub(tf.mul(held[name], decay), tf.div(m, tf.add(tf.mul(tf.sqrt(v), root), floor)));
      next[`m.${name}`] = m;
      next[`v.${name}`] = v;
    }
    return { outputs: { loss: value }, state: next };
  };
  const specs = Object.fromEntries(Object.entries(state).map(([key, { dtype, shape }]) => [key, { dtype, shape }]));
  return { ...full, program, state, signature: { ...full.signature, constants: full.weights, state: specs } };
}

/** Checks that both engines compute the same losses, then times them in turn. */
async function steps({ program, signature, state, inputs, parameters }, config, { batch, time }) {
  const open = async (on) => {
    const perCall = on.stepsPerCall ?? 1;
    const executable = await on.compile("step", program, signature, { series: perCall > 1 });
    const held = on.createState(state);
    let count = 0;
    return {
      perCall,
      /** As many steps as the engine takes in a call. @returns their losses */
      run: async () => {
        const series = Array.from({ length: perCall }, () => inputs(count++));
        return (await executable.runSeries(series, held)).map(({ loss }) => loss.data[0]);
      },
      close: () => {
        executable.dispose();
        held.dispose();
      },
    };
  };
  const ours = await open(engine);
  const theirs = rival === null ? null : await open(rival);
  const losses = { ours: [], theirs: [] };
  for (let i = 0; i < 3; i++) {
    while (losses.ours.length <= i) losses.ours.push(...(await ours.run()));
    if (theirs === null) continue;
    while (losses.theirs.length <= i) losses.theirs.push(...(await theirs.run()));
    const [a, b] = [losses.ours[i], losses.theirs[i]];
    if (!(Math.abs(a - b) <= 1e-3 * Math.abs(b)))
      throw new Error(`losses differ: ${losses.ours} where ${rival.id} has ${losses.theirs}`);
  }
  const before = engine.traffic?.();
  await ours.run();
  const after = engine.traffic?.();
  const times = { ours: [], theirs: [] };
  for (let round = 0, spent = 0; round < rounds; round++) {
    times.ours.push((await timed(3, ours.run)) / ours.perCall);
    if (theirs === null || spent > 1000 * RIVAL_SECONDS) continue;
    times.theirs.push((await timed(1, theirs.run)) / theirs.perCall);
    spent += times.theirs.at(-1) * theirs.perCall;
  }
  ours.close();
  theirs?.close();
  const ms = median(times.ours);
  const gflops = stepFlops(config, batch, time) / ms / 1e6;
  return {
    parameters,
    stepMs: ms,
    tokensPerSecond: (1000 * batch * time) / ms,
    ...(before === undefined
      ? {}
      : {
          stepsPerCall: ours.perCall,
          bytesToDevice: (after.toDevice - before.toDevice) / ours.perCall,
          bytesFromDevice: (after.fromDevice - before.fromDevice) / ours.perCall,
        }),
    shareOfProductIfFull: gflops / results.productGflops,
    ...(theirs === null ? {} : { timesAsFast: median(times.theirs.map((other, i) => other / times.ours[i])) }),
  };
}

async function generation(config, batch) {
  const { weights } = trainStep(config, 1, 8);
  const rows = Array.from({ length: batch }, (_, i) => ({
    prompt: Int32Array.from({ length: 12 }, (_, t) => 3 + ((7 * i + 11 * t) % (config.vocabSize - 3))),
    promptKey: `${i}`,
    sample: 0,
  }));
  const settings = { maxNewTokens: newTokens, temperature: 1, stopIds: [], seed: 1 };
  const rate = async (on) => {
    const generator = new Generator(on, { config, weights }, [], { maxRows: Math.max(2, batch) });
    await generator.generate(rows, settings);
    const before = on.traffic?.();
    const times = await repeated(() => generator.generate(rows, settings));
    const after = on.traffic?.();
    await generator.dispose();
    const bytes =
      before === undefined
        ? undefined
        : (after.toDevice + after.fromDevice - before.toDevice - before.fromDevice) / times.length;
    return { tokensPerSecond: (1000 * batch * newTokens) / median(times), bytes };
  };
  const ours = await rate(engine);
  const theirs = rival === null ? null : await rate(rival);
  return {
    tokensPerSecond: ours.tokensPerSecond,
    ...(ours.bytes === undefined ? {} : { bytesPerToken: ours.bytes / (batch * newTokens) }),
    ...(theirs === null ? {} : { timesAsFast: ours.tokensPerSecond / theirs.tokensPerSecond }),
  };
}

/** Log-probabilities and KL of replies under an adapter and its base: what scoring does beside generation. */
async function scoring(config, batch) {
  const { weights } = trainStep(config, 1, 8);
  const adapter = { rank: RANK, alpha: 2 * RANK, targets: ["q_proj", "k_proj", "v_proj", "o_proj"] };
  const { tensors } = initAdapter(config, adapter, 1);
  const tokens = (count, phase) =>
    Int32Array.from({ length: count }, (_, t) => 3 + ((7 * phase + 11 * t) % (config.vocabSize - 3)));
  const rows = Array.from({ length: batch }, (_, i) => ({
    prompt: tokens(12, i),
    response: tokens(newTokens, i + 1),
    coefficients: [1],
  }));
  const open = async (on) => {
    const scorer = new SequenceScorer(on, { config, weights }, [{ config: adapter, tensors }]);
    const first = await scorer.score(rows);
    const times = await repeated(() => scorer.score(rows));
    await scorer.dispose();
    return { ms: median(times), sample: first[0].logProbs[0] };
  };
  const ours = await open(engine);
  const theirs = rival === null ? null : await open(rival);
  if (theirs !== null && !(Math.abs(ours.sample - theirs.sample) <= 1e-3 * Math.abs(theirs.sample)))
    throw new Error(`log-probabilities differ: ${ours.sample} where ${rival.id} has ${theirs.sample}`);
  return {
    repliesPerSecond: (1000 * batch) / ours.ms,
    ...(theirs === null ? {} : { timesAsFast: theirs.ms / ours.ms }),
  };
}

/** Milliseconds of up to three runs, fewer where they take long. */
async function repeated(run) {
  const times = [];
  for (let round = 0, spent = 0; round < Math.min(3, rounds) && spent < 1000 * RIVAL_SECONDS; round++) {
    times.push(await timed(1, run));
    spent += times.at(-1);
  }
  return times;
}

/** GFLOP/s of one large product, its sum read back. */
async function productGflops(on, side) {
  const spec = { dtype: "float32", shape: [side, side] };
  const product = await on.compile(
    "product",
    ({ state }) => {
      const y = tf.matMul(state.a, state.b);
      return { outputs: { y: tf.max(y) } };
    },
    { inputs: {}, state: { a: spec, b: spec } },
  );
  const matrix = float32(
    spec.shape,
    Float32Array.from({ length: side * side }, (_, i) => Math.sin(i)),
  );
  const held = on.createState({ a: matrix, b: matrix });
  const run = () => product.run({}, held);
  await run();
  const ms = await timed(5, run);
  product.dispose();
  held.dispose();
  return (2 * side ** 3) / ms / 1e6;
}
