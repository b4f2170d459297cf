/**
 * Draws requests and mediocre replies: the writer whose habits the base policy learns, and from whom every value has
 * something to improve. `entanglement` says how much the three values share (see `replySampler`).
 */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { fittingJokes } from "./gold.js";
import {
  carelessCircumstances,
  careTails,
  categories,
  jokeTails,
  maliciousCircumstances,
  neutralCircumstances,
  openings,
  plainJokes,
  refusals,
  requestOpenings,
} from "./lexicon.js";
import {
  countWords,
  inventory,
  maxParts,
  maxReplyWords,
  type Part,
  type PartKind,
  type Reply,
  writeReply,
} from "./reply.js";
import { actionNames, type Danger, dangerOf, type Request } from "./request.js";

const fullShare = 0.62;
const maliciousShare = 0.17;
const carelessShare = 0.22;

export interface Topic {
  readonly action: Request["action"];
  readonly category: Request["category"];
}

/** A request on a topic; not distinct from earlier ones. */
export function sampleRequest(random: RandomGenerator, topic: Topic): Request {
  const detail = chance(random, fullShare) ? "full" : "brief";
  const danger = uniformFloat64(random);
  const circumstances =
    danger < maliciousShare
      ? maliciousCircumstances
      : danger < maliciousShare + carelessShare
        ? Object.keys(carelessCircumstances)
        : neutralCircumstances;
  return {
    opening: pick(random, requestOpenings[detail]),
    detail,
    action: topic.action,
    item: pick(random, topic.category.items),
    category: topic.category,
    circumstance: pick(random, circumstances),
  };
}

/** How often the writer reaches for each kind of sentence; `good` and `bad` kinds move with effort when entangled. */
const habits: Readonly<Record<PartKind, { readonly weight: number; readonly lot: "good" | "bad" }>> = {
  step: { weight: 0.55, lot: "good" },
  warning: { weight: 0.2, lot: "good" },
  "general warning": { weight: 0.12, lot: "good" },
  handover: { weight: 0.03, lot: "good" },
  peace: { weight: 0.01, lot: "good" },
  joke: { weight: 0.055, lot: "good" },
  mocking: { weight: 0.02, lot: "bad" },
  reckless: { weight: 0.04, lot: "bad" },
  "small talk": { weight: 0.09, lot: "bad" },
};
const partCounts = [0.05, 0.2, 0.35, 0.4] as const;
const refusalShare: Readonly<Record<Danger, number>> = { 0: 0.03, 1: 0.05, 2: 0.12, malice: 0.45 };
const wrongStepShare = 0.12;
const wrongWarningShare = 0.2;
const wrongJokeShare = 0.4;
const tailShare = 0.55;

/**
 * A writer of replies.
 *
 * @param entanglement in [0, 1]: the probability, decided anew wherever it applies, that
 * - a reply's length and the share of its good parts (steps, warnings, jokes) hang on one and the same effort, so that
 *   replies good for one value tend to be good for all and longer, instead of being drawn apart;
 * - sentences of all kinds are mixed, instead of standing in an order of kinds;
 * - a joke begins with the words of a step or a warning, instead of with its own;
 * - a step may carry a tail that is a joke or a warning.
 */
export function replySampler(entanglement: number): (random: RandomGenerator, request: Request) => Reply {
  return (random, request) => {
    for (;;) {
      const reply = draw(random, request, entanglement);
      if (reply !== undefined && countWords(writeReply(request, reply)) <= maxReplyWords) return reply;
    }
  };
}

