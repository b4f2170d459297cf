import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { float32, type HostTensor, int32 } from "../../src/engine/engine.js";
import { type DecoderConfig, moduleName, moduleShape } from "../../src/lm/config.js";
import { loadModel, modelHash, saveModel } from "../../src/lm/huggingface.js";
import { formatConfig, parseConfig } from "../../src/lm/huggingface-config.js";
import { ModelFileError } from "../../src/lm/model-file-error.js";
import { readSafetensors, writeSafetensors } from "../../src/lm/safetensors.js";
import { sharedFolder } from "../skip.js";
import { editJson, randomTensor, readJson, SMALL, smallModel } from "./model-folder.js";
import { temporaryFolder } from "./temporary-folder.js";

function saved(): string {
  const dir = join(temporaryFolder(), "model");
  saveModel(dir, smallModel());
  return dir;
}

function rewrite(dir: string, change: (weights: Record<string, HostTensor>) => void): void {
  const weights = readSafetensors(join(dir, "model.safetensors"));
  change(weights);
  writeSafetensors(join(dir, "model.safetensors"), weights);
}

describe("a model that is saved is the model that is loaded", () => {
  const biased = { ...SMALL, attentionBias: true };
  const biases = (config: DecoderConfig, modules: readonly ("q_proj" | "k_proj" | "v_proj" | "o_proj")[]) =>
    Object.fromEntries(
      Array.from({ length: config.layers }, (_, layer) => layer).flatMap((layer) =>
        modules.map((module) => [
          `${moduleName(layer, module)}.bias`,
          randomTensor(100 + layer, [moduleShape(config, module)[0]]),
        ]),
      ),
    );
  const models = {
    untied: smallModel(),
    tied: smallModel({ ...SMALL, tieWordEmbeddings: true }),
    "llama3 rotary scaling, two end tokens": smallModel({
      ...SMALL,
      eosTokenIds: [1, 0],
      ropeScaling: { kind: "llama3", factor: 4, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositions: 32 },
    }),
    "linear rotary scaling": smallModel({ ...SMALL, ropeScaling: { kind: "linear", factor: 2 } }),
    "Llama with attention bias": {
      ...smallModel(biased),
      weights: { ...smallModel(biased).weights, ...biases(biased, ["q_proj", "k_proj", "v_proj", "o_proj"]) },
    },
    "Qwen2, whose output projection has no bias": {
      ...smallModel(biased),
      weights: { ...smallModel(biased).weights, ...biases(biased, ["q_proj", "k_proj", "v_proj"]) },
    },
  };
  for (const [name, model] of Object.entries(models)) {
    test(name, () => {
      const dir = join(temporaryFolder(), "a", "b");
      saveModel(dir, model);
      const back = loadModel(dir);
      expect(back.config).toEqual(model.config);
      expect(back.weights).toEqual(
        Object.fromEntries(Object.entries(model.weights).sort(([a], [b]) => (a < b ? -1 : 1))),
      );
      expect(back.tokenizer.files).toEqual(model.tokenizer.files);
      expect(modelHash(back)).toBe(modelHash(model));
      expect(readdirSync(dir).sort()).toEqual([
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
      ]);
    });
  }

  test("the hash changes with one weight, one setting, one merge", () => {
    const model = smallModel();
    const hash = modelHash(model);
    const norm = model.weights["model.norm.weight"] as HostTensor;
    const changed = float32(norm.shape, norm.data.map((value, i) => (i === 0 ? value + 1e-6 : value)) as Float32Array);
    expect(modelHash({ ...model, weights: { ...model.weights, "model.norm.weight": changed } })).not.toBe(hash);
    expect(modelHash({ ...model, config: { ...model.config, ropeTheta: 5001 } })).not.toBe(hash);
    expect(modelHash({ ...model, weights: Object.fromEntries(Object.entries(model.weights).reverse()) })).toBe(hash);
  });

  test("half-precision folders load as float32", () => {
    const dir = temporaryFolder();
    const model = smallModel();
    for (const [floats, tolerance] of [
      ["float16", 2 ** -11],
      ["bfloat16", 2 ** -8],
    ] as const) {
      saveModel(dir, model, { floats });
      expect(readJson(join(dir, "config.json")).torch_dtype).toBe(floats);
      for (const [name, { data }] of Object.entries(loadModel(dir).weights)) {
        data.forEach((value, i) => {
          expect(Math.abs(value - (model.weights[name]?.data[i] as number))).toBeLessThanOrEqual(tolerance);
        });
      }
    }
  });

  test("a model whose weights are not its configuration's is not written", () => {
    const dir = join(temporaryFolder(), "model");
    const { "model.norm.weight": _, ...weights } = smallModel().weights;
    expect(() => saveModel(dir, { ...smallModel(), weights })).toThrow(/lacks tensor "model\.norm\.weight"/);
    expect(() => readdirSync(dir)).toThrow();
  });
});

