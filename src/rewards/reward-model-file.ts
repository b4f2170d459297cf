/**
 * A reward model as a folder: what transformers reads as a sequence classifier with one label a value (`config.json`,
 * `model.safetensors`, the tokenizer's files).
 */
import { join } from "node:path";
import type { TensorMap } from "../engine/engine.js";
import { writeFileAtomic } from "../lm/atomic-file.js";
import type { DecoderConfig } from "../lm/config.js";
import { headName, moduleName, moduleShape, weightShapes } from "../lm/config.js";
import { assertFinite, makeFolder } from "../lm/huggingface.js";
import type { ModelType } from "../lm/huggingface-config.js";
import { biasedModules, formatConfig, parseConfig } from "../lm/huggingface-config.js";
import { ModelFileError } from "../lm/model-file-error.js";
import { readSafetensors, writeSafetensors } from "../lm/safetensors.js";
import { assertTokenizerFits, Tokenizer } from "../lm/tokenizer.js";
import { isObject, readJsonObject, readTokenizerFiles, writeTokenizerFiles } from "../lm/tokenizer-files.js";
import type { RewardModel } from "./reward-model.js";
import { SCORE_WEIGHT } from "./reward-model.js";

/**
 * `config.json` comes last, so that a folder cut short by a crash is not taken for a model.
 * @throws ModelFileError when the weights are not those of the configuration; WriteError from the file system.
 */
export function saveRewardModel(dir: string, model: RewardModel, tokenizer: Tokenizer): void {
  const { config, values, weights } = model;
  const type: ModelType = config.attentionBias && !(`${moduleName(0, "o_proj")}.bias` in weights) ? "qwen2" : "llama";
  const path = join(dir, "model.safetensors");
  checkRewardWeights(weights, type, config, values.length, path);
  makeFolder(dir);
  writeSafetensors(path, weights);
  writeTokenizerFiles(dir, tokenizer.files);
  const json = {
    ...formatConfig(type, config),
    architectures: [type === "qwen2" ? "Qwen2ForSequenceClassification" : "LlamaForSequenceClassification"],
    id2label: Object.fromEntries(values.map((value, k) => [k, value])),
    label2id: Object.fromEntries(values.map((value, k) => [value, k])),
    problem_type: "regression",
    ...(tokenizer.padId === null ? {} : { pad_token_id: tokenizer.padId }),
  };
  writeFileAtomic(join(dir, "config.json"), `${JSON.stringify(json, null, 2)}\n`);
}

/** @throws ModelFileError when a file is missing or corrupt, or a tensor missing, surplus, misshapen or not finite. */
export function loadRewardModel(dir: string): { readonly model: RewardModel; readonly tokenizer: Tokenizer } {
  const configPath = join(dir, "config.json");
  const json = readJsonObject(configPath);
  const parsed = parseConfig(json, configPath);
  const tokenizer = new Tokenizer(readTokenizerFiles(dir), join(dir, "tokenizer.json"));
  assertTokenizerFits(tokenizer, parsed.config, join(dir, "tokenizer.json"));
  const labels = json.id2label;
  if (!isObject(labels)) throw new ModelFileError(configPath, "must map heads to values", "id2label");
  const values = Object.keys(labels).map((_, k) => {
    const value = labels[String(k)];
    if (typeof value !== "string") throw new ModelFileError(configPath, `has no name for head ${k}`, "id2label");
    return value;
  });
  const path = join(dir, "model.safetensors");
  const weights = readSafetensors(path);
  checkRewardWeights(weights, parsed.type, parsed.config, values.length, path);
  return { model: { config: parsed.config, values, weights }, tokenizer };
}

function checkRewardWeights(
  weights: TensorMap,
  type: ModelType,
  config: DecoderConfig,
  values: number,
  path: string,
): void {
  const shapes: Record<string, readonly number[]> = { ...weightShapes(config) };
  if (!config.tieWordEmbeddings) delete shapes[headName(config)];
  for (let layer = 0; layer < config.layers; layer++) {
    for (const module of biasedModules(type, config.attentionBias)) {
      shapes[`${moduleName(layer, module)}.bias`] = [moduleShape(config, module)[0]];
    }
  }
  shapes[SCORE_WEIGHT] = [values, config.hiddenSize];
  for (const [name, shape] of Object.entries(shapes)) {
    const tensor = weights[name];
    if (tensor === undefined) throw new ModelFileError(path, "is missing: is config.json of this model?", name);
    if (`${tensor.shape}` !== `${shape}`) {
      throw new ModelFileError(path, `has shape [${tensor.shape}], config.json asks for [${shape}]`, name);
    }
    assertFinite(tensor, path, name);
  }
  for (const name of Object.keys(weights)) {
    if (!(name in shapes)) throw new ModelFileError(path, "is unexpected: is config.json of this model?", name);
  }
}
