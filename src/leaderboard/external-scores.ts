/**
 * A CSV of scores by prompt from another program, read against the suite: every candidate needs every value on every
 * validation and test prompt. All faults are found before any is told; nothing is repaired.
 */
import { sanitise } from "../bench/files/sanitise.js";
import { type CsvText, readCsvText } from "../bench/score-csv.js";
import type { RunTables, ScoredSplit, TableCandidate } from "../bench/tables.js";
import type { Faults } from "./faults.js";
import type { Submission } from "./submission.js";

export interface ExternalLayout {
  readonly values: readonly string[];
  readonly prompts: RunTables["prompts"];
  /** Of a method and seed, at most. */
  readonly candidates: number;
  readonly submission: Submission;
}

const KEYS = ["suite", "seed", "method", "candidate", "split", "prompt", "sample", "sense"] as const;
type Key = (typeof KEYS)[number];

/** Sums over replies to one prompt, and how many there were. */
interface Cell {
  readonly sum: Float64Array;
  readonly count: Int32Array;
}

/** @returns candidates of complete scores where there was no fault; `selected` is not yet chosen */
export function readExternalScores(
  path: string,
  source: string,
  layout: ExternalLayout,
  faults: Faults,
): TableCandidate[] {
  const text = readCsvText(path);
  const columns = columnsOf(text, source, layout, faults);
  if (columns === undefined) return [];
  const reader = new Reader(text, columns, source, layout, faults);
  return reader.candidates();
}

interface Columns {
  readonly at: Readonly<Partial<Record<Key, number>>>;
  /** Wide form: one a value. Long form: which column names the value, and which holds the score. */
  readonly scores:
    | { readonly form: "wide"; readonly values: readonly { readonly value: number; readonly column: number }[] }
    | { readonly form: "long"; readonly value: number; readonly score: number };
}

function columnsOf(
  text: CsvText,
  source: string,
  { values, submission }: ExternalLayout,
  faults: Faults,
): Columns | undefined {
  const before = faults.count;
  const where = `${source}:${text.header.line}`;
  const names = text.header.cells.map((name) => name.toLowerCase());
  const at = Object.fromEntries(KEYS.flatMap((key) => (names.includes(key) ? [[key, names.indexOf(key)]] : [])));
  for (const key of ["candidate", "split", "prompt"]) {
    if (!names.includes(key)) faults.add(`${where}: lacks the column "${key}"`);
  }
  const long = names.includes("score");
  const known = new Set<string>([...KEYS, ...(long ? ["value", "score"] : values.map((value) => value.toLowerCase()))]);
  names.forEach((name, i) => {
    if (names.indexOf(name) !== i) faults.add(`${where}: the column "${name}" stands there twice`);
    else if (!known.has(name)) {
      faults.add(`${where}: the column "${name}" is neither a key nor a value of the suite (${values.join(", ")})`);
    }
  });
  if (!names.includes("seed") && submission.seeds.length > 1) {
    faults.add(`${where}: lacks the column "seed", and the submission names ${submission.seeds.length}`);
  }
  if (long && !names.includes("value")) faults.add(`${where}: lacks the column "value" beside "score"`);
  const wide = values.map((value, k) => ({ value: k, column: names.indexOf(value.toLowerCase()) }));
  if (!long) {
    for (const { value, column } of wide) {
      if (column < 0) faults.add(`${where}: lacks a column of the value "${values[value]}"`);
    }
  }
  if (faults.count > before) return undefined;
  return {
    at,
    scores: long
      ? { form: "long", value: names.indexOf("value"), score: names.indexOf("score") }
      : { form: "wide", values: wide },
  };
}

/** Sums over prompts, and products over values, stay finite. */
const LARGEST = 1e30;

