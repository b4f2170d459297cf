/** Text that broke: unended, words that the data never uses, or loops. Counted per candidate, scored by nobody. */

const word = /[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu;

/** Lower-cased words of a text. */
export function wordsOf(text: string): string[] {
  return [...text.toLowerCase().matchAll(word)].map((match) => match[0]);
}

export function vocabularyOf(texts: Iterable<string>): Set<string> {
  const words = new Set<string>();
  for (const text of texts) for (const w of wordsOf(text)) words.add(w);
  return words;
}

/** True where some sequence of one to four words stands three times in a row. */
export function loops(words: readonly string[]): boolean {
  for (let size = 1; size <= 4; size++) {
    let run = 0;
    for (let i = size; i < words.length; i++) {
      run = words[i] === words[i - size] ? run + 1 : 0;
      if (run >= 2 * size) return true;
    }
  }
  return false;
}

/** @param vocabulary every word of the data set, lower-cased */
export function isBroken(reply: string, ended: boolean, vocabulary: ReadonlySet<string>): boolean {
  if (!ended) return true;
  const words = wordsOf(reply);
  if (words.length === 0) return true;
  return words.some((w) => !vocabulary.has(w)) || loops(words);
}
