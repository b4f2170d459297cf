/**
 * Whatever is wrong with what a user hands in: exit code 2, one line on stderr that says what and where, and no folder
 * half made. Each line of the table is a run of the built command.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { probeEngine } from "../../src/engine/index.js";
import { trainBpe } from "../../src/lm/bpe.js";
import { saveModel } from "../../src/lm/huggingface.js";
import { initWeights } from "../../src/lm/init.js";
import { Tokenizer } from "../../src/lm/tokenizer.js";
import { mvaBench, type Outcome, workplace } from "./command.js";
import { tiny, tinyFolder, writeSuite } from "./tiny-suite.js";

const { dir, remove } = workplace();
const write = (path: string, content: string | Uint8Array) => {
  mkdirSync(join(dir, path, ".."), { recursive: true });
  writeFileSync(join(dir, path), content);
};
const rows = (count: number, value: string) =>
  Array.from({ length: count }, (_, i) => `${value},prompt ${i},good ${i},bad ${i}`).join("\n");
const csv = `value,prompt,chosen,rejected\n${rows(80, "kind")}\n${rows(80, "brief")}\n`;

/** A base that works, to be damaged file by file. */
function writeBase(name: string, vocabSize = 260): void {
  const tokenizer = new Tokenizer(trainBpe(["learn and learn and learn and learn from text and text"], { vocabSize }));
  const config = {
    vocabSize: tokenizer.vocabSize,
    hiddenSize: 16,
    intermediateSize: 32,
    layers: 1,
    heads: 2,
    kvHeads: 1,
    headDim: 8,
    rmsNormEps: 1e-5,
    ropeTheta: 10_000,
    ropeScaling: null,
    tieWordEmbeddings: true,
    attentionBias: false,
    maxPositions: 128,
    bosTokenId: null,
    eosTokenIds: [1],
  };
  saveModel(join(dir, name), { config, weights: initWeights(config, 1), tokenizer });
}

interface Case {
  readonly what: string;
  readonly args: () => readonly string[];
  /** The whole line. */
  readonly says: RegExp;
}

const data = (name: string, content: string | Uint8Array) => () => {
  write(`${name}/pairs.csv`, content);
  return ["tiny-folder.yaml", "--data", name];
};
const suite = (name: string, content: unknown) => () => {
  write(`${name}.yaml`, typeof content === "string" ? content : stringify(content));
  return [`${name}.yaml`];
};
const base = (name: string, damage: (path: string) => void) => () => {
  writeBase(name);
  damage(join(dir, name));
  return ["tiny-folder.yaml", "--data", "good", "--base", name];
};
const weights = (path: string) => join(path, "model.safetensors");
const edit = (file: string, change: (bytes: Buffer) => Uint8Array) => writeFileSync(file, change(readFileSync(file)));
const header = (bytes: Buffer): { readonly end: number; readonly text: string } => {
  const end = 8 + Number(bytes.readBigUInt64LE(0));
  return { end, text: bytes.subarray(8, end).toString("utf8") };
};
/** The file with another header, padded to the old one's length. */
const withHeader = (bytes: Buffer, change: (text: string) => string): Uint8Array => {
  const { end, text } = header(bytes);
  const changed = change(text);
  return Buffer.concat([bytes.subarray(0, 8), Buffer.from(changed.padEnd(end - 8)), bytes.subarray(end)]);
};

const noScorer = { train: 0.7, scorer: 0, validation: 0.1, test: 0.2 };

