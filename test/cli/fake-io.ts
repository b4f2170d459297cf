/** A world for commands: what they write is kept, the clock and signals are in the test's hand. */
import type { ExitCode } from "../../src/cli/exit-codes.js";
import type { Io, StopSignal } from "../../src/cli/io.js";
import { runCli } from "../../src/cli/program.js";

export interface Answer {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

/** Thrown in place of ending the process. */
export class Exited extends Error {
  constructor(readonly code: ExitCode) {
    super(`exited with ${code}`);
  }
}

export class FakeIo implements Io {
  out = "";
  err = "";
  time = 0;
  /** What is piped in. */
  input = "";
  readonly env: Record<string, string | undefined> = {};
  readonly exits: ExitCode[] = [];
  readonly #handlers = new Set<(signal: StopSignal) => void>();
  readonly #timers = new Set<{ at: number; callback: () => void }>();
  readonly stdout = {
    columns: 80,
    write: (text: string) => {
      this.out += text;
    },
  };
  readonly stderr: Io["stderr"];

  constructor(
    readonly cwd: string = "/",
    options: { readonly tty?: boolean; readonly columns?: number } = {},
  ) {
    this.stderr = {
      isTTY: options.tty ?? false,
      columns: options.columns ?? 80,
      write: (text: string) => {
        this.err += text;
      },
    };
  }

  readonly stdin = (): Uint8Array => new TextEncoder().encode(this.input);

  readonly now = (): number => this.time;

  readonly onSignal: Io["onSignal"] = (handler) => {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  };

  readonly exit = (code: ExitCode): never => {
    this.exits.push(code);
    throw new Exited(code);
  };

  readonly after: Io["after"] = (ms, callback) => {
    const timer = { at: this.time + ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  get listening(): number {
    return this.#handlers.size;
  }

  signal(signal: StopSignal): void {
    for (const handler of [...this.#handlers]) handler(signal);
  }

  advance(ms: number): void {
    this.time += ms;
    for (const timer of [...this.#timers]) {
      if (timer.at > this.time) continue;
      this.#timers.delete(timer);
      timer.callback();
    }
  }
}

export async function cli(argv: readonly string[], io: FakeIo = new FakeIo()): Promise<Answer> {
  const code = await runCli(argv, io);
  return { code, stdout: io.out, stderr: io.err };
}
