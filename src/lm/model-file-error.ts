// A name inside a file is data: it must neither break the line nor drive a terminal.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\u0000-\u001f\u007f-\u009f]+/g;

/**
 * A file of a model (weights, configuration, tokenizer, adapter) that cannot be used as it stands: the user's input is
 * at fault, so the command line answers with exit code 2.
 */
export class ModelFileError extends Error {
  override readonly name = "ModelFileError";
  readonly exitCode = 2;

  /**
   * @param path file (or folder) at fault
   * @param detail what is wrong with it and what to do, without a final full stop
   * @param tensor tensor or key inside the file, where one is at fault
   */
  constructor(
    readonly path: string,
    detail: string,
    readonly tensor?: string,
  ) {
    super((tensor === undefined ? `${path}: ${detail}` : `${path}: "${tensor}": ${detail}`).replace(control, " "));
  }
}
