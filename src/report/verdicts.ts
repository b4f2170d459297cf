/** The sentences of the first screen: who wins, is it real, what it cost. Each says no more than its interval allows. */

import { sanitise } from "../bench/files/sanitise.js";
import type { Difference, RunSummary } from "../bench/summary.js";
import { decimal, duration, flops, integer, interval, NBSP, percent, probability } from "./numbers.js";

/** Statements about methods, rather than about these trained models, need this many seeds (PROTOCOL §6). */
export const SEEDS_NEEDED = 3;

/** In quotation marks where it holds a comma: in a sentence nobody would see where it ends. */
export function titleOf(summary: RunSummary, id: string): string {
  const title = sanitise(summary.methods.find((method) => method.id === id)?.title ?? id);
  return title.includes(",") ? `“${title}”` : title;
}

function possessive(name: string): string {
  return name.endsWith("s") ? `${name}'` : `${name}'s`;
}

/** "Soup's", or "that of Soup (greedy)": no apostrophe after a bracket. */
function thatOf(name: string): string {
  return /[\p{L}\p{N}]$/u.test(name) ? possessive(name) : `that of ${name}`;
}

/** "Soup's hypervolume", or "The hypervolume of Soup (greedy)". */
function hypervolumeOf(name: string): string {
  return /[\p{L}\p{N}]$/u.test(name) ? `${possessive(name)} hypervolume` : `The hypervolume of ${name}`;
}

export function whoWins(summary: RunSummary): string[] {
  const leader = summary.methods.find(({ id }) => id === summary.leader);
  if (leader === undefined) return [noLeader(summary)];
  const name = titleOf(summary, leader.id);
  const amount =
    leader.hypervolume === null ? "" : `: ${decimal(leader.hypervolume.value)} ${interval(leader.hypervolume)}`;
  const rivals = summary.differences.length;
  const shown = summary.differences.filter((difference) => difference.shown).length;
  const verdict =
    rivals === 0
      ? `${name} is the only method that can be ranked`
      : shown === rivals
        ? `${name} wins${onSeeds(summary)}, with the largest hypervolume`
        : shown === 0
          ? `No winner is shown. ${name} has the largest hypervolume`
          : `${name} has the largest hypervolume, shown against ${shown} of ${rivals} rivals`;
  return [`${verdict}${amount}.`, ...summary.differences.map((difference) => differenceSentence(summary, difference))];
}

/** Where seeds are not assessed, who wins does so on these and nothing is said of others. */
function onSeeds({ run, statistics }: RunSummary): string {
  if (statistics.seedsAssessed) return "";
  return ` on ${run.seeds.length === 1 ? "seed" : "seeds"} ${list(run.seeds.map(String))}`;
}

function noLeader(summary: RunSummary): string {
  const ranked = summary.methods.filter((method) => method.ranked);
  if (ranked.length === 0) return "No method of this suite is ranked.";
  if (!summary.values.some(({ ruler }) => ruler)) return "No winner: no value has a ruler that works.";
  if (ranked.every(({ undertrained }) => undertrained.length > 0)) {
    return "No winner: every ranked method is undertrained at this budget.";
  }
  return "No winner: no ranked method has a hypervolume.";
}

/** "MVA's hypervolume exceeds Soup's by 4.1 % [1.2, 7.0]." or why nothing is shown. */
export function differenceSentence(summary: RunSummary, difference: Difference): string {
  const [a, b] = [titleOf(summary, difference.a), titleOf(summary, difference.b)];
  const { relative } = difference;
  const by =
    relative === null
      ? `${decimal(Math.abs(difference.difference.value))} ${interval(magnitude(difference.difference))}`
      : `${decimal(Math.abs(relative.value) * 100, 1)}${NBSP}% ${interval(magnitude(scaled(relative, 100)), 1)}`;
  if (difference.shown) {
    const verb = difference.difference.value > 0 ? "exceeds" : "falls short of";
    return `${hypervolumeOf(a)} ${verb} ${thatOf(b)} by ${by}.`;
  }
  const bounds = relative === null ? interval(difference.difference) : `${interval(scaled(relative, 100), 1)}${NBSP}%`;
  const { low, high } = difference.difference;
  if (low <= 0 && high >= 0) {
    return `The interval of ${a} against ${b}, ${bounds}, holds zero: no difference shown.`;
  }
  return `${a} against ${b}, ${bounds}, does not survive Holm's correction (p = ${probability(difference.pHolm)}): no difference shown.`;
}

function scaled({ value, low, high }: Difference["difference"], factor: number): Difference["difference"] {
  return { value: value * factor, low: low * factor, high: high * factor };
}

/** The bounds of |x|, for a difference whose direction a verb already says. */
function magnitude({ value, low, high }: Difference["difference"]): { low: number; high: number } {
  return value >= 0 ? { low, high } : { low: -high, high: -low };
}

