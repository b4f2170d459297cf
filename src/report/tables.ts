/** The tables of a report. One row a method, as the summary lists them; no method is known by name here. */

import { sanitise } from "../bench/files/sanitise.js";
import type { MethodSummary, RunSummary } from "../bench/summary.js";
import type { SampleSet } from "./model.js";
import { DASH, decimal, duration, flops, integer, interval, NBSP, percent, probability, signed } from "./numbers.js";
import { column, type Table } from "./table.js";

const UNDERTRAINED = "†";
const UNRANKED = "*";

function label(method: MethodSummary): string {
  const mark = method.undertrained.length > 0 && method.ranked ? UNDERTRAINED : method.ranked ? "" : UNRANKED;
  return `${sanitise(method.id)}${mark}`;
}

function marks(methods: readonly MethodSummary[]): string[] {
  const labels = methods.map(label);
  return [
    ...(labels.some((text) => text.endsWith(UNDERTRAINED)) ? [`${UNDERTRAINED} undertrained at this budget`] : []),
    ...(labels.some((text) => text.endsWith(UNRANKED)) ? [`${UNRANKED} for orientation, not ranked`] : []),
  ];
}

export interface NotedTable {
  readonly table: Table;
  readonly notes: readonly string[];
}

export function hypervolumeTable(summary: RunSummary): NotedTable {
  const confidence = percent(summary.statistics.confidence, 0);
  const below = summary.methods.filter(({ belowReference }) => belowReference > 0);
  return {
    table: {
      columns: [
        column("method"),
        column(`hypervolume, ${confidence}`, "right"),
        column("selected", "right"),
        column("KL mean", "right"),
        column("max", "right"),
        column("broken", "right"),
      ],
      rows: summary.methods.map((method) => [
        label(method),
        method.hypervolume === null ? DASH : `${decimal(method.hypervolume.value)} ${interval(method.hypervolume)}`,
        `${method.selected}/${method.offered}`,
        decimal(method.kl?.mean, 1),
        decimal(method.kl?.max, 1),
        method.selected === 0 ? DASH : percent(method.broken),
      ]),
    },
    notes: [
      ...marks(summary.methods),
      "hypervolume above the suite's reference, of the candidates selected on validation; KL in nats a reply",
      ...(below.length === 0
        ? []
        : [
            `selected, but below the reference: ${below.map((m) => `${sanitise(m.id)} ${m.belowReference}`).join(", ")}`,
          ]),
    ],
  };
}

export function valuesTable(summary: RunSummary): NotedTable {
  return {
    table: {
      columns: [
        column("method"),
        ...summary.values.flatMap(({ name, ruler }) => [
          column(`${sanitise(name)}${ruler ? "" : " (no ruler)"}`, "right"),
          column("mean", "right"),
        ]),
      ],
      rows: summary.methods.map((method) => [
        label(method),
        ...summary.values.flatMap((_, k) => [decimal(method.best[k]), decimal(method.mean[k])]),
      ]),
    },
    notes: [
      "test means of the selected candidates, in the scorer's own units: under a value's name the best one's, then over all of them",
    ],
  };
}

export function differencesTable(summary: RunSummary): NotedTable {
  const rows = [...summary.differences, ...summary.questions];
  const both = summary.differences.length > 0 && summary.questions.length > 0;
  return {
    table: {
      columns: [
        column("difference"),
        column("change", "right"),
        column("interval", "right"),
        column("relative", "right"),
        column("p", "right"),
        column("shown"),
        ...(both ? [column("family")] : []),
      ],
      rows: rows.map(({ a, b, difference, relative, pHolm, shown }, at) => [
        `${sanitise(a)} − ${sanitise(b)}`,
        signed(difference.value),
        interval(difference),
        relative === null ? DASH : `${signed(relative.value * 100, 1)}${NBSP}%`,
        probability(pHolm),
        shown ? "yes" : "no",
        ...(both ? [at < summary.differences.length ? "leader" : "question"] : []),
      ]),
    },
    notes: [
      "change of hypervolume, paired over prompts (and seeds); p adjusted by Holm over the differences of its family",
    ],
  };
}

