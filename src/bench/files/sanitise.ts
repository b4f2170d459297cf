/**
 * Text from data or from a model, made fit for a terminal: nothing in it moves the cursor, changes colours or titles,
 * answers queries, or reorders what stands beside it. Whatever is printed goes through here.
 */

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: they are what is looked for
/**
 * Whole sequences: CSI; OSC; DCS, SOS, PM and APC with their strings; and the short ones that begin with ESC. A string
 * ends at the next introducer: else many introducers without an end would take quadratic time.
 */
const SEQUENCES =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b\]|\u009d)[^\u0007\u001b\u009c\u009d]*(?:\u0007|\u001b\\|\u009c)|(?:\u001b[PX^_]|[\u0090\u0098\u009e\u009f])[^\u001b\u0090\u0098\u009c\u009e\u009f]*(?:\u001b\\|\u009c)|\u001b[ -/]*[0-~]/g;

/** What is left of C0 and C1, DEL, and the characters that switch the direction of writing. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Those of them that `JSON.stringify` does not escape, and the line ends that are none to it. */
const UNESCAPED = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: they are what is looked for

const LINE_ENDS = /\r\n?|[\u2028\u2029\u0085]/g;

export interface SanitiseOptions {
  /** `"space"` (default): the result is one line. `"keep"`: line ends stay, as "\n". */
  readonly lineEnds?: "space" | "keep";
}

/** Tabs become spaces; lone surrogates, which no terminal can show, become U+FFFD. */
export function sanitise(text: string, options: SanitiseOptions = {}): string {
  const clean = text
    .replace(SEQUENCES, "")
    .replace(LINE_ENDS, "\n")
    .replace(CONTROLS, "")
    .replaceAll("\t", " ")
    .replace(/\p{Surrogate}/gu, "\ufffd");
  return options.lineEnds === "keep" ? clean : clean.replaceAll("\n", " ");
}

/**
 * A value as JSON whose text drives no terminal: what JSON leaves as it is (C1, DEL, the switches of direction) is written as
 * \u escapes, so that a reader of the document has the very same strings.
 */
export function terminalJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    UNESCAPED,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
