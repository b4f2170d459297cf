/**
 * How long the replies of a finished run take with several builds of this package, in turn: base and three mixtures of MVA's vectors
 * answer the prompts of the run at temperature 0.7, in one process a build.
 *
 *   node benchmarks/perf/generation-builds.mjs RUN DIST DIST … [--rounds 5] [--threads 1]
 *
 * RUN: a run whose method mva has adapters. DIST: `dist` folders; the first is the one that the others are held against. Prints
 * processor time and wall time of each (medians), their ratio round by round, and the share of equal texts.
 */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "5" },
    threads: { type: "string", default: "1" },
    answer: { type: "boolean", default: false },
  },
});
const [run, ...builds] = positionals;
if (run === undefined || builds.length === 0) {
  process.stderr.write(
    "usage: node benchmarks/perf/generation-builds.mjs RUN DIST DIST … [--rounds 5] [--threads 1]\n",
  );
  process.exit(2);
}
if (options.answer) await answer();
else await compare();

/** One build: answers whenever it is asked to. */
async function answer() {
  const load = (path) => import(pathToFileURL(join(resolve(builds[0]), path)).href);
  const [{ openEngine }, { Generator }] = await Promise.all([load("engine/index.js"), load("lm/generate.js")]);
  const [{ loadModel }, { loadAdapter }] = await Promise.all([load("lm/huggingface.js"), load("lm/peft.js")]);
  const { promptTokens } = await load("data/prompt-tokens.js");
  const model = loadModel(join(run, "base"));
  const lines = readFileSync(join(run, "samples.jsonl"), "utf8").trim().split("\n");
  const prompts = new Map(lines.map((line) => JSON.parse(line)).map((s) => [s.prompt, s.promptText]));
  const rows = [...prompts].map(([promptKey, text]) => ({
    prompt: promptTokens(model.tokenizer, text),
    promptKey,
    sample: 0,
  }));
  const seed = readdirSync(join(run, "adapters"))[0];
  const vectors = join(run, "adapters", seed, "mva");
  const adapters = readdirSync(vectors).map((name) => loadAdapter(join(vectors, name), model.config));
  const engine = await openEngine("cpu", { threads: Number(options.threads) });
  const generator = new Generator(engine, model, adapters, { mergeFrom: 1 });
  const settings = { maxNewTokens: 44, temperature: 0.7, stopIds: model.config.eosTokenIds, seed: 1 };
  for await (const _ of createInterface({ input: process.stdin })) {
    const [started, cpu] = [performance.now(), process.cpuUsage()];
    const texts = [];
    for (const share of [0, 0.3, 0.6, 1]) {
      const coefficients = adapters.map(() => share);
      const replies = await generator.generate(
        rows.map((row) => ({ ...row, coefficients })),
        settings,
      );
      texts.push(...replies.map(({ tokens }) => [...tokens].join(" ")));
    }
    const { user, system } = process.cpuUsage(cpu);
    process.stdout.write(
      `${JSON.stringify({ cpuMs: (user + system) / 1000, wallMs: performance.now() - started, texts })}\n`,
    );
  }
  process.exit(0);
}

async function compare() {
  // Not for those that answer: it brings this build along.
  const { median } = await import("./generation-model.mjs");
  const processes = builds.map((build) => {
    const child = spawn(
      process.execPath,
      [fileURLToPath(import.meta.url), run, build, "--answer", "--threads", options.threads],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    const replies = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const ask = async () => {
      child.stdin.write("\n");
      return JSON.parse((await replies.next()).value);
    };
    return { build, child, ask, found: [] };
  });
  // The first round compiles.
  for (let round = 0; round <= Number(options.rounds); round++) {
    for (const { ask, found } of processes) {
      const result = await ask();
      if (round > 0) found.push(result);
    }
  }
  const [first] = processes;
  for (const { build, child, found } of processes) {
    const gain = median(found.map(({ cpuMs }, i) => first.found[i].cpuMs / cpuMs));
    const { texts } = found[0];
    const equal = texts.filter((text, i) => text === first.found[0].texts[i]).length / texts.length;
    process.stdout.write(
      `${build}: processor ${median(found.map((x) => x.cpuMs)).toFixed(0)} ms, wall ${median(found.map((x) => x.wallMs)).toFixed(0)} ms, ${gain.toFixed(2)} × the first build's speed, ${(100 * equal).toFixed(2)} % of ${texts.length} texts equal\n`,
    );
    child.stdin.end();
  }
}
