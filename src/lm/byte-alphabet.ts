/**
 * Byte-level BPE writes each of the 256 bytes as one printable character, so that tokens are strings: printable Latin-1
 * bytes stand for themselves, the others for U+0100 and on, in order. Source: GPT-2's tokenizer, as `tokenizer.json`
 * files with a ByteLevel pre-tokenizer and decoder use it.
 */
export const BYTE_CHARACTERS: readonly string[] = alphabet();

function alphabet(): string[] {
  const characters: string[] = [];
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    characters.push(String.fromCodePoint(printable ? byte : next++));
  }
  return characters;
}

const encoder = new TextEncoder();

/** The UTF-8 bytes of a text, each as its character. */
export function toByteCharacters(text: string): string {
  let characters = "";
  for (const byte of encoder.encode(text)) characters += BYTE_CHARACTERS[byte];
  return characters;
}
