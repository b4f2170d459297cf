/** A score report as text for people, and as CSV for programs. */
import { formatNumber, formatRecord } from "../bench/files/csv.js";
import { sanitise } from "../bench/files/sanitise.js";
import type { ScoreReport, ScoreRow } from "../bench/score.js";
import { DASH, NBSP, percent, probability } from "./numbers.js";
import { column, renderTable } from "./table.js";
import { wrap } from "./text-width.js";

export function renderScore(report: ScoreReport, width: number): string {
  const { rows, values, intervals, equalCandidates: equal } = report;
  const name = (row: ScoreRow): string => sanitise(row.name);
  const title = report.groupBy.length === 0 ? "points" : sanitise(report.groupBy.join(", "));
  const volumes = {
    columns: [
      column(title),
      column(intervals.kind === "none" ? "hypervolume" : `hypervolume, ${percent(intervals.level, 0)}`, "right"),
      ...(equal === null ? [] : [column(`at ${equal} each`, "right")]),
      column("of the box", "right"),
      column("taken", "right"),
      column("front", "right"),
      column("ignored", "right"),
    ],
    rows: rows.map((row) => [
      name(row),
      row.interval === null
        ? figure(row.hypervolume)
        : `${figure(row.hypervolume)} [${figure(row.interval.low)}, ${figure(row.interval.high)}]`,
      ...(equal === null ? [] : [figure(row.hypervolumeAtEqualCandidates)]),
      percent(row.normalisedHypervolume),
      row.candidates === row.offered ? figure(row.candidates) : `${figure(row.candidates)}/${figure(row.offered)}`,
      figure(row.frontSize),
      figure(row.ignored),
    ]),
  };
  const distances = {
    columns: [title, ...DISTANCES.map(([head]) => head)].map((head, at) => column(head, at === 0 ? "left" : "right")),
    rows: rows.map((row) => [name(row), ...DISTANCES.map(([, of]) => of(row))]),
  };
  const means = {
    columns: [
      column(title),
      ...values.flatMap((value) => [column(sanitise(value.name), "right"), column("mean", "right")]),
    ],
    rows: rows.map((row) => [
      name(row),
      ...values.flatMap((_, k) => [figure(row.best[k] ?? null), figure(row.mean[k] ?? null)]),
    ]),
  };
  const steered = rows.filter(({ controllability }) => controllability !== null);
  const control = {
    columns: [
      column(title),
      column("inner product", "right"),
      ...values.flatMap((value) => [column(`${sanitise(value.name)} tau-b`, "right"), column("steps", "right")]),
    ],
    rows: steered.map((row) => [
      name(row),
      figure(row.controllability?.meanInnerProduct ?? null),
      ...values.flatMap((_, k) => [
        figure(row.controllability?.kendallTauB[k] ?? null),
        percent(row.controllability?.monotoneStepShare[k] ?? null, 0),
      ]),
    ]),
  };
  const perSeed = (report.seeds?.length ?? 0) > 1 ? report.seeds : null;
  const seedTable = {
    columns: [column(title), ...(perSeed ?? []).map((seed) => column(`seed ${sanitise(seed)}`, "right"))],
    rows: rows.map((row) => [name(row), ...row.hypervolumePerSeed.map(figure)]),
  };
  const differences = {
    columns: [
      column("difference"),
      column("hypervolume", "right"),
      column("interval", "right"),
      column("p (Holm)", "right"),
      column("shown", "right"),
    ],
    rows: report.differences.map((difference) => [
      `${sanitise(difference.a)} − ${sanitise(difference.b)}`,
      figure(difference.value),
      `[${figure(difference.low)}, ${figure(difference.high)}]`,
      probability(difference.pHolm),
      difference.shown ? "yes" : "no",
    ]),
  };
  const prose = (text: string): string[] => wrap(text, width);
  const lines = [
    ...prose(`${sanitise(report.file)}: ${what(report)}`),
    ...prose(
      `Reference, ${report.referenceFrom}: ${values.map((v) => `${sanitise(v.name)} ${figure(v.reference)}`).join(", ")}.`,
    ),
    ...prose(scaleSentence(report)),
    "",
    ...renderTable(volumes, width),
    ...prose(intervalSentence(report)),
    ...(equal === null
      ? []
      : prose(
          `Rows have different numbers of candidates, and more of them make a larger hypervolume: "at ${equal} each" is the mean over subsets of ${equal}, which compares them fairly.`,
        )),
    "",
    ...renderTable(distances, width),
    ...prose(
      "Distances, epsilon, coverage and the most lost are to the non-dominated union of all rows. Smaller is better, but for utility, extent and covers; spacing, sparsity and extent say how a front is spread, not how good it is. Utility is the best weighted sum, on average over even weights; the most lost, what the worst of these weights loses.",
    ),
    "",
    ...renderTable(means, width),
    ...prose(
      "The best candidate's mean, and that over all candidates taken, in the file's own units, all seeds together.",
    ),
    ...(steered.length === 0
      ? []
      : [
          "",
          ...renderTable(control, width),
          ...prose(
            "What a declared preference gets, over all candidates offered: its mean inner product with its candidate's scores; by value, Kendall's tau-b between weight and score, and on how many steps to a larger weight the score rises.",
          ),
        ]),
    ...(perSeed === null ? [] : ["", "Hypervolume by seed", ...renderTable(seedTable, width)]),
    ...(report.differences.length === 0
      ? []
      : [
          "",
          ...renderTable(differences, width),
          ...prose("The largest hypervolume against every other, paired; p adjusted by Holm."),
        ]),
  ];
  return `${lines.join("\n")}\n`.replaceAll(NBSP, " ");
}

