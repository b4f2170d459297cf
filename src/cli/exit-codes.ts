/** What the process answers, as PROTOCOL and `--help` list it. */
export const exitCodes = {
  fine: 0,
  /** A gate or a method failed. */
  failed: 1,
  /** Usage or bad input. */
  usage: 2,
  inconclusive: 3,
  /** Internal error, or the disk is full; a run can be resumed. */
  internal: 70,
  /** Ctrl-C; resumable. */
  interrupted: 130,
  /** SIGTERM; resumable. */
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const known = new Set<number>(Object.values(exitCodes));

/** The exit code that an error asks for by its `exitCode` property; an error that asks for none is ours: 70. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error !== null && typeof error === "object" && "exitCode" in error) {
    const { exitCode } = error;
    if (typeof exitCode === "number" && known.has(exitCode)) return exitCode as ExitCode;
  }
  // A full disk reaches us bare where a library wrote the file.
  return exitCodes.internal;
}

/** Wrong use of the command line: unknown flag, bad argument. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly exitCode = exitCodes.usage;
}
