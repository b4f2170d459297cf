/** The data sets that ship with the package, as folders of ordinary CSV that `readPairs` reads like a user's. */
import { fileURLToPath } from "node:url";
import { InputError } from "../errors.js";
import { type GeneratorOptions, generatorDefaults } from "./generate.js";
import { goldValues } from "./gold.js";

/**
 * Each by the arguments that generate it. `entangled` has its labels on shared pairs and from raters who are swayed by every
 * value: value vectors learnt from it point nearly the same way (docs/decisions/0012-strong-interference.md).
 */
export const embeddedDatasets = {
  mild: { ...generatorDefaults, entanglement: 0 },
  entangled: {
    ...generatorDefaults,
    entanglement: 0.4,
    halo: 0.5,
    sharedPairs: true,
    // A pair has one prompt for all values: more of them, so that enough are left to answer.
    pairsPerValue: { ...generatorDefaults.pairsPerValue, validation: 300, test: 450 },
  },
} as const satisfies Readonly<Record<string, GeneratorOptions>>;

export type EmbeddedDatasetName = keyof typeof embeddedDatasets;

export interface EmbeddedDataset {
  readonly name: EmbeddedDatasetName;
  /** The folder: hand it to `readPairs`, `dataHash` or `inspectData`. */
  readonly path: string;
  readonly values: typeof goldValues;
}

export function isEmbeddedDataset(name: string): name is EmbeddedDatasetName {
  return Object.hasOwn(embeddedDatasets, name);
}

/** @throws InputError when there is no such data set */
export function embeddedDataset(name: string): EmbeddedDataset {
  if (!isEmbeddedDataset(name)) {
    throw new InputError(
      `no embedded data set is called "${name}"; there are ${Object.keys(embeddedDatasets).join(" and ")}`,
    );
  }
  // Three folders up lies the package, from src/data/embedded as from dist/data/embedded.
  return { name, path: fileURLToPath(new URL(`../../../datasets/${name}`, import.meta.url)), values: goldValues };
}
