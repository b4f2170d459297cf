/**
 * Every two ranked methods of one row against each other, paired by seed and prompt: what rank groups within a row
 * rest on. Across rows nothing is paired.
 */
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { SummaryInput } from "../bench/summarise.js";
import { estimateOf, pValueOf, seedAxis } from "../bench/uncertain.js";
import { bootstrapHypervolume, pairedDifference } from "../metrics/index.js";

export interface RowPair {
  /** Ids; `difference` is of hypervolume(a) − hypervolume(b). */
  readonly a: string;
  readonly b: string;
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** Two-sided, not adjusted. */
  readonly p: number;
}

/** @param methods ids, each with selected test scores at every seed */
export function pairsOf({ tables, scales, statistics }: SummaryInput, methods: readonly string[]): RowPair[] {
  if (methods.length < 2) return [];
  const found = bootstrapHypervolume(
    {
      methods: methods.map((name) => ({
        name,
        seeds: tables.seeds.map((seed) =>
          tables.candidates.flatMap(({ seed: own, method, selected, scores }) =>
            own === seed && method === name && selected && scores.test !== undefined ? [scores.test] : [],
          ),
        ),
      })),
      prompts: tables.prompts.test.length,
      reference: scales.map(({ reference }) => reference),
      center: scales.map(({ center }) => center),
      scale: scales.map(({ scale }) => scale),
      sense: "max",
    },
    {
      // One fixed stream: the row is a function of the scores.
      generator: xoroshiro128plus(20260701),
      resamples: statistics.resamples,
      seeds: seedAxis(tables.seeds.length),
    },
  );
  return found.flatMap((a, i) =>
    found.slice(i + 1).map((b): RowPair => {
      const paired = pairedDifference(a, b);
      const { value, low, high } = estimateOf(paired, statistics.confidence);
      return { a: a.name, b: b.name, difference: value, low, high, p: pValueOf(paired) };
    }),
  );
}
