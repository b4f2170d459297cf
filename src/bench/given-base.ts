/** The base that a run stands on where it trains none: that of the run it goes on with, one from outside, or another run's. */
import { join } from "node:path";
import { loadModel, type ModelFolder } from "../lm/huggingface.js";
import { lockIn, type RunRecord, reusableBase, standsOnForeignBase } from "./run-folder.js";
import type { Suite } from "./suite.js";

/** A base that is not trained here; `foreign` when the suite's own recipe did not make it. */
export interface GivenBase {
  readonly model: ModelFolder;
  readonly foreign: boolean;
}

/**
 * @param asked where the user asked for: an interrupted run, a folder in Hugging Face layout, or another run
 * @param before what is known of the interrupted run
 * @throws InputError or ModelFileError for a folder that holds no base, or one that does not fit
 */
export function givenBase(
  asked: { readonly resume: string | undefined; readonly base: string | undefined; readonly reuse: string | undefined },
  before: RunRecord | undefined,
  suite: Suite,
  dataContent: string,
): GivenBase | undefined {
  // A resumed run stands on the base in its own folder, whatever has become of the place it came from.
  if (asked.resume !== undefined && typeof before?.baseHash === "string") {
    const foreign = standsOnForeignBase(before, lockIn(asked.resume));
    return { model: loadModel(join(asked.resume, "base")), foreign };
  }
  const base = before === undefined ? asked.base : (before.base ?? undefined);
  if (base !== undefined) return { model: loadModel(base), foreign: true };
  const reuse = before === undefined ? asked.reuse : (before.reuse ?? undefined);
  return reuse === undefined ? undefined : reusableBase(reuse, suite, dataContent);
}
