/**
 * The grammar of replies: one opening that names the action and the item asked for, then one to four sentences, each
 * from the lexicon, none twice; at most 31 words. It reads text, so whatever wrote the text is judged alike: case,
 * commas and white space are forgiven, any other difference makes the reply no reply.
 */
import {
  type Action,
  actions,
  carelessCircumstances,
  careTails,
  categories,
  generalWarnings,
  handovers,
  jokeTails,
  mockingJokes,
  openings,
  peaceMaking,
  plainJokes,
  recklessRemarks,
  refusals,
  smallTalk,
  twistedJokes,
} from "./lexicon.js";
import type { Request } from "./request.js";

export const maxReplyWords = 31;
/** Sentences after the opening. */
export const maxParts = 4;

export type PartKind =
  | "step"
  | "warning"
  | "general warning"
  | "handover"
  | "peace"
  | "reckless"
  | "joke"
  | "mocking"
  | "small talk";

export interface Part {
  readonly kind: PartKind;
  /** The sentence as the lexicon has it, `{item}` not filled in; with `tail`, identifies the part. */
  readonly sentence: string;
  /** Of a step: the action it belongs to. */
  readonly action?: Action;
  readonly tail?: { readonly kind: "joke" | "care"; readonly words: string };
}

export interface Reply {
  readonly refusal: boolean;
  readonly opening: string;
  /** One to four. */
  readonly parts: readonly Part[];
}

/** Every part that a reply to any request may have, without tails. */
export const inventory: readonly Part[] = [
  ...Object.entries(actions).flatMap(([action, steps]) =>
    steps.map((sentence): Part => ({ kind: "step", sentence, action: action as Action })),
  ),
  ...parts("warning", [...categories.flatMap(({ warnings }) => warnings), ...Object.values(carelessCircumstances)]),
  ...parts("general warning", generalWarnings),
  ...parts("handover", handovers),
  ...parts("peace", peaceMaking),
  ...parts("reckless", recklessRemarks),
  ...parts("joke", [...Object.keys(plainJokes), ...Object.values(twistedJokes).flat()]),
  ...parts("mocking", mockingJokes),
  ...parts("small talk", smallTalk),
];

function parts(kind: PartKind, sentences: readonly string[]): Part[] {
  return sentences.map((sentence) => ({ kind, sentence }));
}

/** The reply as text, with capitals, commas and full stops. */
export function writeReply(request: Request, reply: Reply): string {
  return [reply.opening, ...reply.parts.map(({ sentence, tail }) => (tail ? `${sentence}, ${tail.words}` : sentence))]
    .map((sentence) => fill(sentence, request))
    .map((sentence) => `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`)
    .join(" ");
}

/** The reply that the text is, or undefined when it is none to this request. The text must be whole (ended). */
export function readReply(request: Request, text: string): Reply | undefined {
  const plain = plainWords(text);
  if (!plain.endsWith(".") || countWords(plain) > maxReplyWords) return undefined;
  const sentences = plain
    .slice(0, -1)
    .split(".")
    .map((sentence) => sentence.trim());
  const [first = "", ...rest] = sentences;
  const { openingBySentence, partBySentence } = reader(request);
  const opening = openingBySentence.get(first);
  if (opening === undefined || rest.length === 0 || rest.length > maxParts) return undefined;
  const found: Part[] = [];
  for (const sentence of rest) {
    const part = partBySentence.get(sentence) ?? readTailed(sentence, partBySentence);
    if (part === undefined || found.some((earlier) => repeats(earlier, part))) return undefined;
    found.push(part);
  }
  return { refusal: (refusals as readonly string[]).includes(opening), opening, parts: found };
}

export function countWords(text: string): number {
  return text.match(/[a-z]+/gi)?.length ?? 0;
}

function repeats(a: Part, b: Part): boolean {
  return a.sentence === b.sentence || (a.tail !== undefined && a.tail.words === b.tail?.words);
}

const tails = [
  ...jokeTails.map((words) => ({ kind: "joke" as const, words })),
  ...careTails.map((words) => ({ kind: "care" as const, words })),
];

function readTailed(sentence: string, partBySentence: ReadonlyMap<string, Part>): Part | undefined {
  for (const tail of tails) {
    if (!sentence.endsWith(` ${tail.words}`)) continue;
    const part = partBySentence.get(sentence.slice(0, -tail.words.length - 1));
    if (part?.kind === "step") return { ...part, tail };
  }
  return undefined;
}

function fill(sentence: string, { action, item }: Pick<Request, "action" | "item">): string {
  return sentence.replaceAll("{action}", action).replaceAll("{item}", item);
}

function plainWords(text: string): string {
  return text.toLowerCase().replace(/,/g, " ").replace(/\s+/g, " ").trim();
}

interface Reader {
  readonly openingBySentence: ReadonlyMap<string, string>;
  readonly partBySentence: ReadonlyMap<string, Part>;
}

// At most one entry an (action, item): a few hundred small maps.
const readers = new Map<string, Reader>();

function reader(request: Request): Reader {
  const key = `${request.action} ${request.item}`;
  const known = readers.get(key);
  if (known !== undefined) return known;
  const plain = (sentence: string): string => plainWords(fill(sentence, request));
  const made: Reader = {
    openingBySentence: new Map([...openings, ...refusals].map((sentence) => [plain(sentence), sentence])),
    partBySentence: new Map(inventory.map((part) => [plain(part.sentence), part])),
  };
  readers.set(key, made);
  return made;
}
