/** A suite's preference pairs, from the package or from the folder that the user names. */
import { embeddedDataset } from "../data/embedded/dataset.js";
import { InputError } from "../data/errors.js";
import { dataHash } from "../data/hash.js";
import { type DropCounts, type Pair, readPairs } from "../data/index.js";
import type { Suite } from "./suite.js";

export interface SuiteData {
  readonly pairs: readonly Pair[];
  readonly prompts: readonly { readonly split: "validation" | "test"; readonly prompt: string }[];
  /** Rows that were left out, by reason. */
  readonly dropped: DropCounts;
  /** Of the content, wherever it lies. */
  readonly hash: string;
}

/** @throws InputError for data that the suite cannot take, or that is missing or damaged */
export async function readSuiteData(suite: Suite, path: string | undefined): Promise<SuiteData> {
  const values = suite.values.map((value) => value.name);
  if (suite.data.source === "embedded") {
    if (path !== undefined) {
      throw new InputError(`suite "${suite.suite}" brings its own data; leave out --data, or run a suite such as hh`);
    }
    const set = embeddedDataset(suite.data.set ?? "mild").path;
    return { ...(await readPairs(set, { values })), prompts: [], hash: await dataHash(set) };
  }
  if (path === undefined) {
    throw new InputError(`suite "${suite.suite}" needs preference pairs of ${values.join(", ")}: give --data DIR`);
  }
  const { pairs, dropped } = await readPairs(path, { values });
  return { pairs, dropped, prompts: [], hash: await dataHash(path) };
}
