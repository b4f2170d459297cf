/**
 * Byte-level BPE as the definition has it, without queues or caches: to encode, split into words and merge the pair of
 * lowest rank until none is left; to train, recount every pair of every word after each merge.
 */

/** GPT-2's word pattern, read by hand: one word at a time, longest alternative of each kind. White space is Unicode's. */
export function slowWords(text: string): string[] {
  const characters = [...text];
  const kind = (c: string | undefined): "none" | "space" | "letter" | "number" | "other" => {
    if (c === undefined) return "none";
    if (/^[\p{White_Space}]$/u.test(c)) return "space";
    if (/^\p{L}$/u.test(c)) return "letter";
    if (/^\p{N}$/u.test(c)) return "number";
    return "other";
  };
  const words: string[] = [];
  let i = 0;
  while (i < characters.length) {
    const rest = characters.slice(i, i + 3).join("");
    const contraction = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"].find((c) => rest.startsWith(c));
    if (contraction !== undefined) {
      words.push(contraction);
      i += contraction.length;
      continue;
    }
    const first = kind(characters[i]);
    const skip = characters[i] === " " && !["space", "none"].includes(kind(characters[i + 1])) ? 1 : 0;
    if (first !== "space" || skip === 1) {
      const wanted = kind(characters[i + skip]);
      let end = i + skip;
      while (kind(characters[end]) === wanted) end++;
      words.push(characters.slice(i, end).join(""));
      i = end;
      continue;
    }
    let end = i;
    while (kind(characters[end]) === "space") end++;
    // White space before a word leaves its last character to it (as the word's own, if it is a plain space).
    if (end < characters.length && end - i > 1) end--;
    words.push(characters.slice(i, end).join(""));
    i = end;
  }
  return words;
}

/** One printable character a byte, from the definition: the printable ones are themselves, the n-th other is U+0100 + n. */
export function slowByteCharacter(byte: number): string {
  const printable = (b: number) => (b > 0x20 && b < 0x7f) || (b > 0xa0 && b !== 0xad);
  if (printable(byte)) return String.fromCharCode(byte);
  let others = 0;
  for (let b = 0; b < byte; b++) if (!printable(b)) others++;
  return String.fromCharCode(0x100 + others);
}

const characters = (text: string) => [...Buffer.from(text, "utf8")].map(slowByteCharacter);

interface BpeModel {
  readonly vocab: Readonly<Record<string, number>>;
  readonly merges: readonly (readonly [string, string])[];
}

export function slowEncode(text: string, { vocab, merges }: BpeModel): number[] {
  return slowWords(text).flatMap((word) => {
    let pieces = characters(word);
    for (;;) {
      let best = Number.POSITIVE_INFINITY;
      for (let i = 1; i < pieces.length; i++) {
        const rank = merges.findIndex(([left, right]) => left === pieces[i - 1] && right === pieces[i]);
        if (rank >= 0 && rank < best) best = rank;
      }
      const pair = merges[best];
      if (pair === undefined) return pieces.map((piece) => vocab[piece] as number);
      const at = pieces.findIndex((piece, i) => piece === pair[0] && pieces[i + 1] === pair[1]);
      pieces = [...pieces.slice(0, at), pair[0] + pair[1], ...pieces.slice(at + 2)];
    }
  });
}

/** The first `count` merges, given the ids that single bytes have. */
export function slowMerges(
  texts: readonly string[],
  idOfByte: (character: string) => number,
  count: number,
): [string, string][] {
  const ids = new Map<string, number>();
  for (let byte = 0; byte < 256; byte++) ids.set(slowByteCharacter(byte), idOfByte(slowByteCharacter(byte)));
  let words = texts.flatMap(slowWords).map(characters);
  const merges: [string, string][] = [];
  let next = Math.max(...ids.values()) + 1;
  while (next < Math.max(...idsOfBytes(ids)) + 1 + count) {
    const counts = new Map<string, { left: string; right: string; n: number }>();
    for (const word of words) {
      for (let i = 1; i < word.length; i++) {
        const [left, right] = [word[i - 1] as string, word[i] as string];
        const entry = counts.get(`${left} ${right}`) ?? { left, right, n: 0 };
        entry.n++;
        counts.set(`${left} ${right}`, entry);
      }
    }
    const [best] = [...counts.values()].sort(
      (a, b) =>
        b.n - a.n ||
        (ids.get(a.left) as number) - (ids.get(b.left) as number) ||
        (ids.get(a.right) as number) - (ids.get(b.right) as number),
    );
    if (best === undefined || best.n < 2) break;
    const { left, right } = best;
    if (!merges.some(([l, r]) => l === left && r === right)) merges.push([left, right]);
    if (!ids.has(left + right)) ids.set(left + right, next++);
    words = words.map((word) => {
      const merged: string[] = [];
      for (let i = 0; i < word.length; i++) {
        if (word[i] === left && word[i + 1] === right) merged.push(left + (word[++i] as string));
        else merged.push(word[i] as string);
      }
      return merged;
    });
  }
  return merges;
}

function idsOfBytes(ids: ReadonlyMap<string, number>): number[] {
  return Array.from({ length: 256 }, (_, byte) => ids.get(slowByteCharacter(byte)) as number);
}
