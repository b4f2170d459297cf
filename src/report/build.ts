/** From what a run found to what its report says. */

import { sanitise } from "../bench/files/sanitise.js";
import type { RunSummary } from "../bench/summary.js";
import { figures } from "./figures.js";
import type { Block, Report, SampleSet, Section } from "./model.js";
import { DASH, decimal, integer, interval } from "./numbers.js";
import { shellCommand } from "./shell.js";
import {
  candidatesTable,
  differencesTable,
  hypervolumeTable,
  interferenceTables,
  ledgerTable,
  matchedKlTable,
  type NotedTable,
  ownPromptsTable,
  referencesTable,
  valuesTable,
} from "./tables.js";
import { differenceSentence, isItReal, whatItCost, whoWins } from "./verdicts.js";

export function buildReport(summary: RunSummary, samples: readonly SampleSet[]): Report {
  const { run, values, evaluation } = summary;
  const seeds = run.seeds.length === 1 ? `seed ${run.seeds[0]}` : `seeds ${run.seeds.join(", ")}`;
  return {
    schema: 1,
    title: sanitise(run.title),
    subtitle: `${sanitise(run.suite)} v${run.version}: ${values.map(({ name }) => sanitise(name)).join(", ")}; ${seeds}; ${integer(evaluation.testPrompts)} test prompts`,
    headline: [
      section("Who wins", [sentences(whoWins(summary)), table(hypervolumeTable(summary))]),
      section("Is it real", [sentences(isItReal(summary))]),
      section("What it cost", [sentences(whatItCost(summary))]),
    ],
    sections: [
      {
        ...section(
          "Figures",
          figures(summary).map((figure): Block => ({ kind: "figure", figure })),
        ),
        filesOnly: true,
      },
      section("Questions", [sentences(questions(summary))]),
      section("Values", [table(valuesTable(summary))]),
      section("Differences", [table(differencesTable(summary))]),
      section("Reference points", [table(referencesTable(summary))]),
      section("At matched distance from the base", tables([matchedKlTable(summary)])),
      section("On each value's own prompts", tables([ownPromptsTable(summary)])),
      section("Budget", [table(ledgerTable(summary))]),
      section("Interference between value vectors", tables(interferenceTables(summary))),
      section("Rulers and scales", [table(rulersTable(summary))]),
      section(
        "Samples",
        samples.map((sample): Block => ({ kind: "sample", sample })),
      ),
      { ...section("Every candidate", [table(candidatesTable(summary))]), filesOnly: true },
      section("Make it again", [
        { kind: "command", command: shellCommand(run.command) },
        sentences([
          `suite hash ${sanitise(run.suiteHash)}, data hash ${sanitise(run.dataHash)}, mva-bench ${sanitise(run.packageVersion)}, engine ${sanitise(run.engine)} with ${run.threads} ${run.threads === 1 ? "thread" : "threads"}, ${sanitise(run.hardware)}.`,
        ]),
      ]),
    ].filter(({ blocks }) => blocks.some(hasContent)),
    summary,
  };
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

function hasContent(block: Block): boolean {
  switch (block.kind) {
    case "sentences":
      return block.sentences.length > 0;
    case "table":
      return block.table.rows.length > 0;
    case "figure":
    case "sample":
    case "command":
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
