/**
 * One full train step (forward, backward, AdamW over every weight) of a 3.4 M-parameter decoder, batch 16 × 128, compiled
 * on `cpu`, against
 * - the FLOP/s of a 1024³ product through the same library (target: at least 90 %),
 * - the same step in PyTorch under torch.compile (`--peer PYTHON`; target: no slower),
 * - the same program on an eager TensorFlow.js backend that installs from npm alone (`--rival`; target: 4 times as fast).
 *
 *   node benchmarks/perf/train-step.mjs [--threads 2] [--rounds 12] [--rival tfjs-cpu|tfjs-wasm|tfjs-node|none]
 *                                       [--peer PATH_TO_PYTHON] [--memory arena|lean] [--steps-per-call 1] [--json]
 *
 * With --steps-per-call N, ours takes N steps in each call (`Executable.runSeries`) and times are those of one of them.
 *
 * tfjs-wasm is measured where `@tensorflow/tfjs-backend-wasm` 4.22 is installed (npm install --no-save); the one kernel that
 * it lacks for this step is added here.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as tf from "@tensorflow/tfjs";
import { createEagerEngine } from "../../dist/engine/eager.js";
import { float32, openEngine } from "../../dist/engine/index.js";
import { adam, decoder, stepFlops, trainStep } from "./decoder-step.mjs";

const BATCH = 16;
const TIME = 128;
const SIDE = 1024;

const { values: options } = parseArgs({
  options: {
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "12" },
    rival: { type: "string", default: "tfjs-cpu" },
    peer: { type: "string" },
    memory: { type: "string", default: "arena" },
    "steps-per-call": { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});
const threads = Number(options.threads);
const rounds = Number(options.rounds);
const stepsPerCall = Number(options["steps-per-call"]);
const say = (line) => process.stderr.write(`${line}\n`);

const engine = await openEngine("cpu", { threads, memory: options.memory });
const rival = await openRival(options.rival);

if (rival !== null) {
  const [ours, theirs] = [await losses(engine, 2, 1, 8), await losses(rival, 2, 1, 8)];
  agree(`eager ${options.rival}`, ours, theirs, 1e-4);
}
const step = await Stepper(engine, BATCH, TIME, stepsPerCall);
if (stepsPerCall > 1) {
  agree(`${stepsPerCall} steps a call`, await losses(engine, stepsPerCall, BATCH, TIME), await step.run(), 1e-4);
}
const peer = options.peer === undefined ? null : await openPeer(options.peer);
if (peer !== null) agree("PyTorch", await losses(engine, peer.losses.length, BATCH, TIME), peer.losses, 1e-3);

const product = await engine.compile(
  "product",
  ({ inputs }) => ({ outputs: { y: tf.max(tf.matMul(inputs.a, inputs.b)) } }),
  { inputs: { a: { dtype: "float32", shape: [SIDE, SIDE] }, b: { dtype: "float32", shape: [SIDE, SIDE] } } },
);
const matrix = float32(
  [SIDE, SIDE],
  Float32Array.from({ length: SIDE * SIDE }, (_, i) => Math.sin(i)),
);

const times = { step: [], product: [], peer: [] };
for (let round = 0; round < rounds + 2; round++) {
  const stepMs = (await timed(Math.ceil(3 / stepsPerCall), () => step.run())) / stepsPerCall;
  const productMs = await timed(20, () => product.run({ a: matrix, b: matrix }));
  const peerMs = peer === null ? null : await peer.step(3);
  if (round < 2) continue;
  times.step.push(stepMs);
  times.product.push(productMs);
  if (peerMs !== null) times.peer.push(peerMs);
}
peer?.close();
let rivalMs = null;
if (rival !== null) {
  const slow = await Stepper(rival, BATCH, TIME);
  if (options.rival !== "tfjs-cpu") await slow.run();
  rivalMs = await timed(1, () => slow.run());
}

const flops = stepFlops(decoder, BATCH, TIME);
const [stepMs, productMs] = [median(times.step), median(times.product)];
const gflops = (count, ms) => count / ms / 1e6;
const result = {
  machine: `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node.js ${process.version}, ${threads} threads`,
  parameters: step.parameters,
  stepsPerCall,
  stepGflop: flops / 1e9,
  stepMs,
  stepFastestMs: Math.min(...times.step),
  stepGflops: gflops(flops, stepMs),
  productGflops: gflops(2 * SIDE ** 3, productMs),
  ofProduct: median(times.step.map((ms, i) => gflops(flops, ms) / gflops(2 * SIDE ** 3, times.product[i]))),
  ...(peer === null
    ? {}
    : {
        peer: peer.name,
        peerMs: median(times.peer),
        peerFastestMs: Math.min(...times.peer),
        peerTimesOurs: median(times.peer.map((ms, i) => ms / times.step[i])),
      }),
  ...(rivalMs === null ? {} : { rival: options.rival, rivalMs, rivalTimesOurs: rivalMs / stepMs }),
};
if (options.json) console.log(JSON.stringify(result, null, 2));
else {
  console.log(`${result.machine}; ${(result.parameters / 1e6).toFixed(2)} M parameters, batch ${BATCH} × ${TIME}`);
  console.log(
    `step     ${stepMs.toFixed(1)} ms (fastest ${result.stepFastestMs.toFixed(1)}), ${result.stepGflops.toFixed(0)} GFLOP/s`,
  );
  console.log(
    `1024³    ${result.productGflops.toFixed(0)} GFLOP/s; the step reaches ${(100 * result.ofProduct).toFixed(1)} % of it (target 90 %)`,
  );
  if (peer !== null)
    console.log(
      `PyTorch  ${result.peerMs.toFixed(1)} ms (fastest ${result.peerFastestMs.toFixed(1)}), ${result.peerTimesOurs.toFixed(2)} × ours (target at least 1): ${peer.name}`,
    );
  if (rivalMs !== null)
    console.log(
      `${options.rival} ${rivalMs.toFixed(0)} ms, ${result.rivalTimesOurs.toFixed(1)} × ours (target at least 4)`,
    );
}
process.exit(0);

async function Stepper(engine, batch, time, perCall = 1) {
  const { program, signature, state, inputs, parameters } = trainStep(decoder, batch, time);
  const executable = await engine.compile("train step", program, signature, { series: perCall > 1 });
  const held = engine.createState(state);
  let count = 0;
  return {
    parameters,
    /** @returns the loss of each step of one call */
    async run() {
      const series = Array.from({ length: perCall }, () => inputs(count++));
      const outputs = perCall > 1 ? await executable.runSeries(series, held) : [await executable.run(series[0], held)];
      return outputs.map(({ loss }) => loss.data[0]);
    },
  };
}

