/** The prompts that every candidate of a suite answers, for those who train elsewhere. */
import { type EvaluationPrompt, prepareData, trainTokenizer } from "../bench/prepare.js";
import type { Suite } from "../bench/suite.js";
import { readSuiteData } from "../bench/suite-data.js";

export interface SuitePrompts {
  readonly dataHash: string;
  readonly validation: readonly Omit<EvaluationPrompt, "tokens">[];
  readonly test: readonly Omit<EvaluationPrompt, "tokens">[];
}

/**
 * @param data folder of preference pairs, for suites that take the user's
 * @throws InputError for data that the suite cannot take
 */
export async function suitePrompts(suite: Suite, data: string | undefined): Promise<SuitePrompts> {
  const { pairs, prompts, hash } = await readSuiteData(suite, data);
  const { signal } = new AbortController();
  const tokenizer = await trainTokenizer(pairs, suite, signal);
  const { evaluation } = await prepareData(pairs, prompts, suite, tokenizer, signal);
  const bare = ({ key, text, source }: EvaluationPrompt) => ({ key, text, source });
  return { dataHash: hash, validation: evaluation.validation.map(bare), test: evaluation.test.map(bare) };
}
