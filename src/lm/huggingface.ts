/**
 * A language model as a folder in Hugging Face's layout: `config.json`, `model.safetensors` (whole, or in shards with
 * `model.safetensors.index.json`), `tokenizer.json`, `tokenizer_config.json`, `generation_config.json`.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { HostTensor, TensorMap } from "../engine/engine.js";
import { WriteError, writeFileAtomic } from "./atomic-file.js";
import { type DecoderConfig, moduleName, moduleShape, weightShapes } from "./config.js";
import { biasedModules, formatConfig, type ModelType, parseConfig } from "./huggingface-config.js";
import { ModelFileError } from "./model-file-error.js";
import { type FloatFormat, readSafetensors, writeSafetensors } from "./safetensors.js";
import { assertTokenizerFits, Tokenizer } from "./tokenizer.js";
import {
  isObject,
  type Json,
  readJsonObject,
  readTokenizerFiles,
  type TokenizerFiles,
  writeTokenizerFiles,
} from "./tokenizer-files.js";

export interface ModelFolder {
  readonly config: DecoderConfig;
  /** float32, under Hugging Face names and in its layout ([out, in]). */
  readonly weights: TensorMap;
  readonly tokenizer: Tokenizer;
}

/**
 * @throws ModelFileError when a file is missing or corrupt, a tensor is missing, surplus, misshapen or not finite, the
 * model is of an unsupported kind, or the tokenizer does not fit it.
 */
export function loadModel(dir: string): ModelFolder {
  const configPath = join(dir, "config.json");
  const json = readJsonObject(configPath);
  const generation = readJsonObject(join(dir, "generation_config.json"), {});
  const parsed = parseConfig(json, configPath);
  const files = withSpecialTokens(readTokenizerFiles(dir), parsed.config);
  const tokenizer = new Tokenizer(files, join(dir, "tokenizer.json"));
  const config: DecoderConfig = {
    ...parsed.config,
    bosTokenId: parsed.config.bosTokenId ?? tokenizer.bosId,
    eosTokenIds: endIds(generation, join(dir, "generation_config.json"), parsed.config, tokenizer),
  };
  assertTokenizerFits(tokenizer, config, join(dir, "tokenizer.json"));
  return { config, weights: loadWeights(dir, parsed.type, config), tokenizer };
}

export interface SaveModelOptions {
  /** How weights are stored; float32 by default. */
  readonly floats?: FloatFormat;
}

/**
 * Writes a model folder that `loadModel` and transformers (4 and 5) read; `config.json` comes last, so that a folder cut
 * short by a crash is not taken for a model.
 * @throws ModelFileError when the weights are not those of the configuration; WriteError from the file system.
 */
export function saveModel(dir: string, model: ModelFolder, options: SaveModelOptions = {}): void {
  const type: ModelType =
    model.config.attentionBias && !(`${moduleName(0, "o_proj")}.bias` in model.weights) ? "qwen2" : "llama";
  const weightsPath = join(dir, "model.safetensors");
  checkWeights(model.weights, expectedShapes(type, model.config), weightsPath);
  assertTokenizerFits(model.tokenizer, model.config, join(dir, "tokenizer.json"));
  makeFolder(dir);
  writeSafetensors(weightsPath, model.weights, options);
  writeTokenizerFiles(dir, model.tokenizer.files);
  const { bos_token_id, eos_token_id, ...config } = formatConfig(type, model.config, options.floats);
  writeJson(join(dir, "generation_config.json"), {
    bos_token_id,
    eos_token_id,
    ...(model.tokenizer.padId === null ? {} : { pad_token_id: model.tokenizer.padId }),
  });
  writeJson(join(dir, "config.json"), { ...config, bos_token_id, eos_token_id });
}

/** SHA-256 (hex) of what a model computes: configuration, weights and tokenizer; not of how its files are laid out. */
export function modelHash(model: ModelFolder): string {
  const hash = createHash("sha256");
  const config = Object.entries(model.config).sort(([a], [b]) => (a < b ? -1 : 1));
  hash.update(JSON.stringify([config, model.tokenizer.files.json]));
  for (const name of Object.keys(model.weights).sort()) {
    const { shape, data } = model.weights[name] as HostTensor;
    hash.update(JSON.stringify([name, shape]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex");
}

/** @throws WriteError when the folder cannot be made. */
export function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true });
  } catch (error) {
    throw new WriteError(dir, error);
  }
}

function writeJson(path: string, json: Json): void {
  writeFileAtomic(path, `${JSON.stringify(json, null, 2)}\n`);
}

/** Older folders name special tokens in `config.json` only, by id. */
function withSpecialTokens(files: TokenizerFiles, config: DecoderConfig): TokenizerFiles {
  const added = Array.isArray(files.json.added_tokens) ? (files.json.added_tokens as unknown[]) : [];
  const contentOf = (id: number | null | undefined) =>
    added.filter(isObject).find((token) => token.id === id && typeof token.content === "string")?.content;
  const named: Record<string, unknown> = {};
  if (files.config.bos_token == null) named.bos_token = contentOf(config.bosTokenId);
  if (files.config.eos_token == null) named.eos_token = contentOf(config.eosTokenIds[0]);
  const found = Object.fromEntries(Object.entries(named).filter(([, content]) => content !== undefined));
  return { json: files.json, config: { ...files.config, ...found } };
}

