// Do the policies of a run still write? Greedy replies of the base and of each vertex policy to the suite's test prompts:
// the share that ended before the limit and is valid; and Kendall tau-b between w_k and the mean score of value k along
// Soup's lattice, from the run's own candidates.csv and scores.csv.
//
//   npm run build && node dist/cli/main.js run quick --out DIR && node benchmarks/perf/quick-text.mjs DIR
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { runFiles } from "../../dist/bench/files/run-files.js";
import { readTables } from "../../dist/bench/recompute.js";
import { readRunRecord } from "../../dist/bench/run-folder.js";
import { embeddedDataset, isValidReply } from "../../dist/data/embedded/index.js";
import { formatPrompt, promptHash, readPairs } from "../../dist/data/index.js";
import { openEngine } from "../../dist/engine/index.js";
import { Generator } from "../../dist/lm/generate.js";
import { loadModel } from "../../dist/lm/huggingface.js";
import { loadAdapter } from "../../dist/lm/peft.js";
import { kendallTauB } from "../../dist/metrics/index.js";

const folder = process.argv[2];
if (folder === undefined) throw new Error("usage: node benchmarks/perf/quick-text.mjs RUN_FOLDER");
const { suite, seeds } = readRunRecord(folder);
const tables = readTables(runFiles(folder));
const model = loadModel(join(folder, "base"));
const engine = await openEngine("cpu", { threads: 1 });
const wanted = new Set(tables.prompts.test.map((prompt) => prompt.key));
const { pairs } = await readPairs(embeddedDataset(suite.data.set).path);
const prompts = [...new Set(pairs.map((pair) => pair.prompt))].filter((prompt) => wanted.has(promptHash(prompt)));

async function greedy(adapters) {
  const generator = new Generator(engine, model, adapters);
  const rows = prompts.map((prompt) => ({
    prompt: Int32Array.from([...model.tokenizer.prefixIds, ...model.tokenizer.encode(formatPrompt(prompt))]),
    promptKey: promptHash(prompt),
    sample: 0,
    coefficients: adapters.map(() => 1),
  }));
  const out = await generator.generate(rows, {
    maxNewTokens: suite.evaluation.maxNewTokens,
    temperature: 0,
    seed: 1,
    stopIds: model.config.eosTokenIds,
  });
  await generator.dispose();
  const good = out.filter(({ tokens, ended }, i) => {
    const text = model.tokenizer.decodeContinuation(ended ? tokens.subarray(0, -1) : tokens).trim();
    return ended && isValidReply(prompts[i], { text, ended });
  });
  return good.length / prompts.length;
}

console.log(`greedy replies that ended and are valid, ${prompts.length} test prompts`);
console.log(`base\t${(100 * (await greedy([]))).toFixed(1)} %`);
const isVertex = (weights) => weights?.every((w) => w === 0 || w === 1);
for (const seed of seeds) {
  const vertices = tables.candidates.filter((c) => c.seed === seed && isVertex(c.weights));
  for (const { method, candidate, weights } of vertices) {
    const root = join(folder, "adapters", String(seed), method);
    if (!existsSync(root)) continue;
    const value = suite.values[weights.indexOf(1)].name;
    const name = [value, candidate].find((entry) => readdirSync(root).includes(entry));
    if (name === undefined) continue;
    const share = await greedy([loadAdapter(join(root, name), model.config)]);
    console.log(`seed ${seed}\t${method}\t${value}\t${(100 * share).toFixed(1)} %`);
  }
  const soup = tables.candidates.filter((c) => c.seed === seed && c.method === "soup" && c.scores.test);
  suite.values.forEach((value, k) => {
    const n = tables.prompts.test.length;
    const mean = (c) => c.scores.test.slice(k * n, (k + 1) * n).reduce((sum, x) => sum + x, 0) / n;
    const tau = kendallTauB(
      soup.map((c) => c.weights[k]),
      soup.map(mean),
    );
    console.log(
      `seed ${seed}\tKendall tau-b, w_${value.name} against its mean along Soup's lattice\t${tau.toFixed(2)}`,
    );
  });
}
engine.dispose();