describe("folders as transformers writes them", () => {
  const cases: [string, Partial<DecoderConfig>][] = [
    [
      "stories260K",
      { layers: 5, kvHeads: 4, tieWordEmbeddings: true, ropeTheta: 10000, ropeScaling: null, bosTokenId: 1 },
    ],
    [
      "tiny-llama3",
      {
        layers: 3,
        kvHeads: 2,
        headDim: 8,
        tieWordEmbeddings: false,
        attentionBias: false,
        eosTokenIds: [2],
        ropeScaling: { kind: "llama3", factor: 4, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositions: 128 },
      },
    ],
    ["tiny-qwen2", { layers: 2, headDim: 16, attentionBias: true, tieWordEmbeddings: true, ropeScaling: null }],
  ];
  for (const [name, expected] of cases) {
    test(`${name} loads`, (ctx) => {
      const { config, weights, tokenizer } = loadModel(sharedFolder(ctx, `models/${name}`));
      expect(config).toMatchObject(expected);
      expect(weights["model.embed_tokens.weight"]?.shape).toEqual([512, 64]);
      expect(tokenizer.vocabSize).toBe(512);
    });
  }

  test("GPT-2 is refused, and what is supported is named", (ctx) => {
    const dir = sharedFolder(ctx, "models/tiny-gpt2");
    expect(() => loadModel(dir)).toThrow(/config\.json: "model_type": is "gpt2"; supported are llama, qwen2/);
  });

  const json = formatConfig("llama", SMALL);
  const parse = (changes: Record<string, unknown>) => parseConfig({ ...json, ...changes }, "config.json").config;
  const four = { rope_theta: 777, rope_scaling: { type: "linear", factor: 3 } };
  const five = {
    rope_theta: undefined,
    rope_scaling: undefined,
    rope_parameters: { rope_type: "linear", factor: 3, rope_theta: 777 },
  };

  test("rope_theta and rope_scaling of transformers 4 mean what rope_parameters of 5 mean", () => {
    expect(parse(four)).toEqual(parse(five));
    expect(parse(four)).toMatchObject({ ropeTheta: 777, ropeScaling: { kind: "linear", factor: 3 } });
    expect(parse({ ...five, rope_parameters: { rope_type: "default", rope_theta: 9 } })).toMatchObject({
      ropeTheta: 9,
      ropeScaling: null,
    });
  });

  test("what is left out has the defaults of transformers", () => {
    const bare = parse({
      head_dim: undefined,
      num_key_value_heads: undefined,
      rope_theta: undefined,
      rope_scaling: undefined,
      tie_word_embeddings: undefined,
      attention_bias: undefined,
    });
    expect(bare).toMatchObject({
      headDim: 2,
      kvHeads: 4,
      ropeTheta: 10000,
      ropeScaling: null,
      tieWordEmbeddings: false,
      attentionBias: false,
    });
  });

  const refused: [Record<string, unknown>, RegExp][] = [
    [{ model_type: undefined }, /"model_type": is undefined/],
    [{ hidden_act: "gelu" }, /"hidden_act": is "gelu"; only "silu"/],
    [{ mlp_bias: true }, /"mlp_bias"/],
    [{ quantization_config: { bits: 4 } }, /"quantization_config"/],
    [
      { rope_scaling: { rope_type: "yarn", factor: 2 } },
      /"rope_scaling\.rope_type": is "yarn"; supported are default, linear, llama3/,
    ],
    [{ rope_scaling: { rope_type: "linear" } }, /"rope_scaling\.factor": is missing/],
    [{ rope_scaling: "linear" }, /"rope_scaling": must be an object/],
    [{ layer_types: ["sliding_attention"] }, /"layer_types"/],
    [{ num_hidden_layers: undefined }, /"num_hidden_layers": is missing/],
    [{ num_hidden_layers: 2.5 }, /"num_hidden_layers": is 2\.5/],
    [{ hidden_size: "8" }, /"hidden_size": is "8"/],
    [{ num_key_value_heads: 3 }, /heads \(4\) must be a multiple of kvHeads \(3\)/],
    [{ hidden_size: 9, head_dim: undefined }, /"head_dim": is 2\.25/],
    [{ rms_norm_eps: -1 }, /"rms_norm_eps"/],
    [{ tie_word_embeddings: "yes" }, /"tie_word_embeddings"/],
    [{ eos_token_id: 270 }, /names token 270, but vocab_size is 270/],
    [{ eos_token_id: [1, "2"] }, /"eos_token_id"/],
  ];
  for (const [changes, message] of refused) {
    test(`refused: ${JSON.stringify(changes)}`, () => {
      expect(() => parse(changes)).toThrow(ModelFileError);
      expect(() => parse(changes)).toThrow(message);
    });
  }
});