async function losses(engine, steps, batch, time) {
  const stepper = await Stepper(engine, batch, time);
  const losses = [];
  for (let i = 0; i < steps; i++) losses.push(...(await stepper.run()));
  return losses;
}

/** @throws when two series of losses differ by more than `tolerance`, relatively. */
function agree(name, ours, theirs, tolerance) {
  for (const [i, loss] of ours.entries()) {
    if (!(Math.abs(loss - theirs[i]) <= tolerance * Math.abs(loss))) {
      throw new Error(`${name} computes something else: losses ${theirs} where ours are ${ours}`);
    }
  }
  say(`${name} agrees: losses ${theirs.map((loss) => loss.toFixed(5)).join(" ")}`);
}

async function openRival(id) {
  if (id === "none") return null;
  if (id !== "tfjs-wasm") return openEngine(id, { threads });
  const wasm = await import("@tensorflow/tfjs-backend-wasm");
  wasm.setThreadsCount?.(threads);
  await tf.setBackend("wasm");
  tf.registerKernel({ kernelName: "UnsortedSegmentSum", backendName: "wasm", kernelFunc: segmentSum });
  return createEagerEngine("tfjs-cpu", "wasm", 1);
}

/** The gradient of a gather, which tfjs-backend-wasm lacks: rows [n, width] added to numSegments rows, in its own heap. */
function segmentSum({ inputs: { x, segmentIds }, attrs: { numSegments }, backend }) {
  const width = x.shape.slice(1).reduce((product, size) => product * size, 1);
  const sums = backend.makeOutput([numSegments, ...x.shape.slice(1)], x.dtype);
  const [rows, ids, out] = [x, segmentIds, sums].map((tensor) => backend.typedArrayFromHeap(tensor));
  out.fill(0);
  for (let row = 0; row < ids.length; row++) {
    const [from, to] = [row * width, ids[row] * width];
    for (let i = 0; i < width; i++) out[to + i] += rows[from + i];
  }
  return sums;
}

/** Starts `peers/train_step.py` on the same weights and inputs; it steps when told to. */
async function openPeer(python) {
  const folder = mkdtempSync(join(tmpdir(), "mva-bench-peer-"));
  const { weights, inputs } = trainStep(decoder, BATCH, TIME);
  const first = inputs(0);
  const shapes = Object.fromEntries(Object.entries(weights).map(([name, { shape }]) => [name, shape]));
  const bytes = Buffer.concat(
    Object.values(weights).map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  );
  writeFileSync(join(folder, "weights.bin"), bytes);
  const ids = { tokens: [...first.tokens.data], targets: [...first.targets.data] };
  writeFileSync(
    join(folder, "step.json"),
    JSON.stringify({ config: decoder, adam, shapes, batch: BATCH, time: TIME, ...ids }),
  );
  const script = fileURLToPath(new URL("../peers/train_step.py", import.meta.url));
  const child = spawn(python, [script, folder, `${threads}`], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${script} ended early`);
    return JSON.parse(value);
  };
  const { name, losses } = await next();
  return {
    name,
    losses,
    async step(count) {
      child.stdin.write(`${count}\n`);
      return (await next()).ms;
    },
    close() {
      child.stdin.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function timed(count, run) {
  const start = performance.now();
  for (let i = 0; i < count; i++) await run();
  return (performance.now() - start) / count;
}

function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
