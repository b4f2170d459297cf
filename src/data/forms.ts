/**
 * The forms a row of preference data comes in (PROTOCOL §1), told apart by its columns:
 * - `prompt, chosen, rejected` (and maybe `value`, `split`);
 * - `chosen, rejected`: whole dialogues, as HH has them;
 * - `prompt, response_0, response_1` with one label a value, `<name>_response_id` in {0, 1}: one pair a label, as
 *   BeaverTails and PKU-SafeRLHF have them.
 */
import { InputError } from "./errors.js";
import type { DropReason, Pair } from "./pair.js";
import type { Row } from "./rows.js";
import { isSplit, type Split, splits } from "./split.js";
import { splitTranscripts } from "./transcript.js";

/** What one row gives for one value: a pair, or why there is none. */
export type Reading =
  | { readonly value: string; readonly pair: Pair }
  | { readonly value: string; readonly drop: DropReason };

/** The labels of the published two-label data sets under the names of the values they stand for. */
const labelValues: Readonly<Record<string, string>> = { better: "helpful", safer: "harmless" };
const labelColumn = /^(.+)_response_id$/;

/**
 * @param fileValue the value of rows without a `value` column
 * @throws InputError, naming the line, when the columns fit no form or hold something else than text
 */
export function readForm(row: Row, fileValue: string): readonly Reading[] {
  const { fields, where } = row;
  const split = splitField(row);
  const value = "value" in fields ? text(row, "value").trim() : fileValue;
  if (value === "") throw new InputError(`${where}: the column "value" is empty; name the value, e.g. helpful`);
  if ("chosen" in fields && "rejected" in fields) {
    if (!("prompt" in fields)) {
      const exchange = splitTranscripts(text(row, "chosen"), text(row, "rejected"));
      return [typeof exchange === "string" ? { value, drop: exchange } : reading({ value, ...exchange, ...split })];
    }
    const [prompt, chosen, rejected] = [text(row, "prompt"), text(row, "chosen").trim(), text(row, "rejected").trim()];
    return [reading({ value, prompt, chosen, rejected, ...split })];
  }
  if ("prompt" in fields && "response_0" in fields && "response_1" in fields) {
    const labels = Object.keys(fields).flatMap((column) => labelColumn.exec(column)?.[1] ?? []);
    if (labels.length > 0) return labels.map((label) => labelled(row, label, split));
  }
  throw new InputError(
    `${where}: these columns make no preference pair: ${Object.keys(fields).join(",")}; ` +
      "needed: value,prompt,chosen,rejected, or two dialogues chosen,rejected, " +
      "or prompt,response_0,response_1 with better_response_id and safer_response_id",
  );
}

function labelled(row: Row, label: string, split: { split?: Split }): Reading {
  const column = `${label}_response_id`;
  const winner = String(row.fields[column]);
  if (winner !== "0" && winner !== "1") {
    throw new InputError(`${row.where}: "${column}" must be 0 or 1, not ${JSON.stringify(row.fields[column])}`);
  }
  const sides = [text(row, "response_0").trim(), text(row, "response_1").trim()] as const;
  const [chosen, rejected] = winner === "0" ? sides : ([sides[1], sides[0]] as const);
  return reading({ value: labelValues[label] ?? label, prompt: text(row, "prompt"), chosen, rejected, ...split });
}

function reading(pair: Pair): Reading {
  if (pair.chosen === "" || pair.rejected === "" || pair.prompt.trim() === "") {
    return { value: pair.value, drop: "empty side" };
  }
  if (pair.chosen === pair.rejected) return { value: pair.value, drop: "identical sides" };
  return { value: pair.value, pair };
}

function text(row: Row, column: string): string {
  const field = row.fields[column];
  if (typeof field !== "string") {
    throw new InputError(`${row.where}: "${column}" must be text, not ${field === null ? "null" : typeof field}`);
  }
  return field;
}

function splitField(row: Row): { split?: Split } {
  if (!("split" in row.fields)) return {};
  const name = text(row, "split").trim();
  if (name === "") return {};
  if (!isSplit(name)) throw new InputError(`${row.where}: split "${name}" is none of ${splits.join(", ")}`);
  return { split: name };
}
