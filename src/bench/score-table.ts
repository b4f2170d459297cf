/** A foreign table of scores, read whole and checked: candidates, each with a score for every value and prompt. */
import { InputError } from "../data/errors.js";
import { foreignText, isPacked, readWhole } from "./files/whole-file.js";
import { chooseColumns, hint, type NamedColumn, numberOf, type Role, type ScoreColumns } from "./score-columns.js";
import { type Cells, type CsvText, readCsvText } from "./score-csv.js";

export interface ScoredCandidate {
  /** Contents of the columns grouped by. */
  readonly group: readonly string[];
  readonly method: string;
  readonly candidate: string;
  readonly seed: string;
  /** Declared preference, one number ≥ 0 a value; null where the file declares none. */
  readonly weights: readonly number[] | null;
  /** `[value, prompt]` row-major, raw units, samples averaged; 0 where the value is not scored on the prompt. */
  readonly scores: Float64Array;
  /** Per value, over the prompts that it is scored on. */
  readonly means: readonly number[];
}

export interface ScoredSplit {
  readonly candidates: readonly ScoredCandidate[];
  /** In order of first appearance; one, nameless, where the file has no prompts. */
  readonly prompts: readonly string[];
  /** Per value, 1 for each prompt that it is scored on, for every candidate alike. */
  readonly scoredOn: readonly Float64Array[];
}

export interface ScoreTable {
  readonly path: string;
  readonly form: "long" | "wide";
  readonly values: readonly string[];
  readonly groupBy: readonly string[];
  readonly has: Readonly<Record<Role, boolean>>;
  readonly notices: readonly string[];
  /** Names of the splits; empty where there is no such column. */
  readonly splits: readonly string[];
  /**
   * @param promptOrder where given, these are the prompts there must be, and their order
   * @throws InputError at the line of a candidate that lacks a score
   */
  split(name: string | null, promptOrder?: readonly string[]): ScoredSplit;
}

export interface TableOptions {
  /** Which values, in which order. */
  readonly values?: readonly string[] | undefined;
  readonly groupBy?: readonly string[] | undefined;
  /** Values of these names come first, in this order. */
  readonly order?: readonly string[] | undefined;
}

/** More exact hypervolumes take for ever. */
const MOST_VALUES = 12;
const NO_NAME = "";

/** @throws InputError naming file and line: cells missing or no number, scores given twice, columns not understood */
export function readScoreTable(path: string, options: TableOptions = {}, given?: Uint8Array): ScoreTable {
  const { text, encoding } = foreignText(given ?? readWhole(path), path, given === undefined && isPacked(path));
  const csv = readCsvText(path, text);
  const columns = chooseColumns(csv, options);
  const notices = encoding === "unicode" ? [] : ["read as Windows-1252, as it is not UTF-8: look at accented names"];
  return new ReadTable(csv, { ...columns, notices: [...notices, ...columns.notices] }, options);
}

interface Owner {
  readonly group: readonly string[];
  readonly method: string;
  readonly candidate: string;
  readonly seed: string;
  readonly weights: readonly number[] | null;
  readonly line: number;
}

/** One score, by indices. */
interface Entry {
  readonly owner: number;
  readonly split: number;
  readonly prompt: number;
  readonly sample: number;
  readonly value: number;
  readonly score: number;
  readonly line: number;
}

class Names {
  readonly all: string[] = [];
  readonly #index = new Map<string, number>();

  of(name: string): number {
    let index = this.#index.get(name);
    if (index === undefined) {
      index = this.all.length;
      this.all.push(name);
      this.#index.set(name, index);
    }
    return index;
  }
}

class ReadTable implements ScoreTable {
  readonly path: string;
  readonly form: "long" | "wide";
  readonly values: readonly string[];
  readonly groupBy: readonly string[];
  readonly has: Readonly<Record<Role, boolean>>;
  readonly notices: readonly string[];
  readonly splits: readonly string[];
  readonly #owners: Owner[] = [];
  readonly #entries: Entry[] = [];
  readonly #prompts = new Names();