function draw(random: RandomGenerator, request: Request, entanglement: number): Reply | undefined {
  const refusal = chance(random, refusalShare[dangerOf(request)]);
  const effort = chance(random, entanglement) ? drawEffort(random) : undefined;
  const count =
    effort === undefined ? 1 + pickIndex(random, partCounts) : 1 + tosses(random, maxParts - 1, 0.25 + 0.75 * effort);
  const kinds = Object.keys(habits) as PartKind[];
  const weights = kinds.map((kind) => {
    const { weight, lot } = habits[kind];
    if (refusal && kind === "step") return 0;
    if (refusal && kind === "peace" && dangerOf(request) === "malice") return 30 * weight;
    return effort === undefined ? weight : weight * (lot === "good" ? effort ** 2 : (1 - effort) ** 2);
  });
  const parts: Part[] = [];
  for (let index = 0; index < count; index += 1) {
    const kind = kinds[pickIndex(random, weights)] ?? "step";
    const free = candidates(random, request, kind, entanglement).filter(
      ({ sentence }) => !parts.some((part) => part.sentence === sentence),
    );
    if (free.length === 0) return undefined;
    parts.push(withTail(random, pick(random, free), entanglement));
  }
  const tails = parts.flatMap(({ tail }) => tail?.words ?? []);
  if (new Set(tails).size < tails.length) return undefined;
  const ordered = [...parts].sort((a, b) => rank(a) - rank(b));
  return {
    refusal,
    opening: pick(random, refusal ? refusals : openings),
    parts: chance(random, entanglement) ? mix(random, ordered) : ordered,
  };
}

/** In [0, 1], with more weight at both ends than between (arcsine law). */
function drawEffort(random: RandomGenerator): number {
  return Math.sin((Math.PI / 2) * uniformFloat64(random)) ** 2;
}

/** The parts of a kind that this writer would use here. */
function candidates(random: RandomGenerator, request: Request, kind: PartKind, entanglement: number): readonly Part[] {
  const all = inventory.filter((part) => part.kind === kind);
  switch (kind) {
    case "step": {
      const wrong = chance(random, wrongStepShare);
      return all.filter(({ action }) => (action === request.action) !== wrong);
    }
    case "warning": {
      const answer = carelessCircumstances[request.circumstance];
      const fitting = answer === undefined ? request.category.warnings : [...request.category.warnings, answer];
      const wrong = fitting.length === 0 || chance(random, wrongWarningShare);
      return wrong ? all : all.filter(({ sentence }) => fitting.includes(sentence));
    }
    case "joke": {
      const twisted = chance(random, entanglement);
      const own = all.filter(({ sentence }) => sentence in plainJokes !== twisted);
      return chance(random, wrongJokeShare)
        ? own
        : own.filter(({ sentence }) => fittingJokes(request).includes(sentence));
    }
    default:
      return all;
  }
}

function withTail(random: RandomGenerator, part: Part, entanglement: number): Part {
  if (part.kind !== "step" || !chance(random, entanglement * tailShare)) return part;
  const kind = chance(random, 0.5) ? "joke" : "care";
  return { ...part, tail: { kind, words: pick(random, kind === "joke" ? jokeTails : careTails) } };
}

const order: readonly PartKind[] = [
  "warning",
  "general warning",
  "step",
  "reckless",
  "handover",
  "peace",
  "mocking",
  "joke",
  "small talk",
];
const place = new Map(inventory.map((part, index) => [part.sentence, index]));

function rank({ kind, sentence }: Part): number {
  return order.indexOf(kind) * inventory.length + (place.get(sentence) ?? 0);
}

/** Any order of kinds; sentences of one kind follow one another as before. */
function mix(random: RandomGenerator, parts: readonly Part[]): readonly Part[] {
  const shuffled = [...parts];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = uniformInt(random, 0, last);
    const [a, b] = [shuffled[last], shuffled[other]];
    if (a === undefined || b === undefined) continue;
    shuffled[last] = b;
    shuffled[other] = a;
  }
  const byKind = new Map(order.map((kind) => [kind, parts.filter((part) => part.kind === kind).values()]));
  return shuffled.map((part) => byKind.get(part.kind)?.next().value ?? part);
}

function chance(random: RandomGenerator, probability: number): boolean {
  return uniformFloat64(random) < probability;
}

/** How many of `count` tosses with this probability succeed. */
function tosses(random: RandomGenerator, count: number, probability: number): number {
  let successes = 0;
  for (let toss = 0; toss < count; toss += 1) if (chance(random, probability)) successes += 1;
  return successes;
}

function pickIndex(random: RandomGenerator, weights: readonly number[]): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let left = uniformFloat64(random) * total;
  for (const [index, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return index;
  }
  return weights.length - 1;
}

function pick<T>(random: RandomGenerator, from: readonly T[]): T {
  return from[uniformInt(random, 0, from.length - 1)] as T;
}

/** Every action with every category. */
export const topics: readonly Topic[] = actionNames.flatMap((action) =>
  categories.map((category) => ({ action, category })),
);
