/**
 * What each column of a foreign table of scores is: by name where the name is known, by content where it is not. Nothing is
 * guessed silently: what is left over is named in a notice, what looks like a slip is refused.
 */
import { InputError } from "../data/errors.js";
import { editDistance, nearestName } from "./nearest-name.js";
import type { CsvText } from "./score-csv.js";

export const ROLES = ["suite", "method", "candidate", "seed", "split", "prompt", "sample"] as const;
export type Role = (typeof ROLES)[number];

export interface NamedColumn {
  readonly name: string;
  readonly index: number;
}

export interface ScoreColumns {
  /** Where scores stand: `long` in one column, named by another; `wide` in one column a value. */
  readonly scores:
    | { readonly form: "long"; readonly value: NamedColumn; readonly score: NamedColumn }
    | { readonly form: "wide"; readonly values: readonly NamedColumn[] };
  readonly roles: Readonly<Partial<Record<Role, NamedColumn>>>;
  readonly groupBy: readonly NamedColumn[];
  /** Declared preferences by value, in lower case; empty where some value has none. */
  readonly weights: ReadonlyMap<string, NamedColumn>;
  readonly notices: readonly string[];
}

export interface ColumnOptions {
  /** Names of values. Wide form: their columns, no other is one. */
  readonly values?: readonly string[] | undefined;
  /** Columns that make a row of the result; default `method`, where there is one. */
  readonly groupBy?: readonly string[] | undefined;
}

const READ_AS = {
  ";": 'cells are separated by ";", and a comma in a number is read as its decimal point',
  "\t": "cells are separated by tabs",
  "|": 'cells are separated by "|"',
} as const;

/** With the typographical minus too, as in our own tables, and the dash that word processors put for one. */
const NUMBER = /^[+−–-]?(?:\d+\.?\d*|\.\d+)(?:e[+−–-]?\d+)?$/i;
const NO_NUMBER = /^[+-]?(?:nan|inf|infinity|na|n\/a|null|none|\d*,\d+|\d+(?:\.\d+)? *%)$/i;

/** What tables count, weigh or set, and hardly a score. */
const NO_SCORE =
  /^(?:index|id|idx|row|no|nr|step|epoch|iteration|rank|lr|lambda|alpha|beta|temperature|w|weights?)(?:[ _.-].*|\d+)?$/i;