  constructor(text: CsvText, columns: ScoreColumns, options: TableOptions) {
    this.path = text.path;
    this.form = columns.scores.form;
    this.groupBy = columns.groupBy.map(({ name }) => name);
    const { roles } = columns;
    this.has = {
      suite: roles.suite !== undefined,
      method: roles.method !== undefined,
      candidate: roles.candidate !== undefined,
      seed: roles.seed !== undefined,
      split: roles.split !== undefined,
      prompt: roles.prompt !== undefined,
      sample: roles.sample !== undefined,
    };
    const splits = new Names();
    const samples = new Names();
    const owners = new Map<string, number>();
    const wide =
      columns.scores.form === "wide" ? inOrder(columns.scores.values, options.order, ({ name }) => name) : [];
    const spellings = new Map<string, string>();
    const spelt = (row: Cells, column: NamedColumn): string => {
      const name = this.#text(row, column);
      const first = spellings.get(name.toLowerCase());
      if (first === undefined) spellings.set(name.toLowerCase(), name);
      else if (first !== name) otherwise.add(`"${name}" is taken as "${first}"`);
      return first ?? name;
    };
    const otherwise = new Set<string>();
    const values = this.#valueNames(text, columns, options, spelt);
    this.values = values.all;
    const chosen = this.values.length;
    let dropped = 0;
    const suites = new Names();
    for (const row of text.rows) {
      const cell = (column: NamedColumn | undefined): string =>
        column === undefined ? NO_NAME : this.#text(row, column);
      suites.of(cell(roles.suite));
      const group = columns.groupBy.map(cell);
      const method = cell(roles.method);
      const seed = cell(roles.seed);
      // Points without a name and without prompts are told apart by their rows, where a row is a whole point.
      const candidate =
        roles.candidate === undefined && roles.prompt === undefined && this.form === "wide"
          ? `line ${row.line}`
          : cell(roles.candidate);
      const key = JSON.stringify([seed, method, candidate, group]);
      const weights = this.#weights(row, columns.weights);
      let owner = owners.get(key);
      if (owner === undefined) {
        owner = this.#owners.length;
        owners.set(key, owner);
        this.#owners.push({ group, method, candidate, seed, weights, line: row.line });
      }
      const first = this.#owners[owner] as Owner;
      if (`${first.weights}` !== `${weights}`) {
        throw new InputError(
          `${this.path}:${row.line}: another preference for ${this.#who(owner, undefined)} than on line ${first.line}`,
        );
      }
      const place = {
        owner,
        split: splits.of(cell(roles.split)),
        prompt: this.#prompts.of(cell(roles.prompt)),
        sample: samples.of(cell(roles.sample)),
        line: row.line,
      };
      if (columns.scores.form === "long") {
        const value = values.of(spelt(row, columns.scores.value));
        const score = this.#number(row, columns.scores.score);
        if (value < chosen) this.#entries.push({ ...place, value, score });
        else dropped++;
      } else {
        wide.forEach((column, value) => {
          this.#entries.push({ ...place, value, score: this.#number(row, column) });
        });
      }
    }
    const dropNotice = dropped === 0 ? [] : [`ignored ${dropped} rows of values that --values does not name`];
    this.values = values.all.slice(0, chosen);
    this.notices = [...columns.notices, ...otherwise, ...dropNotice];
    this.splits = roles.split === undefined ? [] : splits.all;
    if (suites.all.length > 1 && !this.groupBy.some((name) => name.toLowerCase() === "suite")) {
      throw new InputError(
        `${text.path}: holds scores of ${suites.all.length} suites (${suites.all.join(", ")}); keep them apart with --group-by suite,method`,
      );
    }
    if (chosen > MOST_VALUES) {
      throw new InputError(
        `${text.path}:${text.header.line}: ${chosen} values (${this.values.slice(0, 4).join(", ")}, …) are more than ${MOST_VALUES}; name those that count with --values`,
      );
    }
  }

