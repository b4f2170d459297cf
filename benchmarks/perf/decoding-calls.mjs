/**
 * Decoding on the device with 1, 2, 4, 8 and 16 tokens a call, in turn: tokens written a second, and bytes that cross. On a Vulkan driver in
 * software the model is tiny, and what is measured is what a call costs beside its arithmetic.
 *
 *   node benchmarks/perf/decoding-calls.mjs [--engine webgpu] [--rows 4] [--width 16] [--rounds 5]
 */
import { parseArgs } from "node:util";
import { openEngine } from "../../dist/engine/index.js";
import { DeviceDecoder } from "../../dist/lm/device-decoder.js";
import { Generator } from "../../dist/lm/generate.js";
import { initWeights } from "../../dist/lm/init.js";
import { decoder, median, promptRows } from "./generation-model.mjs";

const { values: flags } = parseArgs({
  options: {
    engine: { type: "string", default: "webgpu" },
    rows: { type: "string", default: "4" },
    width: { type: "string", default: "16" },
    rounds: { type: "string", default: "5" },
  },
});
const [rows, width, rounds] = [flags.rows, flags.width, flags.rounds].map(Number);
const NEW_TOKENS = 33;
const engine = await openEngine(flags.engine, { threads: 2 });
const config = {
  ...decoder,
  hiddenSize: width,
  intermediateSize: 2 * width,
  headDim: width / decoder.heads,
  layers: 2,
};
const model = { config, weights: initWeights(config, 1), tokenizer: null };
const settings = { maxNewTokens: NEW_TOKENS, temperature: 0, topP: 1, stopIds: [], seed: 1 };
const prompts = promptRows(rows);
const ways = [1, 2, 4, 8, 16].map((tokens) => {
  const generator = new Generator(engine, model, [], { decoding: "device" });
  generator.device = new DeviceDecoder(engine, model, generator.executables, tokens);
  return { tokens, generator, seconds: [], bytes: 0 };
});
let texts;
for (let round = 0; round <= rounds; round++) {
  for (const way of ways) {
    const before = engine.traffic?.() ?? { toDevice: 0, fromDevice: 0 };
    const started = performance.now();
    const replies = await way.generator.generate(prompts, settings);
    const seconds = (performance.now() - started) / 1000;
    const text = JSON.stringify(replies.map(({ tokens }) => [...tokens]));
    texts ??= text;
    if (text !== texts) throw new Error(`${way.tokens} tokens a call write other replies`);
    if (round === 0) continue;
    const after = engine.traffic?.() ?? before;
    way.seconds.push(seconds);
    way.bytes = after.toDevice - before.toDevice + after.fromDevice - before.fromDevice;
  }
}
const [one] = ways;
for (const { tokens, seconds, bytes } of ways) {
  const rate = (rows * NEW_TOKENS) / median(seconds);
  const times = median(one.seconds) / median(seconds);
  console.log(
    `${tokens} tokens a call: ${rate.toFixed(0)} tokens/s, ${times.toFixed(2)} × one a call; ${(bytes / rows / NEW_TOKENS).toFixed(0)} bytes a token cross`,
  );
}
process.exit(0);
