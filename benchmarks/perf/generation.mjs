/**
 * Greedy generation of 64 new tokens by a 0.86 M-parameter decoder, compiled on `cpu`, against
 * - the rate that its arithmetic would allow at the FLOP/s of a 1024³ product through the same library (target at batch
 *   256: at least 40 %),
 * - `generate` of transformers on PyTorch, same weights and prompts (`--peer PYTHON`; targets: batch 256 at least 3.5
 *   times, batch 1 at least 5 times as fast).
 *
 *   node benchmarks/perf/generation.mjs [--threads 2] [--rounds 5] [--batches 1,16,64,256] [--rows 64]
 *                                       [--peer PATH_TO_PYTHON] [--json]
 *
 * `--rows`: rows that our generator decodes together at most; larger batches are worked off in turn.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openEngine } from "../../dist/engine/index.js";
import { countGeneration, forwardFlops } from "../../dist/lm/flops.js";
import { Generator } from "../../dist/lm/generate.js";
import { initWeights } from "../../dist/lm/init.js";
import {
  decoder,
  equalTexts,
  median,
  NEW_TOKENS,
  PROMPT_TOKENS,
  productRate,
  promptRows,
  timed,
} from "./generation-model.mjs";

const { values: options } = parseArgs({
  options: {
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "5" },
    batches: { type: "string", default: "1,16,64,256" },
    rows: { type: "string" },
    peer: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const threads = Number(options.threads);
const rounds = Number(options.rounds);
const weights = initWeights(decoder, 1);
const parameters = Object.values(weights).reduce((sum, { data }) => sum + data.length, 0);
const engine = await openEngine("cpu", { threads });
const generator = new Generator(
  engine,
  { config: decoder, weights },
  [],
  options.rows === undefined ? {} : { maxRows: Number(options.rows) },
);
const settings = { maxNewTokens: NEW_TOKENS, temperature: 0, stopIds: [], seed: 1 };
const rate = await productRate(engine);
const peer = options.peer === undefined ? null : await openPeer(options.peer);

const figures = [];
for (const batch of options.batches.split(",").map(Number)) {
  const rows = promptRows(batch, batch);
  const ours = await generator.generate(rows, settings);
  let equal = null;
  if (peer !== null) {
    equal = equalTexts(ours, (await peer.generate(rows)).tokens);
    if (equal < 0.99) throw new Error(`batch ${batch}: only ${100 * equal} % of the texts equal ${peer.name}'s`);
  }
  const repeats = Math.max(1, Math.round(64 / batch));
  const times = { ours: [], peer: [], rate: [] };
  for (let round = 0; round < rounds; round++) {
    times.rate.push(await rate());
    times.ours.push(await timed(repeats, () => generator.generate(rows, settings)));
    if (peer !== null) times.peer.push((await peer.generate(rows)).ms);
  }
  const tokens = batch * NEW_TOKENS;
  const flops = forwardFlops(
    decoder,
    countGeneration(rows.map(() => ({ promptTokens: PROMPT_TOKENS, newTokens: NEW_TOKENS }))),
  );
  figures.push({
    batch,
    tokensPerSecond: tokens / (median(times.ours) / 1000),
    fastestTokensPerSecond: tokens / (Math.min(...times.ours) / 1000),
    ofArithmetic: median(times.ours.map((ms, i) => flops / (ms / 1000) / times.rate[i])),
    productGflops: median(times.rate) / 1e9,
    ...(peer === null
      ? {}
      : {
          equalTexts: equal,
          peerTokensPerSecond: tokens / (median(times.peer) / 1000),
          peerTimesOurs: median(times.peer.map((ms, i) => ms / times.ours[i])),
        }),
  });
}
peer?.close();
const result = {
  machine: `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node.js ${process.version}, ${threads} threads`,
  parameters,
  promptTokens: PROMPT_TOKENS,
  newTokens: NEW_TOKENS,
  ...(peer === null ? {} : { peer: peer.name }),
  figures,
};
if (options.json) console.log(JSON.stringify(result, null, 2));
else {
  console.log(`${result.machine}; ${(parameters / 1e6).toFixed(2)} M parameters, ${NEW_TOKENS} new tokens`);
  for (const figure of figures) {
    const { batch, tokensPerSecond, ofArithmetic, productGflops, peerTokensPerSecond, peerTimesOurs } = figure;
    const rival =
      peerTimesOurs === undefined
        ? ""
        : `; ${peer.name}: ${peerTokensPerSecond.toFixed(0)}, ours ${peerTimesOurs.toFixed(2)} ×`;
    console.log(
      `batch ${`${batch}`.padStart(3)}: ${tokensPerSecond.toFixed(0)} tokens/s, ${(100 * ofArithmetic).toFixed(1)} % of the arithmetic at ${productGflops.toFixed(0)} GFLOP/s${rival}`,
    );
  }
}
process.exit(0);

/** Starts `peers/generate.py` on the same weights. */
async function openPeer(python) {
  const folder = mkdtempSync(join(tmpdir(), "mva-bench-peer-"));
  const shapes = Object.fromEntries(Object.entries(weights).map(([name, { shape }]) => [name, shape]));
  const bytes = Object.values(weights).map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  writeFileSync(join(folder, "weights.bin"), Buffer.concat(bytes));
  writeFileSync(join(folder, "generation.json"), JSON.stringify({ config: decoder, shapes, newTokens: NEW_TOKENS }));
  const script = fileURLToPath(new URL("../peers/generate.py", import.meta.url));
  const child = spawn(python, [script, folder, `${threads}`], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${script} ended early`);
    return JSON.parse(value);
  };
  const { name } = await next();
  return {
    name,
    async generate(rows) {
      child.stdin.write(`${JSON.stringify(rows.map(({ prompt }) => [...prompt]))}\n`);
      return next();
    },
    close() {
      child.stdin.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
