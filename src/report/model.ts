/**
 * A report as data: sections of sentences, tables, figures and samples, all of it text that is safe to show. What it
 * says is decided once, here; `text`, `markdown` and `html` only lay it out, and JSON is this very structure.
 */
import type { RunSummary } from "../bench/summary.js";
import type { Chart } from "./charts/chart.js";
import type { Table } from "./table.js";

export interface Report {
  readonly schema: 2;
  readonly title: string;
  /** What was run, where, in one line. */
  readonly subtitle: string;
  /** The first screen: who wins, is it real, what it cost. */
  readonly headline: readonly Section[];
  readonly sections: readonly Section[];
  /** Replies to many prompts, for a page that lets its reader choose; null where the run kept none. */
  readonly samples: SampleBrowser | null;
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
  /** Figures of one kind, of which a reader looks at one at a time. */
  | { readonly kind: "choice"; readonly label: string; readonly figures: readonly Figure[] }
  | { readonly kind: "sample"; readonly sample: SampleSet }
  | { readonly kind: "command"; readonly command: string }
  /** A whole file; `name` says which. */
  | { readonly kind: "code"; readonly name: string; readonly code: string };

export interface Figure {
  /** File name without extension, under `figures/`. */
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  readonly chart: Chart;
}

/** All figures, in the order in which they are shown. */
export function figuresOf({ headline, sections }: Report): Figure[] {
  return [...headline, ...sections].flatMap(({ blocks }) =>
    blocks.flatMap((block) =>
      block.kind === "figure" ? [block.figure] : block.kind === "choice" ? block.figures : [],
    ),
  );
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

/** What the candidates of several methods answer to the same prompts. */
export interface SampleBrowser {
  readonly values: readonly string[];
  readonly methods: readonly {
    readonly id: string;
    readonly title: string;
    /** Its candidates in their own order; weights as text, "–" where it declares none. */
    readonly candidates: readonly { readonly name: string; readonly weights: string }[];
  }[];
  /** Ids of the methods that are shown first. */
  readonly open: readonly string[];
  readonly prompts: readonly {
    readonly text: string;
    /** `[method][candidate]`; null where the reply was not kept. */
    readonly replies: readonly (readonly (BrowserReply | null)[])[];
  }[];
  /** How many there are in the run's files, of which these are the first. */
  readonly promptsInRun: number;
  readonly seed: number;
}

export interface BrowserReply {
  readonly text: string;
  readonly ended: boolean;
  readonly scores: readonly (number | null)[];
}
