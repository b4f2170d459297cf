/** What a command may touch of the outside world, handed in so that tests can hold it. */
import { terminalJson } from "../bench/files/sanitise.js";
import type { ExitCode } from "./exit-codes.js";

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export interface Io {
  /** Results only. */
  readonly stdout: Output;
  /** Everything else: progress, notices, errors. */
  readonly stderr: Output;
  /** All of standard input. */
  readonly stdin: () => Uint8Array;
  /** The process's own streams, where a screen may be drawn and keys be read; absent: nowhere. */
  readonly streams?: Streams;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Registers for Ctrl-C and SIGTERM; returns what takes the registration back. */
  readonly onSignal: (handler: (signal: StopSignal) => void) => () => void;
  /** Ends the process at once. */
  readonly exit: (code: ExitCode) => never;
  /** Calls back once after `ms`, without keeping the process alive; returns what cancels it. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

export interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

export type StopSignal = "SIGINT" | "SIGTERM";

/** Columns to write for: the terminal's, at least 40; 80 where there is none. */
export function columnsOf(output: Output): number {
  return Math.max(40, output.columns ?? 80);
}

/** The one document of `--json`; stdout may be a terminal. */
export function writeJson(io: Io, document: unknown): void {
  io.stdout.write(`${terminalJson(document, 2)}\n`);
}
