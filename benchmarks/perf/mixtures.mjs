/**
 * Greedy generation under 100 mixtures of three adapters, compiled on `cpu`: the generator as it chooses (the bank, which
 * holds all mixtures in one batch, or merged weights from MERGE_FROM rows of one mixture on), and the bank alone, against
 * the rival: each mixture merged into weights that are fed as inputs (by the engine, without rebuilding anything).
 * Targets: with 4 prompts a mixture at least 2 times as fast, with 64 at least 0.9 times; texts equal on at least 99 %.
 *
 *   node benchmarks/perf/mixtures.mjs [--threads 2] [--rounds 3] [--mixtures 100] [--prompts 4,64] [--rank 16] [--json]
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { openEngine } from "../../dist/engine/index.js";
import { Generator } from "../../dist/lm/generate.js";
import { initWeights } from "../../dist/lm/init.js";
import { decoder, equalTexts, median, NEW_TOKENS, promptRows, strongAdapter, timed } from "./generation-model.mjs";

/** With fewer rows a mixture the bank was faster. */
const MERGE_FROM = 32;

const { values: options } = parseArgs({
  options: {
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "3" },
    mixtures: { type: "string", default: "100" },
    prompts: { type: "string", default: "4,64" },
    rank: { type: "string", default: "16" },
    json: { type: "boolean", default: false },
  },
});
const threads = Number(options.threads);
const rounds = Number(options.rounds);
const rank = Number(options.rank);
const engine = await openEngine("cpu", { threads });
const model = { config: decoder, weights: initWeights(decoder, 1) };
const adapters = [1, 2, 3].map((seed) => strongAdapter(seed, rank));
const bank = new Generator(engine, model, adapters);
const choosing = new Generator(engine, model, adapters, { mergeFrom: MERGE_FROM });
const merged = new Generator(engine, model, adapters, { mergeFrom: 1 });
const settings = { maxNewTokens: NEW_TOKENS, temperature: 0, stopIds: [], seed: 1 };
const random = xoroshiro128plus(7);
const mixtures = Array.from({ length: Number(options.mixtures) }, () =>
  adapters.map(() => Math.fround(0.1 + 0.9 * uniformFloat64(random))),
);

const figures = [];
for (const prompts of options.prompts.split(",").map(Number)) {
  const rows = mixtures.flatMap((coefficients) => promptRows(prompts).map((row) => ({ ...row, coefficients })));
  const theirs = await merged.generate(rows, settings);
  const equal = Math.min(
    equalTexts(await bank.generate(rows, settings), theirs),
    equalTexts(await choosing.generate(rows, settings), theirs),
  );
  if (equal < 0.99) throw new Error(`only ${100 * equal} % of the texts are equal`);
  const times = { choosing: [], bank: [], merged: [] };
  for (let round = 0; round < rounds; round++) {
    times.choosing.push(await timed(1, () => choosing.generate(rows, settings)));
    times.merged.push(await timed(1, () => merged.generate(rows, settings)));
    times.bank.push(await timed(1, () => bank.generate(rows, settings)));
  }
  const rate = (list) => (rows.length * NEW_TOKENS) / (median(list) / 1000);
  const ratio = (list) => median(times.merged.map((ms, i) => ms / list[i]));
  figures.push({
    prompts,
    equalTexts: equal,
    tokensPerSecond: rate(times.choosing),
    bankTokensPerSecond: rate(times.bank),
    mergedTokensPerSecond: rate(times.merged),
    mergedTimesOurs: ratio(times.choosing),
    mergedTimesBank: ratio(times.bank),
  });
}
const result = {
  machine: `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node.js ${process.version}, ${threads} threads`,
  mixtures: mixtures.length,
  rank,
  figures,
};
if (options.json) console.log(JSON.stringify(result, null, 2));
else {
  console.log(`${result.machine}; ${mixtures.length} mixtures of three adapters of rank ${rank} on q, k, v, o`);
  for (const figure of figures) {
    console.log(
      `${`${figure.prompts}`.padStart(3)} prompts a mixture: ${figure.tokensPerSecond.toFixed(0)} tokens/s, ${figure.mergedTimesOurs.toFixed(2)} × merged (${figure.mergedTokensPerSecond.toFixed(0)}); the bank alone ${figure.bankTokensPerSecond.toFixed(0)}, ${figure.mergedTimesBank.toFixed(2)} ×; ${(100 * figure.equalTexts).toFixed(2)} % of texts equal`,
    );
  }
}
process.exit(0);