const cases: readonly Case[] = [
  {
    what: "no data where data is needed",
    args: () => ["tiny-folder.yaml"],
    says: /needs preference pairs of kind, brief: give --data/,
  },
  { what: "missing data", args: () => ["tiny-folder.yaml", "--data", "nowhere"], says: /nowhere/ },
  {
    what: "data for a suite with its own",
    args: () => ["tiny.yaml", "--data", "good"],
    says: /"tiny" brings its own data; leave out --data/,
  },
  { what: "an empty data file", args: data("empty", ""), says: /empty\/pairs\.csv: .*empty/ },
  {
    what: "a data file with a header only",
    args: data("header", "value,prompt,chosen,rejected\n"),
    says: /header\/pairs\.csv: no rows/,
  },
  {
    what: "a data file cut in the middle of an archive",
    args: () => {
      // A gzip header, and nothing that it announces.
      write("cut/pairs.jsonl.gz", Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b]));
      return ["tiny-folder.yaml", "--data", "cut"];
    },
    says: /cut\/pairs\.jsonl\.gz/,
  },
  {
    what: "a JSONL file cut in the middle of a line",
    args: () => {
      write("cutline/pairs.jsonl", '{"value":"kind","prompt":"a","chosen":"b","rejected":"c"}\n{"value":"kind","prom');
      return ["tiny-folder.yaml", "--data", "cutline"];
    },
    says: /cutline\/pairs\.jsonl: line 2 .*cut off/,
  },
  {
    what: "a data file that is not UTF-8",
    args: data("latin", Buffer.concat([Buffer.from(csv), Buffer.from([0x6b, 0xe9, 0x2c, 0x0a])])),
    says: /latin\/pairs\.csv.*UTF-8/,
  },
  {
    what: "a row with too few columns",
    args: data("short", csv.replace("kind,prompt 5,good 5,bad 5", "kind,prompt 5,good 5")),
    says: /short\/pairs\.csv: line 7 has too few columns: 3/,
  },
  {
    what: "a quote that is never closed",
    args: data("quote", csv.replace("kind,prompt 5,good 5", 'kind,"prompt 5,good 5')),
    says: /quote\/pairs\.csv: line 7: a quote opens here and is not closed/,
  },
  {
    what: "no pairs for a value",
    args: data("half", `value,prompt,chosen,rejected\n${rows(80, "kind")}\n`),
    says: /half: no pairs for the value "brief"/,
  },
  {
    what: "pairs that are all too long",
    args: data("long", csv.replaceAll("good", "long ".repeat(90))),
    says: /no training pairs for the value "kind" within 60 prompt and 60 reply tokens/,
  },
  { what: "an unknown suite", args: () => ["smoek"], says: /there is no suite "smoek"; did you mean "smoke"\?/ },
  {
    what: "a suite file that is not there",
    args: () => ["none.yaml"],
    says: /none\.yaml: cannot read this suite file/,
  },
  {
    what: "an unknown key in a suite",
    args: suite("key", { ...tiny, base: { ...tiny.base, hidenSize: 8 } }),
    says: /key\.yaml: unknown key "base\.hidenSize"; did you mean "hiddenSize"\?/,
  },
  {
    what: "a mistyped key in a suite",
    args: suite("typo", stringify(tiny).replace("maxSteps:", "maxStep:")),
    says: /typo\.yaml: unknown key "base\.sft\.maxStep"; did you mean "maxSteps"\?/,
  },
  {
    what: "a wrong type in a suite",
    args: suite("type", { ...tiny, base: { ...tiny.base, layers: "one" } }),
    says: /type\.yaml: base\.layers: .*number.*"one"/,
  },
  {
    what: "a method that does not exist",
    args: suite("method", { ...tiny, methods: ["soup", "mv"], questions: [] }),
    says: /there is no method "mv"; did you mean "mva"\?/,
  },
  {
    what: "a method that is mistyped where a question asks for it",
    args: suite("asked", { ...tiny, methods: ["soup", "mv", "mva-alpha0"] }),
    says: /there is no method "mv"; did you mean "mva"\?/,
  },
  {
    what: "a budget too small for one step",
    args: suite("poor", { ...tiny, budget: { flops: 1e6, per: "method" } }),
    says: /budget\.flops is too small for soup: .*one step/,
  },
  {
    what: "a budget that pays for everybody's steps, but not for one of PPO's rollouts",
    args: suite("rollouts", {
      ...tiny,
      settings: {
        ...tiny.settings,
        morlhf: { ...tiny.settings.morlhf, ppo: { ...tiny.settings.morlhf.ppo, rolloutReplies: 2048 } },
      },
    }),
    says: /budget\.flops is too small for morlhf: .*one rollout, which takes up to \d+/,
  },
  {
    what: "an unknown flag",
    args: () => ["tiny.yaml", "--thread", "2"],
    says: /unknown option '--thread'; did you mean --threads\?/,
  },
  // Where it is there, nothing is wrong with asking for it.
  ...((await probeEngine("cuda")).available
    ? []
    : [
        {
          what: "an engine that is not here",
          args: () => ["tiny.yaml", "--engine", "cuda"],
          says: /engine "cuda" is not available here: .*; .+/,
        },
      ]),
  { what: "a value that a flag does not take", args: () => ["tiny.yaml", "--seeds", "5..1"], says: /--seeds/ },
  {
    what: "a run folder below a file",
    args: () => ["tiny.yaml", "--out", "tiny.yaml/run"],
    says: /tiny\.yaml\/run: cannot write: a part of the path is a file/,
  },
  {
    what: "a run folder that is a file",
    args: () => ["tiny.yaml", "--out", "tiny.yaml"],
    says: /tiny\.yaml: cannot write: there is a file of that name/,
  },
  { what: "a run folder without a name", args: () => ["tiny.yaml", "--out", ""], says: /--out is empty/ },
  { what: "a run to resume that is not there", args: () => ["--resume", "nowhere"], says: /there is no run "nowhere"/ },
  {
    what: "another run's flags on --resume",
    args: () => ["--resume", "nowhere", "--seeds", "2"],
    says: /--resume takes --seeds from the run itself/,
  },
  {
    what: "a base that is not there",
    args: () => ["tiny-folder.yaml", "--data", "good", "--base", "nowhere"],
    says: /nowhere/,
  },
  {
    what: "weights cut short",
    args: base("cutbase", (path) => edit(weights(path), (bytes) => bytes.subarray(0, -10))),
    says: /cutbase\/model\.safetensors/,
  },
  {
    what: "weights that are not safetensors",
    args: base("nobase", (path) => writeFileSync(weights(path), "hello there, not tensors")),
    says: /nobase\/model\.safetensors/,
  },
  {
    what: "a header length that lies",
    args: base("lying", (path) =>
      edit(weights(path), (bytes) => {
        bytes.writeBigUInt64LE(1n << 40n, 0);
        return bytes;
      }),
    ),
    says: /lying\/model\.safetensors/,
  },
  {
    what: "offsets that lie",
    args: base("offsets", (path) =>
      edit(weights(path), (bytes) =>
        withHeader(bytes, (text) => text.replace(/"data_offsets":\[0,(\d)/, '"data_offsets":[8,$1')),
      ),
    ),
    says: /offsets\/model\.safetensors/,
  },
  {
    what: "weights of a wrong type",
    args: base("wrong", (path) =>
      edit(weights(path), (bytes) => withHeader(bytes, (text) => text.replace('"F32"', '"I32"'))),
    ),
    says: /wrong\/model\.safetensors: "model\.embed_tokens\.weight": .*wrong dtype/,
  },
  {
    what: "a base whose positions are too few",
    args: base("narrow", (path) =>
      edit(join(path, "config.json"), (bytes) =>
        Buffer.from(bytes.toString("utf8").replace(/"max_position_embeddings": \d+/, '"max_position_embeddings": 8')),
      ),
    ),
    says: /narrow: has 8 positions .*lower data\.maxPromptTokens/,
  },
  {
    what: "minibatches that do not divide a rollout",
    args: suite("ppo", {
      ...tiny,
      settings: {
        ...tiny.settings,
        morlhf: { ...tiny.settings.morlhf, ppo: { ...tiny.settings.morlhf.ppo, minibatches: 3 } },
      },
    }),
    says: /morlhf\.ppo\.minibatches \(3\) must divide morlhf\.ppo\.rolloutReplies \(8\)/,
  },
  {
    what: "a scorer split without pairs",
    args: () => {
      write("unjudged.yaml", stringify({ ...tinyFolder, data: { ...tinyFolder.data, splits: noScorer } }));
      return ["unjudged.yaml", "--data", "good"];
    },
    says: /the scorer split has 0 pairs for the value "kind", and a judge needs at least 2/,
  },
  {
    what: "a tokenizer that does not fit",
    args: base("misfit", (path) => {
      writeBase("bigger", 266);
      copyFileSync(join(dir, "bigger", "tokenizer.json"), join(path, "tokenizer.json"));
    }),
    says: /tokenizer/,
  },
];