  #valueNames(
    text: CsvText,
    { scores }: ScoreColumns,
    options: TableOptions,
    spelt: (row: Cells, column: NamedColumn) => string,
  ): Names {
    const names = new Names();
    if (scores.form === "wide") {
      for (const { name } of inOrder(scores.values, options.order, (column) => column.name)) names.of(name);
      return names;
    }
    const present = new Names();
    for (const row of text.rows) present.of(spelt(row, scores.value));
    for (const asked of options.values ?? inOrder(present.all, options.order, (name) => name)) {
      const found = present.all.find((name) => name.toLowerCase() === asked.toLowerCase());
      if (found === undefined) {
        throw new InputError(`${text.path}: --values names "${asked}", which has no score${hint(asked, present.all)}`);
      }
      names.of(found);
    }
    return names;
  }

  #text(row: Cells, column: NamedColumn): string {
    const cell = row.cells[column.index] ?? "";
    if (cell === "") throw new InputError(`${this.path}:${row.line}: the column "${column.name}" is empty`);
    return cell;
  }

  /** In the order of values; null where all of these cells are empty, as a base's are. */
  #weights(row: Cells, columns: ScoreColumns["weights"]): number[] | null {
    if (columns.size === 0) return null;
    const cells = this.values.map((value) => columns.get(value.toLowerCase()) as NamedColumn);
    if (cells.every(({ index }) => (row.cells[index] ?? "") === "")) return null;
    return cells.map((column) => {
      const weight = this.#number(row, column);
      if (weight >= 0) return weight;
      throw new InputError(`${this.path}:${row.line}: the weight ${weight} in column "${column.name}" is below 0`);
    });
  }

  #number(row: Cells, column: NamedColumn): number {
    const cell = this.#text(row, column);
    const value = numberOf(cell);
    if (value !== undefined) return value;
    const comma = /^[+-]?\d+,\d+$/.test(cell)
      ? " (write 0.5, not 0,5)"
      : /^[+-]?\d{1,3}([,.' ]\d{3})+([.,]\d+)?$/.test(cell)
        ? " (write 1234.5, without marks between thousands)"
        : "";
    const others = this.form === "wide" ? "; if that column is no value, name the values with --values" : "";
    throw new InputError(
      `${this.path}:${row.line}: "${cell.slice(0, 40)}" in column "${column.name}" is not a finite number${comma}${others}`,
    );
  }

  split(name: string | null, promptOrder?: readonly string[]): ScoredSplit {
    const wanted = name === null ? 0 : this.splits.indexOf(name);
    const entries = this.#entries.filter((entry) => entry.split === wanted);
    const values = this.values.length;
    const prompts = this.#promptsOf(entries, promptOrder);
    const places = new Map(prompts.map((prompt, place) => [prompt, place]));
    const count = prompts.length;
    const cells = new Map<number, Collected>();
    const scoredOn = this.values.map(() => new Float64Array(count));
    for (const entry of entries) {
      let own = cells.get(entry.owner);
      if (own === undefined) {
        own = { sum: new Float64Array(values * count), count: new Int32Array(values * count), lines: new Map() };
        cells.set(entry.owner, own);
      }
      const place = places.get(entry.prompt) ?? 0;
      const at = entry.value * count + place;
      this.#refuseRepeat(own, entry, at, values * count);
      own.sum[at] = (own.sum[at] ?? 0) + entry.score;
      own.count[at] = (own.count[at] ?? 0) + 1;
      (scoredOn[entry.value] as Float64Array)[place] = 1;
    }
    const candidates = [...cells].map(([owner, own]): ScoredCandidate => {
      const { line, ...who } = this.#owners[owner] as Owner;
      const scores = own.sum.map((sum, at) => sum / Math.max(1, own.count[at] ?? 0));
      const means = scoredOn.map((mask, v) => {
        let sum = 0;
        let scored = 0;
        for (let p = 0; p < count; p++) {
          if (mask[p] === 0) continue;
          if (own.count[v * count + p] === 0) throw this.#lacks(owner, line, v, prompts[p] ?? 0);
          sum += scores[v * count + p] ?? 0;
          scored++;
        }
        if (scored === 0) throw this.#lacks(owner, line, v, undefined);
        return sum / scored;
      });
      return { ...who, scores, means };
    });
    return { candidates, prompts: prompts.map((prompt) => this.#prompts.all[prompt] ?? ""), scoredOn };
  }

  #promptsOf(entries: readonly Entry[], order: readonly string[] | undefined): number[] {
    const present = new Set(entries.map(({ prompt }) => prompt));
    if (order === undefined) return [...present];
    const ordered = order.map((name) => this.#prompts.of(name));
    const absent = ordered.find((prompt) => !present.has(prompt));
    if (absent !== undefined) {
      throw new InputError(`${this.path}: no score for prompt ${this.#prompts.all[absent]} of the run's prompts.csv`);
    }
    const known = new Set(ordered);
    const surplus = [...present].find((prompt) => !known.has(prompt));
    if (surplus === undefined) return ordered;
    const line = entries.find(({ prompt }) => prompt === surplus)?.line ?? 1;
    throw new InputError(`${this.path}:${line}: prompt ${this.#prompts.all[surplus]} is not in the run's prompts.csv`);
  }

  #refuseRepeat(own: Collected, { owner, value, prompt, sample, line }: Entry, at: number, size: number): void {
    const key = sample * size + at;
    const first = own.lines.get(key);
    if (first === undefined) {
      own.lines.set(key, line);
      return;
    }
    const apart = (["method", "candidate", "seed", "prompt", "sample"] as const).filter((role) => !this.has[role]);
    const advice = apart.length === 0 ? "" : `; what tells them apart belongs into a column (${apart.join(", ")})`;
    throw new InputError(
      `${this.path}:${line}: a second ${this.values[value]} score for ${this.#who(owner, prompt)}, the first is on line ${first}${advice}`,
    );
  }

  #lacks(owner: number, line: number, value: number, prompt: number | undefined): InputError {
    return new InputError(
      `${this.path}:${line}: no ${this.values[value]} score for ${this.#who(owner, prompt)}${prompt === undefined || !this.has.prompt ? "" : ", though other candidates have one"}`,
    );
  }

  #who(owner: number, prompt: number | undefined): string {
    const { method, candidate, seed, group } = this.#owners[owner] as Owner;
    const parts = [
      ...(this.has.method ? [`method ${method}`] : group.length > 0 ? [group.join(", ")] : []),
      ...(candidate === "" ? [] : [`candidate ${candidate}`]),
      ...(this.has.seed ? [`seed ${seed}`] : []),
      ...(this.has.prompt && prompt !== undefined ? [`prompt ${this.#prompts.all[prompt]}`] : []),
    ];
    return parts.length === 0 ? "the file's one point" : parts.join(", ");
  }
}

interface Collected {
  readonly sum: Float64Array;
  readonly count: Int32Array;
  /** By sample, value and prompt: where the score stands. */
  readonly lines: Map<number, number>;
}

function inOrder<T>(items: readonly T[], order: readonly string[] = [], nameOf: (item: T) => string): T[] {
  const place = (item: T): number => {
    const at = order.indexOf(nameOf(item));
    return at < 0 ? order.length : at;
  };
  return items.toSorted((a, b) => place(a) - place(b));
}
