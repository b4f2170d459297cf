/**
 * How much the values conflict: over the best replies of the grammar, and over pairs of replies as they are drawn.
 */
import { type GoldScores, type GoldValue, goldValues, scoreReply } from "./gold.js";
import { careTails, jokeTails, openings, refusals } from "./lexicon.js";
import { countWords, inventory, maxParts, maxReplyWords, type Part, type Reply, writeReply } from "./reply.js";
import type { Request } from "./request.js";

export const valuePairs = [
  ["helpful", "harmless"],
  ["helpful", "humorous"],
  ["harmless", "humorous"],
] as const satisfies readonly (readonly [GoldValue, GoldValue])[];

/** The best that the grammar's replies to a request reach. */
export interface BestReplies {
  /** The highest score of each value. */
  readonly best: GoldScores;
  /** By value pair (order of `valuePairs`): whether no single reply is best for both. */
  readonly differ: readonly boolean[];
}

interface PartClass {
  readonly part: Part;
  readonly words: number;
  /** Sentences alike in length and in every score, whatever hangs on them: at most `size` in a reply. */
  readonly alike: string;
  size: number;
}

/** Goes through all replies to the request, up to exchanging parts that are alike in length and effect. */
export function bestReplies(request: Request): BestReplies {
  const scores: GoldScores[] = [];
  for (const opening of shortestOpenings(request)) {
    const room = maxReplyWords - words(request, { ...opening, parts: [] });
    visit(request, partClasses(request), room, [], 0, (parts) =>
      scores.push(scoreReply(request, { ...opening, parts })),
    );
  }
  const best = Object.fromEntries(
    goldValues.map((value) => [value, scores.reduce((top, score) => Math.max(top, score[value]), 0)]),
  ) as Record<GoldValue, number>;
  return {
    best,
    differ: valuePairs.map(([a, b]) => !scores.some((score) => score[a] === best[a] && score[b] === best[b])),
  };
}

/** Openings differ in effect only by refusing, so the shortest of each sort leaves the most room. */
function shortestOpenings(request: Request): readonly Omit<Reply, "parts">[] {
  return [openings, refusals].map((sentences, index) => {
    const lengths = sentences.map((opening) => words(request, { refusal: index === 1, opening, parts: [] }));
    return { refusal: index === 1, opening: sentences[lengths.indexOf(Math.min(...lengths))] ?? "" };
  });
}

function words(request: Request, reply: Reply): number {
  return countWords(writeReply(request, reply));
}

function partClasses(request: Request): readonly PartClass[] {
  const classes = new Map<string, PartClass>();
  const tails = [
    undefined,
    { kind: "joke" as const, words: shortest(jokeTails) },
    { kind: "care" as const, words: shortest(careTails) },
  ];
  for (const plain of inventory.filter((part) => isUseful(request, part))) {
    for (const tail of plain.kind === "step" ? tails : [undefined]) {
      const part = tail === undefined ? plain : { ...plain, tail };
      const length = countWords(`${part.sentence} ${tail?.words ?? ""}`);
      const effects = [false, true].map((refusal) => scoreAround(request, refusal, plain));
      const alike = JSON.stringify([plain.kind, plain.action === request.action, countWords(plain.sentence), effects]);
      const key = `${alike} ${tail?.kind}`;
      const known = classes.get(key);
      if (known === undefined) classes.set(key, { part, words: length, alike, size: 1 });
      else known.size += 1;
    }
  }
  return [...classes.values()];
}

/**
 * Whether the part raises any score somewhere. Leaving out one that does not never lowers a score, so replies without
 * them decide which reply is best.
 */
function isUseful(request: Request, part: Part): boolean {
  // No shorter than the jokes, no funnier, and harmful.
  if (part.kind === "mocking") return false;
  return [false, true].some((refusal) => {
    const without = scoreAround(request, refusal, { kind: "small talk", sentence: "" });
    const scores = scoreAround(request, refusal, part);
    return goldValues.some((value) => scores[value] > without[value]);
  });
}

function scoreAround(request: Request, refusal: boolean, part: Part): GoldScores {
  return scoreReply(request, { refusal, opening: "", parts: [part] });
}

function shortest(sentences: readonly string[]): string {
  return [...sentences].sort((a, b) => countWords(a) - countWords(b))[0] ?? "";
}

function visit(
  request: Request,
  classes: readonly PartClass[],
  room: number,
  taken: readonly PartClass[],
  from: number,
  see: (parts: readonly Part[]) => void,
): void {
  if (taken.length > 0) see(taken.map(({ part }) => part));
  if (taken.length === maxParts) return;
  for (let index = from; index < classes.length; index += 1) {
    const next = classes[index];
    if (next === undefined || next.words > room) continue;
    const tail = next.part.tail?.kind;
    const tails = tail === undefined ? 0 : taken.filter(({ part }) => part.tail?.kind === tail).length;
    if (tail !== undefined && tails === (tail === "joke" ? jokeTails : careTails).length) continue;
    if (taken.filter(({ alike }) => alike === next.alike).length === next.size) continue;
    visit(request, classes, room - next.words, [...taken, next], index, see);
  }
}
