/**
 * Ctrl-C and SIGTERM: the first asks the work to stop, and ends the process if it has not within a second (files are
 * written atomically, so a run stays resumable); a second one ends it at once.
 */
import { type ExitCode, exitCodes } from "./exit-codes.js";
import type { Io, StopSignal } from "./io.js";

/** Under a second in all, with the process's own end. */
const PATIENCE_MS = 800;

const CODES: Readonly<Record<StopSignal, ExitCode>> = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
};

export class Interrupted extends Error {
  override readonly name = "AbortError";
  readonly exitCode: ExitCode;

  constructor(readonly by: StopSignal) {
    super(by === "SIGINT" ? "interrupted" : "terminated");
    this.exitCode = CODES[by];
  }
}

/**
 * Runs `work` with a signal that the first Ctrl-C or SIGTERM aborts.
 * @param farewell called once before the process ends on a signal
 * @throws Interrupted when the work stopped because of it; else whatever the work throws
 */
export async function interruptible<T>(
  io: Io,
  farewell: (by: StopSignal) => void,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let by: StopSignal | undefined;
  let callOff = () => {};
  const takeBack = io.onSignal((signal) => {
    if (by !== undefined) {
      farewell(by);
      io.exit(CODES[by]);
    }
    by = signal;
    controller.abort(new Interrupted(signal));
    callOff = io.after(PATIENCE_MS, () => {
      farewell(signal);
      io.exit(CODES[signal]);
    });
  });
  try {
    return await work(controller.signal);
  } catch (error) {
    if (by === undefined) throw error;
    farewell(by);
    throw new Interrupted(by);
  } finally {
    callOff();
    takeBack();
  }
}
