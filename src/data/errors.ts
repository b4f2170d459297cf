/** Bad input: what was wrong, where, and what to do. The command line turns it into exit code 2. */

// Control characters, so that a message that quotes data can neither break the line nor drive a terminal.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\u0000-\u001f\u007f-\u009f]+/g;

export class InputError extends Error {
  override readonly name = "InputError";
  readonly exitCode = 2;

  /** @param message what, where, what to do; made one printable line whatever it quotes */
  constructor(message: string, options?: ErrorOptions) {
    super(message.replace(control, " ").trim(), options);
  }
}