let outcomes: Map<string, Outcome>;

beforeAll(async () => {
  writeSuite(dir, tiny);
  writeSuite(dir, tinyFolder);
  write("good/pairs.csv", csv);
  outcomes = new Map();
  const commands = cases.map(({ what, args }, i) => ({ what, args: args(), out: `out-${i}` }));
  // Two at a time: a process each is what costs here.
  const queue = [...commands];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { what, args, out } = next;
      const placed = args.includes("--out") || args.includes("--resume") ? [] : ["--out", out];
      const engine = args.includes("--resume") || args.includes("--engine") ? [] : ["--engine", "cpu"];
      outcomes.set(what, await mvaBench(["run", ...args, ...placed, ...engine], { cwd: dir }));
    }
  };
  await Promise.all([work(), work()]);
}, 600_000);
afterAll(remove);

describe("bad input to run", () => {
  test.each(cases)("$what: exit code 2, one line", ({ what, says }) => {
    const outcome = outcomes.get(what);
    expect(outcome?.code, outcome?.stderr).toBe(2);
    expect(outcome?.stdout).toBe("");
    expect(outcome?.stderr).toMatch(says);
    expect(outcome?.stderr).toMatch(/^mva-bench: [^\n]+\n$/);
    expect(outcome?.stderr).not.toMatch(/internal error|undefined|\[object/);
  });

  test("no folder was made for any of them", () => {
    expect(readdirSync(dir).filter((name) => name.startsWith("out-"))).toEqual([]);
    expect(existsSync(join(dir, "reports"))).toBe(false);
  });
});
