/**
 * `<row>.scores.csv.gz`: scores by prompt of every candidate of a row, one column a value, replies to one prompt averaged. The
 * form that `score` reads, and that rows from elsewhere come in. Test stands before validation, and a candidate's prompts
 * stand together: so it packs to a third. Candidates of one name follow one another, as methods share policies.
 */
import { gunzipSync, gzipSync } from "node:zlib";
import { formatNumber, formatRecord } from "../bench/files/csv.js";
import { SCORED_SPLITS, type ScoredSplit } from "../bench/files/scores.js";
import type { RunTables, TableCandidate } from "../bench/tables.js";
import { InputError } from "../data/errors.js";

const SPLITS: readonly ScoredSplit[] = SCORED_SPLITS.toReversed();
const KEYS = ["seed", "method", "candidate", "split", "prompt"];

/** The bytes of the file; the same for the same tables. */
export function packScores({ values, prompts, candidates }: RunTables): Uint8Array {
  const chunks = [formatRecord([...KEYS, ...values])];
  const names = [...new Set(candidates.map(({ candidate }) => candidate))];
  const places = new Map(names.map((name, at) => [name, at]));
  const place = ({ candidate }: TableCandidate) => places.get(candidate) ?? 0;
  const ordered = candidates.toSorted((a, b) => a.seed - b.seed || place(a) - place(b));
  for (const split of SPLITS) {
    const keys = prompts[split].map(({ key }) => key);
    for (const { seed, method, candidate, scores } of ordered) {
      const own = scores[split];
      if (own === undefined) continue;
      const head = formatRecord([String(seed), method, candidate, split]).trimEnd();
      const lines = keys.map(
        (key, p) => `${head},${key},${values.map((_, v) => formatNumber(own[v * keys.length + p] ?? NaN)).join(",")}\n`,
      );
      chunks.push(lines.join(""));
    }
  }
  return gzipSync(chunks.join(""), { level: 9 });
}

/** What the file is to hold, beside the numbers. */
export interface ScoreLayout extends Omit<RunTables, "candidates" | "preferences"> {
  readonly candidates: readonly Omit<TableCandidate, "scores">[];
}

/**
 * Fills in the scores. Reads the very form that `packScores` writes: the file is ours, and there may be a thousand.
 * @throws InputError naming what is missing, surplus or no number
 */
export function unpackScores(bytes: Uint8Array, source: string, layout: ScoreLayout): RunTables {
  const { values, prompts } = layout;
  const text = textOf(bytes, source);
  const candidates = layout.candidates.map((row) => ({
    row,
    scores: {} as Partial<Record<ScoredSplit, Float64Array>>,
  }));
  const heads = new Map<string, Map<string, { at: number; split: ScoredSplit }>>();
  candidates.forEach(({ row: { seed, method, candidate } }, at) => {
    for (const split of SPLITS) {
      const head = formatRecord([String(seed), method, candidate, split]).trimEnd();
      heads.set(head, (heads.get(head) ?? new Map()).set(split, { at, split }));
    }
  });
  const header = formatRecord([...KEYS, ...values]);
  if (!text.startsWith(header)) throw new InputError(`${source}: its first line is not ${header.trimEnd()}`);
  let at = header.length;
  let line = 2;
  const fail = (what: string): never => {
    throw new InputError(`${source}: line ${line}: ${what}`);
  };
  while (at < text.length) {
    const keys = prompts[SPLITS[0] ?? "test"];
    const end = text.indexOf("\n", at);
    const first = text.slice(at, end < 0 ? text.length : end);
    // The prompt and the numbers hold no comma, so that they are counted from the right.
    let cut = first.length;
    for (let k = 0; k <= values.length; k++) cut = first.lastIndexOf(",", cut - 1);
    const head = first.slice(0, Math.max(0, cut));
    const found = [...(heads.get(head)?.values() ?? [])][0];
    const own = found === undefined ? undefined : candidates[found.at];
    if (found === undefined || own === undefined) return fail(`"${head}" is no candidate of this row`);
    if (own.scores[found.split] !== undefined) return fail(`"${head}" stands there twice`);
    const wanted = found.split === SPLITS[0] ? keys : prompts[found.split];
    const scores = new Float64Array(values.length * wanted.length);
    for (const [p, { key }] of wanted.entries()) {
      if (!text.startsWith(`${head},${key},`, at)) return fail(`prompt ${key} of "${head}" should stand here`);
      at += head.length + key.length + 2;
      for (let v = 0; v < values.length; v++) {
        const stop = text.indexOf(v + 1 < values.length ? "," : "\n", at);
        const number = stop <= at ? Number.NaN : Number(text.slice(at, stop));
        if (!Number.isFinite(number)) return fail(`no ${values[v]} score`);
        scores[v * wanted.length + p] = number;
        at = stop + 1;
      }
      line++;
    }
    own.scores[found.split] = scores;
  }
  // Rows rest on replies: how candidates judge pairs is no part of them.
  return { ...layout, candidates: candidates.map(({ row, scores }) => ({ ...row, scores })), preferences: [] };
}

function textOf(bytes: Uint8Array, source: string): string {
  try {
    return gunzipSync(bytes).toString("utf8");
  } catch (cause) {
    throw new InputError(`${source}: the scores are cut off or damaged`, { cause });
  }
}