/** Each variant against the method that it varies. */
export function variantsTable(summary: RunSummary): NotedTable {
  const { table } = differencesTable({ ...summary, differences: summary.variants, questions: [] });
  const titles = new Map(summary.methods.map(({ id, title }) => [id, sanitise(title)]));
  return {
    table: {
      columns: [...table.columns, column("variant")],
      rows: table.rows.map((row, at) => [...row, titles.get(summary.variants[at]?.a ?? "") ?? DASH]),
    },
    notes: ["change of hypervolume, paired over prompts (and seeds); p adjusted by Holm over the variants"],
  };
}

export function referencesTable(summary: RunSummary): NotedTable {
  const methods = summary.methods.filter(({ id }) => summary.references.some(({ hypervolume }) => id in hypervolume));
  const names = { suite: "the suite's", nadir: "nadir − .1 range", base: "the base's own" } as const;
  return {
    table: {
      columns: [column("method"), ...summary.references.map(({ name }) => column(names[name], "right"))],
      rows: methods.map((method) => [
        label(method),
        ...summary.references.map(({ hypervolume, below }) => {
          const under = below[method.id] ?? 0;
          return `${decimal(hypervolume[method.id])}${under > 0 ? ` (${under} below)` : ""}`;
        }),
      ]),
    },
    notes: summary.references.map(({ name, point }) => `${names[name]}: ${point.map((x) => decimal(x)).join(", ")}`),
  };
}

export function matchedKlTable(summary: RunSummary): NotedTable | null {
  if (summary.matchedKl === null) return null;
  const { limit, hypervolume } = summary.matchedKl;
  const methods = summary.methods.filter(({ id }) => id in hypervolume);
  return {
    table: {
      columns: [column("method"), column("hypervolume", "right"), column("interval", "right")],
      rows: methods.map((method) => {
        const estimate = hypervolume[method.id];
        return [label(method), decimal(estimate?.value), estimate === undefined ? DASH : interval(estimate)];
      }),
    },
    notes: [`candidates with a KL of at most ${decimal(limit, 2)} nats: the smallest method's largest`],
  };
}

export function ledgerTable(summary: RunSummary): NotedTable {
  return {
    table: {
      columns: [
        column("method"),
        column("kind"),
        column("planned", "right"),
        column("spent", "right"),
        column("tokens", "right"),
        column("steps", "right"),
        column("time", "right"),
      ],
      rows: summary.methods.flatMap((method) => {
        const entries = summary.ledger.filter((entry) => entry.method === method.id);
        if (entries.length === 0) return [];
        const sum = (of: (entry: RunSummary["ledger"][number]) => number) =>
          entries.reduce((total, entry) => total + of(entry), 0);
        return [
          ...entries.map((entry) => [
            sanitise(entry.method),
            sanitise(entry.kind),
            entry.planned > 0 ? flops(entry.planned) : DASH,
            flops(entry.spent),
            integer(entry.tokens),
            integer(entry.steps),
            duration(entry.seconds),
          ]),
          ...(entries.length > 1
            ? [
                [
                  sanitise(method.id),
                  "all",
                  flops(method.planned),
                  flops(method.spent),
                  integer(sum(({ tokens }) => tokens)),
                  integer(sum(({ steps }) => steps)),
                  duration(method.seconds),
                ],
              ]
            : []),
        ];
      }),
    },
    notes: summary.uncharged.map(
      ({ kind, flops: spent, seconds }) => `not charged: ${sanitise(kind)}, ${flops(spent)}, ${duration(seconds)}`,
    ),
  };
}