/** @returns undefined where the text is no finite number */
export function numberOf(text: string): number | undefined {
  const value = NUMBER.test(text) ? Number(text.replaceAll(/[−–]/g, "-")) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** @throws InputError for columns that stand there twice, are asked for but absent, or look mistyped */
export function chooseColumns({ path, separator, header, rows }: CsvText, options: ColumnOptions): ScoreColumns {
  const where = `${path}:${header.line}`;
  const columns = header.cells.map((name, index): NamedColumn => ({ name, index }));
  const byName = new Map<string, NamedColumn>();
  for (const column of columns) {
    const key = column.name.toLowerCase();
    if (key === "") continue;
    if (byName.has(key)) throw new InputError(`${where}: the column "${column.name}" stands there twice`);
    byName.set(key, column);
  }
  const names = [...byName.values()].map(({ name }) => name);
  const asked = (name: string, flag: string): NamedColumn => {
    const found = byName.get(name.toLowerCase());
    if (found !== undefined) return found;
    throw new InputError(`${where}: ${flag} names "${name}", which is no column${hint(name, names)}`);
  };

  const roles: Partial<Record<Role, NamedColumn>> = {};
  for (const role of ROLES) {
    const column = byName.get(role);
    if (column !== undefined) roles[role] = column;
  }
  const groupBy = (options.groupBy ?? (roles.method === undefined ? [] : ["method"])).map((name) => {
    const column = asked(name, "--group-by");
    if (["split", "prompt", "sample", "value", "score"].includes(column.name.toLowerCase())) {
      throw new InputError(
        `--group-by ${column.name}: scores are averaged over it or chosen by it; group by another column`,
      );
    }
    return column;
  });
  if (new Set(groupBy).size < groupBy.length) throw new InputError("--group-by names a column twice");

  const value = byName.get("value");
  const score = byName.get("score");
  const long = value !== undefined && score !== undefined;
  const known = new Set<NamedColumn>([...Object.values(roles), ...groupBy]);
  if (long) known.add(value).add(score);
  const others = columns.filter((column) => !known.has(column));
  if (!long && options.values === undefined) {
    const half = score !== undefined ? "value" : value !== undefined && !isNumeric(value, rows) ? "score" : undefined;
    const near = half === undefined ? undefined : others.find(({ name }) => slip(name, half));
    if (half === "score" || near !== undefined) {
      const found = half === "score" ? "value" : "score";
      throw new InputError(
        `${where}: has a column "${found}" but no column "${half}"${near === undefined ? "" : `; did you mean "${near.name}"?`}`,
      );
    }
  }
  // A value may have a name like `speed`: whoever names the values has settled what the columns are.
  if (options.values === undefined) refuseSlips(where, others, roles);

  const guessed = !long && options.values === undefined;
  const numeric = guessed ? others.filter((column) => column.name !== "" && isNumeric(column, rows)) : [];
  const present = long
    ? new Set(rows.map((row) => row.cells[value.index] ?? ""))
    : numeric.filter((column) => !isWeight(column, numeric)).map(({ name }) => name);
  const weights = weightsOf(options.values ?? [...present], others);
  const declared = new Set(weights.values());
  const values = guessed
    ? numeric.filter((column) => !declared.has(column))
    : long
      ? []
      : (options.values ?? []).map((name) => asked(name, "--values"));
  const surplus = others.filter((column) => !values.includes(column) && !declared.has(column));
  const notices: string[] = separator === "," ? [] : [READ_AS[separator]];
  if (surplus.length > 0) notices.push(`ignored ${surplus.map(described).join(", ")}`);
  const naming = surplus.find(
    (column) => column.name !== "" && new Set(rows.map((row) => row.cells[column.index])).size > 1,
  );
  if (groupBy.length === 0 && naming !== undefined) {
    notices.push(
      `no column "method": all lines are one row of the table; --group-by ${naming.name} makes one for each`,
    );
  }
  if (long) return { scores: { form: "long", value, score }, roles, groupBy, weights, notices };
  const lettered = surplus.find(({ name }) => name !== "");
  if (options.values === undefined && value !== undefined && lettered !== undefined) {
    notices.push(
      `"${value.name}" holds numbers and is a value itself; in the long form "value" names the value, and its number stands in "score"`,
    );
  }

  const doubtful = guessed ? values.filter(({ name }) => NO_SCORE.test(name)) : [];
  if (doubtful.length > 0) {
    notices.push(
      `taken as values, since they hold numbers: ${doubtful.map(({ name }) => name).join(", ")}; if not, --values`,
    );
  }

  const role = values.find((column) => known.has(column));
  if (role !== undefined) throw new InputError(`--values ${role.name}: that column says whose scores these are`);
  if (new Set(values).size < values.length) throw new InputError("--values names a column twice");
  if (values.length === 0) {
    throw new InputError(
      `${where}: no column of scores: neither "value" and "score", nor one with numbers for each value (columns: ${names.join(", ")})`,
    );
  }
  return { scores: { form: "wide", values }, roles, groupBy, weights, notices };
}

/** `w_helpful` beside a value `helpful`. */
function isWeight({ name }: NamedColumn, columns: readonly NamedColumn[]): boolean {
  return columns.some((other) => name.toLowerCase() === weightName(other.name));
}

function weightName(value: string): string {
  return `w_${value.toLowerCase()}`;
}

/** A column of weights for each value, or none at all: half a preference is none. */
function weightsOf(values: readonly string[], columns: readonly NamedColumn[]): Map<string, NamedColumn> {
  const found = new Map<string, NamedColumn>();
  for (const value of values) {
    const column = columns.find(({ name }) => name.toLowerCase() === weightName(value));
    if (column === undefined) return new Map();
    found.set(value.toLowerCase(), column);
  }
  return found;
}

/** Holds a number, or what stands where one should be; text alone does not make a value. */
function isNumeric({ index }: NamedColumn, rows: CsvText["rows"]): boolean {
  return rows.some(({ cells }) => NUMBER.test(cells[index] ?? "") || NO_NUMBER.test(cells[index] ?? ""));
}

function refuseSlips(where: string, others: readonly NamedColumn[], roles: ScoreColumns["roles"]): void {
  for (const { name } of others) {
    const meant = ROLES.find((role) => role !== "suite" && roles[role] === undefined && slip(name, role));
    if (meant === undefined) continue;
    throw new InputError(
      `${where}: unknown column "${name}"; did you mean "${meant}"? (if not, name the values with --values)`,
    );
  }
}

/** A letter or two away, or the name with something behind it (`prompt_id`). */
function slip(name: string, meant: string): boolean {
  const word = name.toLowerCase();
  const distance = editDistance(word, meant);
  return (
    distance === 1 ||
    (distance === 2 && meant.length >= 6) ||
    (word.startsWith(meant) && /[^a-z]/.test(word.charAt(meant.length)))
  );
}

function described({ name, index }: NamedColumn): string {
  return name === "" ? `column ${index + 1}, which has no name` : `column "${name}"`;
}

/** `; did you mean "x"?`, or what there is. */
export function hint(word: string, names: readonly string[]): string {
  const near = nearestName(word, names);
  return near === undefined ? ` (there are: ${names.join(", ")})` : `; did you mean "${near}"?`;
}