describe("a folder that is wrong is refused in one line that names file and tensor", () => {
  const cases: [string, (dir: string) => void, RegExp][] = [
    ["no config.json", (dir) => rmSync(join(dir, "config.json")), /config\.json: is missing/],
    ["no tokenizer.json", (dir) => rmSync(join(dir, "tokenizer.json")), /tokenizer\.json: is missing/],
    ["no weights", (dir) => rmSync(join(dir, "model.safetensors")), /model\.safetensors: is missing.*only safetensors/],
    [
      "config.json cut short",
      (dir) => writeFileSync(join(dir, "config.json"), '{"model_type": "ll'),
      /config\.json: is not JSON/,
    ],
    [
      "config.json that is a list",
      (dir) => writeFileSync(join(dir, "config.json"), "[]"),
      /config\.json: must hold a JSON object/,
    ],
    [
      "config.json that is not UTF-8",
      (dir) => writeFileSync(join(dir, "config.json"), Buffer.from([0x22, 0xff])),
      /UTF-8/,
    ],
    [
      "a missing tensor",
      (dir) => rewrite(dir, (w) => delete w["model.norm.weight"]),
      /model\.safetensors: lacks tensor "model\.norm\.weight"/,
    ],
    [
      "many missing tensors",
      (dir) => editJson(dir, "config.json", { num_hidden_layers: 3 }),
      /lacks "model\.layers\.2\.\S+", "\S+", "\S+" and 6 more tensors/,
    ],
    [
      "surplus tensors",
      (dir) => editJson(dir, "config.json", { num_hidden_layers: 1 }),
      /unexpected "model\.layers\.1\.\S+", "\S+", "\S+" and 6 more/,
    ],
    [
      "a tensor of another shape",
      (dir) => editJson(dir, "config.json", { intermediate_size: 13 }),
      /"model\.layers\.0\.mlp\.(gate|up)_proj\.weight": has shape \[12,8\], config\.json asks for \[13,8\]/,
    ],
    [
      "integers where floats belong",
      (dir) => rewrite(dir, (w) => Object.assign(w, { "model.norm.weight": int32([8]) })),
      /"model\.norm\.weight": holds integers.*wrong dtype/,
    ],
    [
      "a weight that is not finite",
      (dir) => rewrite(dir, (w) => ((w["model.norm.weight"] as HostTensor).data[3] = Number.NaN)),
      /"model\.norm\.weight": holds NaN at position 3/,
    ],
    [
      "a tied head that differs from the embedding",
      (dir) => editJson(dir, "config.json", { tie_word_embeddings: true }),
      /"lm_head\.weight": differs from the embedding/,
    ],
    [
      "a tokenizer that does not fit the model",
      (dir) => {
        editJson(dir, "config.json", { vocab_size: 262 });
        rewrite(dir, (w) => {
          for (const name of ["model.embed_tokens.weight", "lm_head.weight"]) w[name] = randomTensor(1, [262, 8]);
        });
      },
      /tokenizer\.json: does not fit the model: its ids go up to \d+, the model's vocab_size is 262/,
    ],
    [
      "a wrong generation_config.json",
      (dir) => editJson(dir, "generation_config.json", { eos_token_id: "x" }),
      /generation_config\.json: "eos_token_id"/,
    ],
  ];
  for (const [what, damage, message] of cases) {
    test(what, () => {
      const dir = saved();
      damage(dir);
      expect(() => loadModel(dir)).toThrow(ModelFileError);
      expect(() => loadModel(dir)).toThrow(message);
    });
  }
});