/** As Python and spreadsheets write numbers; NaN for anything else, `0x10` and an empty cell too. */
function decimal(text: string): number {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

class Reader {
  /** By seed, then by candidate, then by split. */
  readonly #cells = new Map<number, Map<string, Map<ScoredSplit, Cell>>>();
  readonly #places: Readonly<Record<ScoredSplit, ReadonlyMap<string, number>>>;
  readonly #seen = new Set<string>();

  constructor(
    readonly text: CsvText,
    readonly columns: Columns,
    readonly source: string,
    readonly layout: ExternalLayout,
    readonly faults: Faults,
  ) {
    const placesOf = (split: ScoredSplit) => new Map(layout.prompts[split].map(({ key }, at) => [key, at]));
    this.#places = { validation: placesOf("validation"), test: placesOf("test") };
  }

  candidates(): TableCandidate[] {
    for (const { cells, line } of this.text.rows) this.#row(cells, `${this.source}:${line}`);
    const { values, prompts, candidates: most, submission } = this.layout;
    return submission.seeds.flatMap((seed) => {
      const own = [...(this.#cells.get(seed) ?? [])];
      if (own.length === 0) this.faults.add(`${this.source}: no score at seed ${seed}, which the submission names`);
      if (own.length > most) {
        this.faults.add(`${this.source}: ${own.length} candidates at seed ${seed}, the suite allows ${most}`);
      }
      return own.map(([candidate, splits]): TableCandidate => {
        const scores: Partial<Record<ScoredSplit, Float64Array>> = {};
        for (const split of ["validation", "test"] as const) {
          const cell = splits.get(split) ?? this.#cell(split);
          const keys = prompts[split];
          values.forEach((value, v) => {
            const without = keys.filter((_, p) => cell.count[v * keys.length + p] === 0);
            if (without.length === 0) return;
            this.faults.add(
              `${this.source}: candidate "${candidate}" (seed ${seed}): ${without.length} of ${keys.length} ${split} prompts lack a score of ${value} (first: ${without[0]?.key})`,
            );
          });
          scores[split] = cell.sum.map((sum, i) => sum / Math.max(1, cell.count[i] ?? 0));
        }
        return {
          seed,
          method: submission.method,
          candidate,
          weights: null,
          coefficients: null,
          selected: false,
          kl: null,
          broken: null,
          scores,
        };
      });
    });
  }

  #cell(split: ScoredSplit): Cell {
    const length = this.layout.values.length * this.layout.prompts[split].length;
    return { sum: new Float64Array(length), count: new Int32Array(length) };
  }

  #row(cells: readonly string[], where: string): void {
    const { submission, values } = this.layout;
    const { at, scores } = this.columns;
    const text = (key: Key): string | undefined => {
      const column = at[key];
      return column === undefined ? undefined : (cells[column] ?? "");
    };
    const fail = (what: string) => this.faults.add(`${where}: ${what}`);
    const said = (key: Key, wanted: string) => {
      const found = text(key);
      if (found !== undefined && found !== wanted) fail(`${key} "${found}", the submission says "${wanted}"`);
    };
    said("suite", submission.suite);
    said("method", submission.method);
    const sense = text("sense");
    if (sense !== undefined && sense !== "max") fail(`sense "${sense}": the suite's values are better when larger`);
    const seed =
      at.seed === undefined && submission.seeds.length === 1 ? submission.seeds[0] : decimal(text("seed") ?? "");
    if (seed === undefined || !submission.seeds.includes(seed)) {
      fail(`seed "${text("seed") ?? ""}" is none of the submission's (${submission.seeds.join(", ")})`);
    }
    const candidate = text("candidate") ?? "";
    if (candidate === "") fail("no candidate");
    if (candidate !== sanitise(candidate)) fail("the candidate's name holds line ends or control characters");
    const split = text("split");
    if (split !== "test" && split !== "validation") {
      fail(`split "${split ?? ""}" is neither test nor validation`);
      return;
    }
    const prompt = text("prompt") ?? "";
    const p = this.#places[split].get(prompt);
    if (p === undefined) fail(`"${prompt}" is no ${split} prompt of the suite on this data`);
    const given =
      scores.form === "wide"
        ? scores.values.map(({ value, column }) => ({ value, number: cells[column] ?? "" }))
        : [this.#long(cells, scores, fail)];
    const numbers = given.flatMap((entry) => {
      if (entry === undefined) return [];
      const score = decimal(entry.number);
      const finite = Math.abs(score) <= LARGEST;
      if (!finite) {
        const what = Math.abs(score) < Number.POSITIVE_INFINITY ? "too large for a score" : "no finite number";
        fail(`${values[entry.value] ?? ""} "${entry.number}" is ${what}`);
      }
      // It stands there, if not as it should: nobody is told of the same cell again as one that lacks.
      return [{ value: entry.value, score: finite ? score : 0 }];
    });
    if (seed === undefined || !submission.seeds.includes(seed) || candidate === "" || p === undefined) return;
    for (const { value, score } of numbers) {
      const key = JSON.stringify([seed, candidate, split, p, text("sample") ?? "", value]);
      if (this.#seen.has(key))
        fail(`a second ${values[value] ?? ""} score of "${candidate}" for ${split} prompt ${prompt}`);
      this.#seen.add(key);
      const cell = this.#cellOf(seed, candidate, split);
      const place = value * this.layout.prompts[split].length + p;
      cell.sum[place] = (cell.sum[place] ?? 0) + score;
      cell.count[place] = (cell.count[place] ?? 0) + 1;
    }
  }

  #long(
    cells: readonly string[],
    { value, score }: { readonly value: number; readonly score: number },
    fail: (what: string) => void,
  ): { value: number; number: string } | undefined {
    const name = (cells[value] ?? "").toLowerCase();
    const found = this.layout.values.findIndex((known) => known.toLowerCase() === name);
    if (found >= 0) return { value: found, number: cells[score] ?? "" };
    fail(`"${cells[value] ?? ""}" is no value of the suite (${this.layout.values.join(", ")})`);
    return undefined;
  }

  #cellOf(seed: number, candidate: string, split: ScoredSplit): Cell {
    const candidates = this.#cells.get(seed) ?? new Map<string, Map<ScoredSplit, Cell>>();
    this.#cells.set(seed, candidates);
    const splits = candidates.get(candidate) ?? new Map<ScoredSplit, Cell>();
    candidates.set(candidate, splits);
    const cell = splits.get(split) ?? this.#cell(split);
    splits.set(split, cell);
    return cell;
  }
}