const DISTANCES: readonly (readonly [string, (row: ScoreRow) => string])[] = [
  ["IGD", (row) => figure(row.igd)],
  ["IGD+", (row) => figure(row.igdPlus)],
  ["GD", (row) => figure(row.gd)],
  ["GD+", (row) => figure(row.gdPlus)],
  ["Hausdorff", (row) => figure(row.averagedHausdorff)],
  ["epsilon", (row) => figure(row.epsilonAdditive)],
  ["epsilon ×", (row) => figure(row.epsilonMultiplicative)],
  ["R2", (row) => figure(row.r2)],
  ["utility", (row) => figure(row.expectedUtility)],
  ["most lost", (row) => figure(row.maximumUtilityLoss)],
  ["spacing", (row) => figure(row.spacing)],
  ["sparsity", (row) => figure(row.sparsity)],
  ["extent", (row) => figure(row.extent)],
  ["covers", (row) => percent(row.covers)],
  ["covered", (row) => percent(row.covered)],
];

function what(report: ScoreReport): string {
  const { rows, values, prompts, seeds, split, select, run } = report;
  const parts = [
    values.map((value) => `${sanitise(value.name)}${value.sense === "min" ? " (smaller is better)" : ""}`).join(", "),
    `${count(rows.length, "row")} of ${report.groupBy.length === 0 ? "all points" : sanitise(report.groupBy.join(", "))}`,
    ...(seeds !== null && seeds[0] !== undefined && seeds[0] !== "" ? [count(seeds.length, "seed")] : []),
    ...(prompts === null ? [] : [count(prompts, "prompt")]),
    ...(split === null ? [] : [`split ${sanitise(split)}`]),
    select === "all"
      ? "all candidates"
      : select === "run"
        ? "the candidates that the run selected on validation"
        : "the candidates selected on validation",
  ];
  return `${parts.join("; ")}.${run === null ? "" : ` Scored as the run ${sanitise(run)}.`}`;
}

function count(n: number, noun: string): string {
  return `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`;
}

function scaleSentence({ values }: ScoreReport): string {
  if (values.every(({ center, scale }) => center === 0 && scale === 1)) {
    return "Values are taken as they are: no scaling.";
  }
  const scales = values.map(({ name, center, scale }) => `(${sanitise(name)} − ${figure(center)}) / ${figure(scale)}`);
  return `Scaled: ${scales.join(", ")}.`;
}

