/** What a reader must not read into the results: one sentence for each limit that holds for this run. */
import { sanitise } from "../bench/files/sanitise.js";
import type { RunSummary } from "../bench/summary.js";
import { decimal, flops, integer, NBSP, percent } from "./numbers.js";
import { list, REFERENCES } from "./verdicts.js";

export function limits(summary: RunSummary): string[] {
  const { statistics, evaluation, run } = summary;
  const level = percent(statistics.confidence, 0);
  const seeds = run.seeds.length;
  const prompts = integer(evaluation.testPrompts);
  const gold = summary.values.filter(({ accuracy }) => accuracy === null).map(({ name }) => sanitise(name));
  const judged = summary.values.filter(({ accuracy }) => accuracy !== null);
  return [
    statistics.seedsAssessed
      ? `The intervals cover ${seeds} training seeds and the choice of ${prompts} test prompts. They do not cover the choice of base policy, data, scorers or settings: another of these may rank the methods otherwise.`
      : `Of training seeds there ${seeds === 1 ? "is one" : `are ${seeds}`}: the intervals cover the choice of ${prompts} test prompts and nothing else. Trained again, or on another base, data or settings, the methods may rank otherwise.`,
    ...(gold.length > 0
      ? [
          `${capital(list(gold))} ${gold.length === 1 ? "is" : "are"} scored by fixed rules, so that a score is exact; whether people would agree with the rules is not measured here.`,
        ]
      : []),
    ...(judged.length > 0
      ? [
          `${capital(list(judged.map(({ name }) => sanitise(name))))} ${judged.length === 1 ? "is" : "are"} scored by trained judges (held-out accuracy ${list(judged.map(({ accuracy }) => percent(accuracy?.value)))}): a method may please a judge without pleasing people.`,
        ]
      : []),
    `Hypervolume depends on the reference point and on the scale of each value. Both are fixed by the suite; ${summary.references.length > 1 ? `what it is at ${list(summary.references.map(({ name }) => REFERENCES[name]))} stands under "Reference points".` : "at another point the methods may rank otherwise."}`,
    `Candidates were chosen on ${integer(evaluation.validationPrompts)} validation prompts and scored on others; nobody trained on the test prompts.`,
    `An interval of ${level} misses the truth about once in ${Math.round(1 / (1 - statistics.confidence))} times. Holm's correction holds within each family of differences (rivals of the leader; questions; variants), not over all of them together. Intervals in figures are not corrected.`,
    "Overlapping regions of two candidates do not show that they are equal: all answer the same prompts, so that differences are paired and surer than either mean.",
    `Budgets are counted in floating-point operations, by formula (${flops(run.budget.flops)} a ${run.budget.per === "method" ? "method" : "policy"} and seed), not in seconds; ${summary.uncharged.length > 0 ? `not charged: ${list(summary.uncharged.map(({ kind }) => sanitise(kind)))}.` : "everything is charged."}`,
    ...(summary.matchedKl === null
      ? []
      : [
          `Methods end at different distances from the base; at a matched one (KL of at most ${decimal(summary.matchedKl.limit, 1)}${NBSP}nats) the figures stand in their own table.`,
        ]),
  ];
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
