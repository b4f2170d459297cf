/** Replies as a report shows them: a few prompts with one method's, and a browser of many prompts and methods. */
import { sanitise } from "../bench/files/sanitise.js";
import type { MethodSummary, RunSummary } from "../bench/summary.js";
import { isBase, isRanked } from "./charts/styles.js";
import type { BrowserReply, SampleBrowser, SampleSet } from "./model.js";
import type { Replies } from "./replies.js";
import { weightsText } from "./tables.js";

const PROMPTS = 3;

/** What a page may carry, in characters of text; prompts that would go beyond are left out. */
const MOST_CHARACTERS = 500_000;

/** Ids of the rows whose replies a report shows: the base and the ranked ones; all where none is ranked. */
export function shownMethods(summary: RunSummary): ReadonlySet<string> {
  const anyRanked = summary.methods.some(({ ranked }) => ranked);
  return new Set(
    summary.methods.flatMap((method) => (!anyRanked || method.ranked || isBase(method) ? [method.id] : [])),
  );
}

/** The first prompts, answered by the base and the leader (or the first method that answers declared preferences). */
export function sampleSets(summary: RunSummary, replies: Replies | null): SampleSet[] {
  const method = methodToShow(summary);
  if (replies === null || method === undefined) return [];
  const rows = [...summary.methods.filter(isBase), method].flatMap(({ id, candidates }) =>
    candidates.filter(({ seed }) => seed === replies.seed).map(({ name, weights }) => ({ id, name, weights })),
  );
  return replies.prompts.slice(0, PROMPTS).map(({ key, text }) => ({
    prompt: sanitise(text),
    values: summary.values.map(({ name }) => sanitise(name)),
    replies: rows.flatMap(({ id, name, weights }) => {
      const reply = replies.of(id, name, key);
      return reply === null ? [] : [{ candidate: sanitise(name), weights, ...reply, text: sanitise(reply.text) }];
    }),
  }));
}

/** Null where no reply was kept. */
export function sampleBrowser(summary: RunSummary, replies: Replies | null): SampleBrowser | null {
  if (replies === null || replies.prompts.length === 0) return null;
  const shown = shownMethods(summary);
  const rows = summary.methods
    .filter(({ id }) => shown.has(id))
    .map(({ id, title, candidates }) => ({
      id,
      title,
      candidates: candidates.filter(({ seed }) => seed === replies.seed),
    }));
  let characters = 0;
  const prompts: SampleBrowser["prompts"][number][] = [];
  for (const { key, text } of replies.prompts) {
    const own = rows.map(({ id, candidates }) => candidates.map(({ name }) => replies.of(id, name, key)));
    characters += text.length + own.flat().reduce((sum, reply) => sum + (reply?.text.length ?? 0) + 40, 0);
    if (characters > MOST_CHARACTERS && prompts.length >= PROMPTS) break;
    prompts.push({ text: safeText(text), replies: own.map((replied) => replied.map(safeReply)) });
  }
  const open = summary.methods.filter((method) => shown.has(method.id) && isRanked(method));
  const leader = methodToShow(summary);
  const first = [...(leader === undefined ? [] : [leader]), ...open.filter((method) => method !== leader)];
  return {
    values: summary.values.map(({ name }) => sanitise(name)),
    methods: rows.map(({ id, title, candidates }) => ({
      id: sanitise(id),
      title: sanitise(title),
      candidates: candidates.map(({ name, weights }) => ({ name: sanitise(name), weights: weightsText(weights) })),
    })),
    open: first.slice(0, 2).map(({ id }) => sanitise(id)),
    prompts,
    promptsInRun: summary.evaluation.testPrompts,
    seed: replies.seed,
  };
}

/** Paragraphs of a transcript stay. */
function safeText(text: string): string {
  return sanitise(text, { lineEnds: "keep" });
}

function safeReply(reply: BrowserReply | null): BrowserReply | null {
  return reply === null ? null : { ...reply, text: safeText(reply.text) };
}

function methodToShow(summary: RunSummary): MethodSummary | undefined {
  const declared = summary.methods.filter(
    ({ candidates }) => candidates.filter(({ weights }) => weights !== null).length > 1,
  );
  return declared.find(({ id }) => id === summary.leader) ?? declared.find(({ ranked }) => ranked) ?? declared[0];
}
