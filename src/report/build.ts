/** From what a run found to what its report says. */

import { sanitise } from "../bench/files/sanitise.js";
import type { RunSummary } from "../bench/summary.js";
import { budgetFigure } from "./charts/budget.js";
import { frontFigures } from "./charts/front.js";
import { interferenceFigures } from "./charts/interference.js";
import { differencesFigure, hypervolumeFigure, ladderFigure } from "./charts/intervals.js";
import { trainingFigures } from "./charts/training.js";
import { type Evidence, NO_EVIDENCE } from "./evidence.js";
import { limits } from "./limits.js";
import type { Block, Figure, Report, Section } from "./model.js";
import { DASH, decimal, integer, interval } from "./numbers.js";
import type { RunRecordText } from "./run-record.js";
import { sampleBrowser, sampleSets } from "./samples.js";
import { shellCommand } from "./shell.js";
import { column } from "./table.js";
import {
  candidatesTable,
  differencesTable,
  hypervolumeTable,
  interferenceTables,
  ledgerTable,
  matchedKlTable,
  type NotedTable,
  ownPromptsTable,
  preferencesTable,
  referencesTable,
  valuesTable,
  variantsTable,
} from "./tables.js";
import { differenceSentence, isItReal, whatItCost, whoWins } from "./verdicts.js";

export function buildReport(summary: RunSummary, evidence: Evidence = NO_EVIDENCE): Report {
  const { run, values, evaluation } = summary;
  const seeds = run.seeds.length === 1 ? `seed ${run.seeds[0]}` : `seeds ${run.seeds.join(", ")}`;
  return {
    schema: 2,
    title: sanitise(run.title),
    subtitle: `${sanitise(run.suite)} v${run.version}: ${values.map(({ name }) => sanitise(name)).join(", ")}; ${seeds}; ${integer(evaluation.testPrompts)} test prompts`,
    headline: [
      section("Who wins", [
        sentences(whoWins(summary)),
        ...figure(hypervolumeFigure(summary)),
        table(hypervolumeTable(summary)),
      ]),
      section("Is it real", [sentences(isItReal(summary))]),
      section("What it cost", [sentences(whatItCost(summary))]),
    ],
    sections: [
      section("Frontier", choice("values", frontFigures(summary))),
      section("Questions", [sentences(questions(summary))]),
      section("Differences", [...figure(differencesFigure(summary)), table(differencesTable(summary))]),
      section("Ablation", [...figure(ladderFigure(summary)), table(variantsTable(summary))]),
      section("Values", [table(valuesTable(summary))]),
      section("Reference points", [table(referencesTable(summary))]),
      section("At matched distance from the base", tables([matchedKlTable(summary)])),
      section("On each value's own prompts", tables([ownPromptsTable(summary)])),
      section("As rewards, on held-out pairs", tables([preferencesTable(summary)])),
      section("Budget", [...figure(budgetFigure(summary)), table(ledgerTable(summary))]),
      { ...section("Training", choice("training", trainingFigures(summary, evidence.curves))), filesOnly: true },
      section("Interference between value vectors", [
        ...choice("measure", interferenceFigures(summary)),
        ...tables(interferenceTables(summary)),
      ]),
      section("Rulers and scales", [table(rulersTable(summary))]),
      section(
        "Samples",
        sampleSets(summary, evidence.replies).map((sample): Block => ({ kind: "sample", sample })),
      ),
      { ...section("Every candidate", [table(candidatesTable(summary))]), filesOnly: true },
      section("Limits", [
        sentences([...limits(summary), ...evidence.missing.map((what) => `Not shown: ${sanitise(what)}.`)]),
      ]),
      section("Make it again", [
        { kind: "command", command: shellCommand(run.command) },
        sentences([
          `suite hash ${sanitise(run.suiteHash)}, data hash ${sanitise(run.dataHash)}, mva-bench ${sanitise(run.packageVersion)}, engine ${sanitise(run.engine)} with ${run.threads} ${run.threads === 1 ? "thread" : "threads"}, ${sanitise(run.hardware)}.`,
        ]),
      ]),
      ...(evidence.record === null ? [] : recordSections(evidence.record)),
    ].filter(({ blocks }) => blocks.some(hasContent)),
    samples: sampleBrowser(summary, evidence.replies),
    summary,
  };
}

/** The exact suite and the environment: in the files only. */
function recordSections({ suite, lock, environment }: RunRecordText): Section[] {
  return [
    {
      ...section("Environment", [
        table({
          table: {
            columns: [column("what"), column("which")],
            rows: environment.map(([name, value]) => [sanitise(name), sanitise(value)]),
          },
          notes: [],
        }),
      ]),
      filesOnly: true,
    },
    {
      ...section("The exact suite", [
        { kind: "code", name: "suite, as it was run", code: safeCode(suite) },
        ...(lock === null ? [] : [{ kind: "code", name: "suite.lock.yaml", code: safeCode(lock) } as const]),
      ]),
      filesOnly: true,
    },
  ];
}

function safeCode(code: string): string {
  return sanitise(code, { lineEnds: "keep" });
}

function section(heading: string, blocks: readonly Block[]): Section {
  return { heading, blocks };
}

function sentences(all: readonly string[]): Block {
  return { kind: "sentences", sentences: all };
}

function table({ table: content, notes }: NotedTable): Block {
  return { kind: "table", table: content, notes };
}

function tables(all: readonly (NotedTable | null)[]): Block[] {
  return all.filter((noted) => noted !== null).map(table);
}

function figure(drawn: Figure | null): Block[] {
  return drawn === null ? [] : [{ kind: "figure", figure: drawn }];
}

function choice(label: string, figures: readonly Figure[]): Block[] {
  return figures.length === 0 ? [] : [{ kind: "choice", label, figures }];
}

function hasContent(block: Block): boolean {
  switch (block.kind) {
    case "sentences":
      return block.sentences.length > 0;
    case "table":
      return block.table.rows.length > 0;
    case "figure":
    case "choice":
    case "sample":
    case "command":
    case "code":
      return true;
    default:
      return block satisfies never;
  }
}

/** What the suite asks beside who wins: the two differences that answer the paper. */
function questions(summary: RunSummary): string[] {
  return summary.questions.map(
    (question) => `${asked(sanitise(question.asks))} ${differenceSentence(summary, question)}`,
  );
}

/** "what the penalty adds" → "What the penalty adds:". */
function asked(words: string): string {
  const capital = words.charAt(0).toUpperCase() + words.slice(1);
  return /[?:.]$/.test(capital) ? capital : `${capital}:`;
}

function rulersTable(summary: RunSummary): NotedTable {
  return {
    table: {
      columns: [
        { title: "value", align: "left" },
        { title: "center", align: "right" },
        { title: "scale", align: "right" },
        { title: "reference", align: "right" },
        { title: "ruler", align: "left" },
        { title: "accuracy", align: "right" },
        { title: "interval", align: "right" },
      ],
      rows: summary.values.map(({ name, center, scale, reference, accuracy, ruler }) => [
        sanitise(name),
        decimal(center),
        decimal(scale),
        decimal(reference),
        accuracy === null ? "gold rules" : ruler ? "model" : "none",
        decimal(accuracy?.value),
        accuracy === null ? DASH : interval(accuracy),
      ]),
    },
    notes: [
      "hypervolume is of (score − center) / scale, above the reference; accuracy of a judging model on held-out pairs",
    ],
  };
}