/** What ends a reply: as transformers decides, `generation_config.json` before `config.json` before the tokenizer. */
function endIds(generation: Json, path: string, config: DecoderConfig, tokenizer: Tokenizer): readonly number[] {
  const raw = generation.eos_token_id;
  if (raw !== undefined && raw !== null) {
    const ids: unknown[] = Array.isArray(raw) ? raw : [raw];
    if (ids.length > 0 && ids.every((id): id is number => Number.isInteger(id) && (id as number) >= 0)) return ids;
    throw new ModelFileError(path, `is ${JSON.stringify(raw)}, not a token id`, "eos_token_id");
  }
  if (config.eosTokenIds.length > 0) return config.eosTokenIds;
  return tokenizer.eosId === null ? [] : [tokenizer.eosId];
}

function expectedShapes(type: ModelType, config: DecoderConfig): Record<string, readonly number[]> {
  const shapes = weightShapes(config);
  for (let layer = 0; layer < config.layers; layer++) {
    for (const module of biasedModules(type, config.attentionBias)) {
      shapes[`${moduleName(layer, module)}.bias`] = [moduleShape(config, module)[0]];
    }
  }
  return shapes;
}

function loadWeights(dir: string, type: ModelType, config: DecoderConfig): TensorMap {
  const whole = join(dir, "model.safetensors");
  const index = join(dir, "model.safetensors.index.json");
  let source = whole;
  let weights: Record<string, HostTensor>;
  if (existsSync(whole)) weights = readSafetensors(whole, isWeight);
  else if (existsSync(index)) {
    source = index;
    weights = readShards(dir, index);
  } else {
    throw new ModelFileError(
      whole,
      "is missing, and there is no model.safetensors.index.json; only safetensors are read",
    );
  }
  if (config.tieWordEmbeddings) dropTiedHead(weights, source);
  checkWeights(weights, expectedShapes(type, config), source);
  return weights;
}

/** Old checkpoints hold the rotary frequencies, which follow from the configuration. */
function isWeight(name: string): boolean {
  return !name.endsWith(".rotary_emb.inv_freq");
}

function readShards(dir: string, index: string): Record<string, HostTensor> {
  const map = readJsonObject(index).weight_map;
  if (!isObject(map)) throw new ModelFileError(index, "must map tensor names to files", "weight_map");
  const shards = new Map<string, Set<string>>();
  for (const [name, file] of Object.entries(map)) {
    if (typeof file !== "string" || !/^[^/\\]+\.safetensors$/.test(file)) {
      throw new ModelFileError(
        index,
        `lies in ${JSON.stringify(file)}, which is no safetensors file of this folder`,
        name,
      );
    }
    shards.set(file, (shards.get(file) ?? new Set()).add(name));
  }
  const weights: Record<string, HostTensor> = {};
  for (const [file, names] of shards) {
    const path = join(dir, file);
    const tensors = readSafetensors(path);
    for (const name of names) {
      const tensor = tensors[name];
      if (tensor === undefined) throw new ModelFileError(path, "is not in this file, where the index puts it", name);
      if (isWeight(name)) weights[name] = tensor;
    }
    for (const name of Object.keys(tensors)) {
      if (!names.has(name))
        throw new ModelFileError(path, "is in this file, but the index does not put it there", name);
    }
  }
  return weights;
}

/** A tied head may be stored a second time; it must then be the embedding, bit for bit. */
function dropTiedHead(weights: Record<string, HostTensor>, path: string): void {
  const head = weights["lm_head.weight"];
  const embedding = weights["model.embed_tokens.weight"];
  if (head === undefined || embedding === undefined) return;
  if (head.data.length !== embedding.data.length || !head.data.every((value, i) => value === embedding.data[i])) {
    throw new ModelFileError(path, "differs from the embedding, but config.json ties them", "lm_head.weight");
  }
  delete weights["lm_head.weight"];
}

/** @throws ModelFileError naming the first tensors that are missing, surplus, misshapen, not float, or not finite. */
function checkWeights(weights: TensorMap, shapes: Readonly<Record<string, readonly number[]>>, path: string): void {
  const missing = Object.keys(shapes).filter((name) => !(name in weights));
  if (missing.length > 0) throw new ModelFileError(path, `lacks ${listed(missing)}: is config.json of this model?`);
  const surplus = Object.keys(weights).filter((name) => !(name in shapes));
  if (surplus.length > 0)
    throw new ModelFileError(path, `holds unexpected ${listed(surplus)}: is config.json of this model?`);
  for (const [name, shape] of Object.entries(shapes)) {
    const tensor = weights[name] as HostTensor;
    if (tensor.shape.length !== shape.length || shape.some((n, axis) => tensor.shape[axis] !== n)) {
      throw new ModelFileError(path, `has shape [${tensor.shape}], config.json asks for [${shape}]`, name);
    }
    assertFinite(tensor, path, name);
  }
}

/** @throws ModelFileError when the tensor is not float32, or holds NaN or infinity. */
export function assertFinite(tensor: HostTensor, path: string, name: string): void {
  if (tensor.dtype !== "float32")
    throw new ModelFileError(path, "holds integers where weights are floats: wrong dtype", name);
  const at = tensor.data.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) throw new ModelFileError(path, `holds ${tensor.data[at]} at position ${at}: corrupt`, name);
}

function listed(names: readonly string[]): string {
  const shown = names
    .slice(0, 3)
    .map((name) => `"${name}"`)
    .join(", ");
  return names.length > 3
    ? `${shown} and ${names.length - 3} more tensors`
    : `tensor${names.length > 1 ? "s" : ""} ${shown}`;
}