describe("shards", () => {
  /** The saved model again, in two shards. */
  function sharded(): string {
    const dir = saved();
    const weights = readSafetensors(join(dir, "model.safetensors"));
    const names = Object.keys(weights);
    const halves = { "model-1.safetensors": names.slice(0, 9), "model-2.safetensors": names.slice(9) };
    const map: Record<string, string> = {};
    for (const [file, part] of Object.entries(halves)) {
      writeSafetensors(join(dir, file), Object.fromEntries(part.map((name) => [name, weights[name] as HostTensor])));
      for (const name of part) map[name] = file;
    }
    rmSync(join(dir, "model.safetensors"));
    writeFileSync(join(dir, "model.safetensors.index.json"), JSON.stringify({ metadata: {}, weight_map: map }));
    return dir;
  }

  test("load as the whole file does", () => {
    expect(modelHash(loadModel(sharded()))).toBe(modelHash(smallModel()));
  });

  const cases: [string, (dir: string) => void, RegExp][] = [
    ["a missing shard", (dir) => rmSync(join(dir, "model-2.safetensors")), /model-2\.safetensors: cannot be opened/],
    [
      "a shard without a tensor it should have",
      (dir) => moveInIndex(dir, "model.norm.weight", "model-1.safetensors"),
      /model-1\.safetensors: "model\.norm\.weight": is not in this file/,
    ],
    [
      "a tensor that the index does not know",
      (dir) => moveInIndex(dir, "model.norm.weight", undefined),
      /"model\.norm\.weight": is in this file, but the index does not/,
    ],
    [
      "a shard outside the folder",
      (dir) => moveInIndex(dir, "model.norm.weight", "../model-2.safetensors"),
      /"model\.norm\.weight": lies in "\.\.\//,
    ],
    [
      "an index without a map",
      (dir) => editJson(dir, "model.safetensors.index.json", { weight_map: undefined }),
      /"weight_map": must map/,
    ],
    [
      "two shards swapped",
      (dir) => {
        renameSync(join(dir, "model-1.safetensors"), join(dir, "x"));
        renameSync(join(dir, "model-2.safetensors"), join(dir, "model-1.safetensors"));
        renameSync(join(dir, "x"), join(dir, "model-2.safetensors"));
      },
      /is not in this file, where the index puts it/,
    ],
  ];
  function moveInIndex(dir: string, name: string, file: string | undefined): void {
    const map = readJson(join(dir, "model.safetensors.index.json")).weight_map as object;
    editJson(dir, "model.safetensors.index.json", { weight_map: { ...map, [name]: file } });
  }
  for (const [what, damage, message] of cases) {
    test(`${what} is refused`, () => {
      const dir = sharded();
      damage(dir);
      expect(() => loadModel(dir)).toThrow(ModelFileError);
      expect(() => loadModel(dir)).toThrow(message);
    });
  }
});

test("the special tokens of a folder without tokenizer_config.json come from config.json", () => {
  const dir = saved();
  rmSync(join(dir, "tokenizer_config.json"));
  expect(loadModel(dir).tokenizer.eosId).toBe(1);
});

test("a tied head that is stored twice loads once", () => {
  const dir = temporaryFolder();
  const model = smallModel({ ...SMALL, tieWordEmbeddings: true });
  saveModel(dir, model);
  rewrite(dir, (weights) => {
    weights["lm_head.weight"] = weights["model.embed_tokens.weight"] as HostTensor;
  });
  expect(modelHash(loadModel(dir))).toBe(modelHash(model));
});