export function isItReal(summary: RunSummary): string[] {
  const seeds = summary.run.seeds.length;
  const sentences: string[] = [];
  const level = percent(summary.statistics.confidence, 0);
  if (!summary.statistics.seedsAssessed) {
    sentences.push(
      `Seeds: not assessed (${seeds} of the ${SEEDS_NEEDED} that a statement about methods needs). The ${level} intervals are over ${integer(summary.evaluation.testPrompts)} test prompts and hold for these trained models.`,
    );
  } else {
    sentences.push(
      `The ${level} intervals are over ${seeds} seeds and ${integer(summary.evaluation.testPrompts)} test prompts, for this base.`,
    );
  }
  for (const [values, names] of undertrained(summary)) {
    const are = names.length === 1 ? "is" : "are";
    sentences.push(
      `${list(names)} ${are} undertrained at this budget (not shown to beat the base on ${values}) and left out of who wins.`,
    );
  }
  for (const value of summary.values.filter(({ ruler }) => !ruler)) {
    const accuracy =
      value.accuracy === null
        ? ""
        : ` (held-out accuracy ${percent(value.accuracy.value)} [${decimal(value.accuracy.low * 100, 1)}, ${decimal(value.accuracy.high * 100, 1)}])`;
    sentences.push(`${sanitise(value.name)} has no ruler${accuracy}: no headline rests on it.`);
  }
  sentences.push(...atOtherReferences(summary));
  for (const { method, seed, message } of summary.failures) {
    sentences.push(`${titleOf(summary, method)} failed on seed ${seed}: ${sanitise(message)}`);
  }
  return sentences;
}

/** Whether the winner hangs on where the reference point lies. Where nobody has a hypervolume, nothing can be ranked. */
function atOtherReferences(summary: RunSummary): string[] {
  const { references, leader } = summary;
  if (references.length < 2 || leader === null) return [];
  const contenders = summary.methods.filter(({ ranked, undertrained: none }) => ranked && none.length === 0);
  const tellers = references.filter(({ hypervolume }) => contenders.some(({ id }) => (hypervolume[id] ?? 0) > 0));
  const silent = references.filter((reference) => !tellers.includes(reference));
  const first = tellers.map(({ name, hypervolume }) => ({
    name,
    id: contenders.reduce((best, { id }) => ((hypervolume[id] ?? 0) > (hypervolume[best] ?? 0) ? id : best), leader),
  }));
  const others = first.filter(({ id }) => id !== leader);
  const nobody =
    silent.length === 0
      ? ""
      : ` At ${list(silent.map(({ name }) => REFERENCES[name]))} nobody has a hypervolume: nothing to rank there.`;
  if (tellers.length < 2) return nobody === "" ? [] : [nobody.trim()];
  if (others.length > 0) {
    const ids = [...new Set(others.map(({ id }) => id))];
    const instead = ids.map((id) => {
      const where = others
        .filter((other) => other.id === id)
        .map(({ name }) => {
          const at = references.find((reference) => reference.name === name)?.hypervolume ?? {};
          return `${REFERENCES[name]} (${small(at[id])} against ${small(at[leader])})`;
        });
      return `${titleOf(summary, id)} leads at ${list(where)}`;
    });
    return [`Who leads depends on the reference point: ${list(instead)}.${nobody}`];
  }
  const all = silent.length === 0 ? `all ${tellers.length}` : `the ${tellers.length}`;
  return [
    `${titleOf(summary, leader)} leads at ${all} reference points${silent.length === 0 ? "" : " that tell"}.${nobody}`,
  ];
}

/** Four decimals; fewer than two figures in them are no figure to compare. */
function small(value: number | null | undefined): string {
  if (value === null || value === undefined || value === 0 || Math.abs(value) >= 0.001) return decimal(value, 4);
  return value.toExponential(1).replace("-", "−");
}

export const REFERENCES = {
  suite: "the suite's reference",
  nadir: "a point below the worst candidate",
  base: "the base's own point",
} as const;

/** Titles of undertrained methods, together where they fail on the same values. */
function undertrained(summary: RunSummary): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const method of summary.methods) {
    if (!method.ranked || method.undertrained.length === 0) continue;
    const values = list(method.undertrained.map((value) => sanitise(value)));
    groups.set(values, [...(groups.get(values) ?? []), titleOf(summary, method.id)]);
  }
  return groups;
}

export function whatItCost(summary: RunSummary): string[] {
  const { budget, seconds, engine, threads, basePrecision } = summary.run;
  const paying = summary.methods.filter(({ planned }) => planned > 0);
  const shares = paying.map(({ planned, spent }) => spent / planned);
  const range =
    shares.length === 0
      ? ""
      : ` ${spentText(percent(Math.min(...shares), 0), percent(Math.max(...shares), 0))} of what was planned.`;
  const unit = budget.per === "method" ? "Each method" : "Each trained policy";
  const total = paying.reduce((sum, { spent }) => sum + spent, 0);
  return [
    `${unit} had ${flops(budget.flops)} a seed.${range}`,
    `In all ${flops(total)} of charged training (shared work counted for each method that uses it), ${duration(seconds)} on ${sanitise(engine)} with ${threads} ${threads === 1 ? "thread" : "threads"}.`,
    ...(basePrecision === undefined
      ? []
      : ["The base's weights were rounded to 16-bit floats: not comparable with runs of a 32-bit base."]),
  ];
}

function spentText(least: string, most: string): string {
  return least === most ? `Each spent ${least}` : `They spent ${least} to ${most}`;
}

export function list(words: readonly string[]): string {
  if (words.length <= 1) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