export function interferenceTables(summary: RunSummary): NotedTable[] {
  if (summary.interference.length === 0) return [];
  return [
    {
      table: {
        columns: [column("method"), column("value vectors"), column("CKA", "right"), column("cosine", "right")],
        rows: summary.interference.flatMap(({ method, pairs }) =>
          pairs.map(({ a, b, cka, cosine }) => [
            sanitise(method),
            `${sanitise(a)}, ${sanitise(b)}`,
            decimal(cka),
            signed(cosine),
          ]),
        ),
      },
      notes: [
        "mean over layers and seeds; CKA is debiased: about 0 = independent, 1 = the same up to rotation and scale",
      ],
    },
    {
      table: {
        columns: [
          column("method"),
          column("value vector"),
          column("length", "right"),
          column("effective rank", "right"),
        ],
        rows: summary.interference.flatMap(({ method, vectors }) =>
          vectors.map(({ value, norm, effectiveRank }) => [
            sanitise(method),
            sanitise(value),
            decimal(norm),
            decimal(effectiveRank, 1),
          ]),
        ),
      },
      notes: [],
    },
  ];
}

export function ownPromptsTable(summary: RunSummary): NotedTable | null {
  if (summary.ownPrompts === null) return null;
  return {
    table: {
      columns: [column("method"), ...summary.values.map(({ name }) => column(sanitise(name), "right"))],
      rows: summary.ownPrompts.map(({ method, best }) => [sanitise(method), ...best.map((x) => decimal(x))]),
    },
    notes: ["the paper's own protocol: a value's best mean on that value's prompts only"],
  };
}

/** The second table: it flatters whoever trains on such pairs, and says so. */
export function preferencesTable(summary: RunSummary): NotedTable | null {
  if (summary.preferences === null) return null;
  const { pairs, methods } = summary.preferences;
  return {
    table: {
      columns: [
        column("method"),
        column("hypervolume", "right"),
        column("interval"),
        ...summary.values.map(({ name }) => column(`${sanitise(name)} pairs`, "right")),
      ],
      rows: methods.map(({ method, hypervolume, accuracy }) => [
        sanitise(method),
        decimal(hypervolume.value),
        interval(hypervolume),
        ...accuracy.map((found) => (found === null ? DASH : `${decimal(found.value)} ${interval(found)}`)),
      ]),
    },
    notes: [
      `the share of ${integer(pairs)} held-out pairs a value on which a candidate, read as a reward (log pi − log base), prefers the chosen side; 0.5 is chance`,
      "under a value: of the candidate that has all of its weight on it; hypervolume: of the selected candidates' shares, from 0.5 = 0 to all = 1",
      "it flatters methods that train on such pairs: no ranking, and no part of who wins",
    ],
  };
}

export function candidatesTable(summary: RunSummary): NotedTable {
  return {
    table: {
      columns: [
        column("method"),
        column("seed", "right"),
        column("candidate"),
        column("weights"),
        ...summary.values.map(({ name }) => column(sanitise(name), "right")),
        column("KL", "right"),
        column("broken", "right"),
        column("selected"),
      ],
      rows: summary.methods.flatMap(({ id, candidates }) =>
        candidates.map((candidate) => [
          sanitise(id),
          String(candidate.seed),
          sanitise(candidate.name),
          weightsText(candidate.weights ?? candidate.coefficients),
          ...summary.values.map((_, k) => decimal(candidate.means[k])),
          decimal(candidate.kl, 1),
          percent(candidate.broken),
          candidate.selected ? "yes" : "",
        ]),
      ),
    },
    notes: [],
  };
}

/** `1 : 0 : 0.5`, two decimals at most. */
export function weightsText(weights: readonly number[] | null): string {
  if (weights === null) return DASH;
  return weights.map((weight) => String(Math.round(weight * 100) / 100)).join(" : ");
}

/** The replies to one prompt, as documents show them. */
export function sampleTable({ values, replies }: SampleSet): Table {
  return {
    columns: [
      { title: "candidate", align: "left" },
      { title: "weights", align: "left" },
      { title: "reply", align: "left" },
      ...values.map((title) => ({ title, align: "right" as const })),
    ],
    rows: replies.map(({ candidate, weights, text, ended, scores }) => [
      candidate,
      weightsText(weights),
      `${text || DASH}${ended ? "" : " …"}`,
      ...scores.map((score) => decimal(score, 2)),
    ]),
  };
}
