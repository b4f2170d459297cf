/**
 * A report as data: sections of sentences, tables, figures and samples, all of it text that is safe to show. What it
 * says is decided once, here; `text`, `markdown` and `html` only lay it out.
 */
import type { RunSummary } from "../bench/summary.js";
import type { Table } from "./table.js";

export interface Report {
  readonly schema: 1;
  readonly title: string;
  /** What was run, where, in one line. */
  readonly subtitle: string;
  /** The first screen: who wins, is it real, what it cost. */
  readonly headline: readonly Section[];
  readonly sections: readonly Section[];
  readonly summary: RunSummary;
}

export interface Section {
  readonly heading: string;
  readonly blocks: readonly Block[];
  /** Too long for a terminal: in the files only. */
  readonly filesOnly?: boolean;
}

export type Block =
  | { readonly kind: "sentences"; readonly sentences: readonly string[] }
  | { readonly kind: "table"; readonly table: Table; readonly notes: readonly string[] }
  | { readonly kind: "figure"; readonly figure: Figure }
  | { readonly kind: "sample"; readonly sample: SampleSet }
  | { readonly kind: "command"; readonly command: string };

export interface Figure {
  /** File name without extension, under `figures/`. */
  readonly name: string;
  readonly caption: string;
  readonly svg: string;
}

/** One prompt and what candidates answer, so that a reader sees replies move with the weights. */
export interface SampleSet {
  readonly prompt: string;
  readonly values: readonly string[];
  readonly replies: readonly {
    readonly candidate: string;
    /** The declared preference, in suite order; null where a candidate has none (the base). */
    readonly weights: readonly number[] | null;
    readonly text: string;
    readonly ended: boolean;
    /** Raw scores in suite order; null where a score is missing. */
    readonly scores: readonly (number | null)[];
  }[];
}
