/** The sentences of a verdict, in plain text: every output says the same. */
import { sanitise } from "../bench/files/sanitise.js";
import { decimal, integer, interval, percent, signed } from "../report/numbers.js";
import type { Change, ComparisonVerdict, Decided, GuardResult, MeasuredChange, Settled } from "./verdict.js";

/** One line: what came out. */
export function headline(verdict: ComparisonVerdict): string {
  if (verdict.kind === "not-comparable") {
    return `not comparable: ${verdict.reasons.map((reason) => sanitise(reason)).join("; ")}`;
  }
  const { hypervolumes, guards } = verdict;
  const count = `${hypervolumes.length} ranked ${hypervolumes.length === 1 ? "method" : "methods"}`;
  switch (verdict.verdict) {
    case "regressed":
      return `regressed: ${[
        ...hypervolumes.filter((change) => change.verdict === "regressed").map((change) => changed(change)),
        ...guards.filter(({ failed }) => failed).map(guardSentence),
      ].join("; ")}`;
    case "inconclusive": {
      const open = hypervolumes
        .filter((change) => change.verdict === "inconclusive")
        .map(({ method }) => sanitise(method));
      return `inconclusive: of ${count}, the data cannot tell whether ${open.join(", ")} lost more than ${tolerance(verdict)}`;
    }
    case "ok":
      return `ok: none of ${count} lost more than ${tolerance(verdict)} of hypervolume${improvements(hypervolumes)}${nothingToLose(hypervolumes)}`;
    default:
      return verdict.verdict satisfies never;
  }
}

function improvements(changes: readonly Change[]): string {
  const better = changes.filter(({ verdict }) => verdict === "improved").map(({ method }) => sanitise(method));
  return better.length === 0 ? "" : ` (improved: ${better.join(", ")})`;
}

/** A gate on nothing stays green: say so where it is read. */
function nothingToLose(changes: readonly Change[]): string {
  const empty = changes
    .filter((change) => (change.kind === "zero" ? change.zero === "both" : change.kind === "missing"))
    .filter(({ verdict }) => verdict === "ok")
    .map((x) => sanitise(x.method));
  return empty.length === 0
    ? ""
    : `; nothing to lose: ${empty.join(", ")} had no hypervolume in the baseline and has none now`;
}

function tolerance({ settings }: Decided): string {
  return percent(settings.tolerance, 1);
}

/** What happened to one measure of one method, with its bounds. */
export function changed(change: Change): string {
  const method = sanitise(change.method);
  switch (change.kind) {
    case "missing":
      switch (change.verdict) {
        case "regressed":
          return `${method} has no selected candidate at seed ${change.seeds.join(", ")} of the run`;
        case "improved":
          return `${method} had no selected candidate in the baseline and has one now`;
        case "ok":
          return `${method} has no selected candidate in the baseline or in the run`;
        default:
          return change satisfies never;
      }
    case "zero":
      switch (change.zero) {
        case "both":
          return `${method} has no hypervolume in the baseline or in the run: no candidate exceeds the reference in every value`;
        case "run":
          return `${method} lost all of its hypervolume (${decimal(change.a)} to 0)`;
        case "baseline":
          return `${method} had no hypervolume in the baseline and has ${decimal(change.b)} now`;
        default:
          return change.zero satisfies never;
      }
    case "measured": {
      const verb = change.change < 0 ? "fell" : "rose";
      return `hypervolume of ${method} ${verb} by ${percentOf(change.change).replace("−", "")} ${bounds(change)}`;
    }
    default:
      return change satisfies never;
  }
}

export function guardSentence({ guard, method, change, lower, upper }: GuardResult): string {
  return `guard: ${guard.of} ${sanitise(guard.value)} of ${sanitise(method)} changed by ${signed(change)} ${interval({ low: lower, high: upper })}, limit −${decimal(guard.limit)}`;
}

/** exp(log ratio) − 1 in percent; where there was next to nothing before, more than anybody reads. */
function percentOf(logRatio: number): string {
  const share = Math.expm1(logRatio);
  return share > MOST_SHOWN ? `> ${integer(100 * MOST_SHOWN)}\u00a0%` : percent(share, 1);
}
const MOST_SHOWN = 100;

export function changeText(change: MeasuredChange): string {
  if (change.unit === "difference") return signed(change.change);
  const text = percentOf(change.change);
  return change.change > 0 && !text.startsWith(">") ? `+${text}` : text;
}

export function bounds(change: MeasuredChange): string {
  if (change.unit === "difference") return interval({ low: change.lower, high: change.upper });
  const end = (x: number) => percentOf(x).replace(/\s?%$/u, "");
  return `[${end(change.lower)}, ${end(change.upper)}]\u00a0%`;
}

/** What would decide it, or that nothing in reach does. */
export function settledText(settled: Settled | null, prompts: number): string {
  if (settled === null) return "";
  const ways = [
    ...(settled.prompts === null ? [] : [`about ${integer(settled.prompts)} test prompts (now ${integer(prompts)})`]),
    ...(settled.seeds === null ? [] : [`about ${settled.seeds} seeds`]),
  ];
  return ways.length === 0
    ? "no number of prompts or seeds in reach would settle it"
    : `would take ${ways.join(", or ")}`;
}

/** What the bounds cover, and what a verdict takes beyond them. */
export function scopeText({ seeds, prompts, scope, settings, hypervolumes, guards }: Decided): string {
  const level = percent(1 - settings.alpha, settings.alpha * 100 === Math.round(settings.alpha * 100) ? 0 : 1);
  const bounded = `Bounds are one-sided ${level} each`;
  const deciding = hypervolumes.length + guards.length;
  const adjusted =
    deciding > 1 ? ` Regressed takes more than a bound: it is adjusted over the ${deciding} that decide (Holm).` : "";
  return scope === "methods"
    ? `${bounded}, over ${seeds.length} seeds (Student's t) and ${integer(prompts)} test prompts; statements are about the methods.${adjusted}`
    : `${bounded}, over ${integer(prompts)} test prompts with the training of seed ${seeds.join(", ")} held fixed; statements hold for these trained models: what training anew would change is not covered (that takes 3 seeds).${adjusted}`;
}