function intervalSentence({ intervals, prompts, seeds }: ScoreReport): string {
  const box = "The box lies between the reference and the best of each value in the file.";
  const few = prompts !== null && seeds !== null && seeds.length < 3 ? "; seeds: not assessed" : "";
  switch (intervals.kind) {
    case "none":
      return `No intervals: ${intervals.reason}. ${box}`;
    case "prompts":
      return `Intervals over prompts, for these trained models${few}. ${box}`;
    case "seeds":
      return `Intervals over seeds. ${box}`;
    case "seeds and prompts":
      return `Intervals over seeds and prompts. ${box}`;
    default:
      return intervals satisfies never;
  }
}

/** Four significant digits, whatever the units. */
function figure(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return DASH;
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e6) return String(value).replace("-", "−");
  const text =
    size >= 1e6 || size < 1e-4
      ? value.toExponential(3)
      : value.toFixed(Math.min(7, Math.max(0, 3 - Math.floor(Math.log10(size)))));
  return text.replaceAll("-", "−");
}

/** One line a row of the table, full precision, empty where there is no number. */
export function scoreCsv(report: ScoreReport): string {
  const { values } = report;
  const perValue = (prefix: string): string[] => values.map(({ name }) => `${prefix}_${name}`);
  const header = [
    ...report.groupBy,
    "seeds",
    "offered",
    "candidates",
    "front_size",
    "ignored",
    "hypervolume",
    "hypervolume_low",
    "hypervolume_high",
    "hypervolume_at_equal_candidates",
    "normalised_hypervolume",
    ...MEASURES.map(([name]) => name),
    "mean_inner_product",
    ...perValue("tau_b"),
    ...perValue("monotone_steps"),
    ...perValue("best"),
    ...perValue("mean"),
    "reference_from",
    ...perValue("reference"),
  ];
  const cell = (x: number | null | undefined): string =>
    x === null || x === undefined || !Number.isFinite(x) ? "" : formatNumber(x);
  const lines = report.rows.map((row) => [
    ...report.groupBy.map((name) => row.group[name] ?? ""),
    String(row.seeds.length),
    cell(row.offered),
    cell(row.candidates),
    cell(row.frontSize),
    cell(row.ignored),
    cell(row.hypervolume),
    cell(row.interval?.low),
    cell(row.interval?.high),
    cell(row.hypervolumeAtEqualCandidates),
    cell(row.normalisedHypervolume),
    ...MEASURES.map(([, of]) => cell(of(row))),
    cell(row.controllability?.meanInnerProduct),
    ...values.map((_, k) => cell(row.controllability?.kendallTauB[k])),
    ...values.map((_, k) => cell(row.controllability?.monotoneStepShare[k])),
    ...row.best.map(cell),
    ...row.mean.map(cell),
    report.referenceFrom,
    ...values.map(({ reference }) => cell(reference)),
  ]);
  return [header, ...lines].map((cells) => formatRecord(cells.map((text) => sanitise(text)))).join("");
}

const MEASURES: readonly (readonly [string, (row: ScoreRow) => number | null])[] = [
  ["igd", (row) => row.igd],
  ["igd_plus", (row) => row.igdPlus],
  ["gd", (row) => row.gd],
  ["gd_plus", (row) => row.gdPlus],
  ["averaged_hausdorff", (row) => row.averagedHausdorff],
  ["epsilon_additive", (row) => row.epsilonAdditive],
  ["epsilon_multiplicative", (row) => row.epsilonMultiplicative],
  ["r2", (row) => row.r2],
  ["expected_utility", (row) => row.expectedUtility],
  ["maximum_utility_loss", (row) => row.maximumUtilityLoss],
  ["spacing", (row) => row.spacing],
  ["sparsity", (row) => row.sparsity],
  ["extent", (row) => row.extent],
  ["covers", (row) => row.covers],
  ["covered", (row) => row.covered],
];
