import { expect, test } from "vitest";
import { DeviceError } from "../../src/engine/device-error.js";
import type { Engine, HostTensor } from "../../src/engine/index.js";
import { openEngine } from "../../src/engine/index.js";
import type { Generation, GenerationRow, GenerationSettings, Model } from "../../src/lm/generate.js";
import { Generator } from "../../src/lm/generate.js";
import { initWeights } from "../../src/lm/init.js";
import { NotFiniteError } from "../../src/lm/not-finite.js";
import { randomIds, TINY, trainedAdapter } from "./tiny.js";

const weights = initWeights(TINY, 3);
// A head wide enough that the next token is not nearly uniform.
for (const name of ["lm_head.weight", "model.embed_tokens.weight"]) {
  const { data } = weights[name] as HostTensor;
  for (let i = 0; i < data.length; i++) data[i] = (data[i] ?? 0) * (name === "lm_head.weight" ? 3 : 30);
}
const model: Model = { config: TINY, weights };
const adapters = [trainedAdapter(1), trainedAdapter(2, { rank: 2, alpha: 2, targets: ["q_proj", "down_proj"] })];
const greedy: GenerationSettings = { maxNewTokens: 12, temperature: 0, stopIds: [2], seed: 5, logProbs: true };

const mixtures = [[], [1, 0], [0.5, 0.25]];
const rows: GenerationRow[] = Array.from({ length: 14 }, (_, i) => ({
  prompt: randomIds(100 + i, 1 + ((i * 7) % 20) + (i % 6 === 5 ? 40 : 0)),
  promptKey: `prompt ${i % 5}`,
  sample: i,
  coefficients: mixtures[i % mixtures.length] ?? [],
}));

async function generate(
  engine: Engine,
  decoding: "host" | "device",
  settings: GenerationSettings,
  options: { maxRows?: number; mergeFrom?: number } = {},
): Promise<Generation[]> {
  const generator = new Generator(engine, model, adapters, { ...options, decoding });
  try {
    return await generator.generate(rows, settings);
  } finally {
    await generator.dispose();
  }
}

test.each([
  ["greedy", greedy, {}],
  ["at temperature 1", { ...greedy, temperature: 1 }, {}],
  ["at temperature 0.7, without log-probabilities", { ...greedy, temperature: 0.7, logProbs: false }, {}],
  ["in batches of two", { ...greedy, temperature: 1 }, { maxRows: 2 }],
  ["merged", greedy, { mergeFrom: 2 }],
  ["one token", { ...greedy, maxNewTokens: 1 }, {}],
  ["three tokens, fewer than a call's", { ...greedy, maxNewTokens: 3 }, {}],
] as const)("decoding on the device writes what decoding on the host writes: %s", async (_, settings, options) => {
  const engine = await openEngine("cpu", { threads: 1 });
  const expected = await generate(engine, "host", settings, options);
  const got = await generate(engine, "device", settings, options);
  for (const [i, { tokens, ended, logProbs }] of expected.entries()) {
    expect(got[i]?.tokens).toEqual(tokens);
    expect(got[i]?.ended).toBe(ended);
    expect(got[i]?.logProbs.length).toBe(logProbs.length);
    for (const [t, logProb] of logProbs.entries()) expect(got[i]?.logProbs[t]).toBeCloseTo(logProb, 4);
  }
});

test("a later call with other adapters of the same shapes reads the new ones", async () => {
  const engine = await openEngine("cpu", { threads: 1 });
  const generator = new Generator(engine, model, adapters, { decoding: "device" });
  const first = await generator.generate(rows, greedy);
  generator.replaceAdapters([
    trainedAdapter(4),
    trainedAdapter(5, { rank: 2, alpha: 2, targets: ["q_proj", "down_proj"] }),
  ]);
  const other = await generator.generate(rows, greedy);
  generator.replaceAdapters(adapters);
  expect(await generator.generate(rows, greedy)).toEqual(first);
  expect(other).not.toEqual(first);
  await generator.dispose();
});

test("a batch that the device's memory does not hold is halved until it does, and the texts stay the same", async () => {
  const engine = await openEngine("cpu", { threads: 1 });
  const sizes: number[] = [];
  const small: Engine = {
    ...engine,
    async compile(name, program, signature, hints) {
      const executable = await engine.compile(name, program, signature, hints);
      const rows = signature.state?.token?.shape[0] ?? 0;
      return {
        ...executable,
        async run(inputs, state) {
          // The first call of a large batch passes: what it wrote must not be kept.
          if (name === "device step" && rows > 4) {
            sizes.push(rows);
            throw new DeviceError(`${name}: no memory left`, "memory");
          }
          return executable.run(inputs, state);
        },
      };
    },
  };
  const settings = { ...greedy, temperature: 1 };
  const progress: number[] = [];
  const generator = new Generator(small, model, [], { decoding: "device" });
  const plain = rows.map((row) => ({ ...row, coefficients: [] }));
  const got = await generator.generate(plain, { ...settings, onProgress: (done) => progress.push(done) });
  const roomy = new Generator(engine, model, [], { decoding: "device" });
  const texts = (replies: readonly Generation[]) => replies.map(({ tokens, ended }) => [...tokens, ended]);
  expect(texts(got)).toEqual(texts(await roomy.generate(plain, settings)));
  expect(sizes.length).toBeGreaterThan(0);
  expect(progress.at(-1)).toBe(rows.length);
  await generator.dispose();
  await roomy.dispose();
});

test("logits that are not finite are an error, not a text", async () => {
  const engine = await openEngine("cpu", { threads: 1 });
  const broken = { ...weights, "model.norm.weight": { ...(weights["model.norm.weight"] as HostTensor) } };
  broken["model.norm.weight"].data = new Float32Array(TINY.hiddenSize).fill(Number.NaN);
  const generator = new Generator(engine, { config: TINY, weights: broken }, [], { decoding: "device" });
  await expect(generator.generate([{ ...rows[0], coefficients: [] } as GenerationRow], greedy)).rejects.toThrow(
    NotFiniteError,
  );
  await generator.dispose();
});

test("a call moves a few numbers a token, and nothing of the cache, over the bus", async () => {
  const engine = await openEngine("cpu", { threads: 1 });
  let numbers = 0;
  const counting: Engine = {
    ...engine,
    async compile(name, program, signature, hints) {
      const executable = await engine.compile(name, program, signature, hints);
      return {
        ...executable,
        async run(inputs, state) {
          const outputs = await executable.run(inputs, state);
          for (const { data } of [...Object.values(inputs), ...Object.values(outputs)]) numbers += data.length;
          return outputs;
        },
      };
    },
  };
  const generator = new Generator(counting, model, [], { decoding: "device" });
  const [row] = rows;
  if (row === undefined) throw new Error("no row");
  const settings = { ...greedy, stopIds: [], maxNewTokens: 17 };
  await generator.generate([{ ...row, coefficients: [] }], settings);
  const prompt = 32 * 3 + 1 + 3;
  // Per token its id and log-probability, and one check a call.
  expect(numbers).toBeLessThanOrEqual(prompt + 2 * 17 + 2);
  await generator.dispose();
});
