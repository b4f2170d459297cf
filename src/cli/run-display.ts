/**
 * What a reader sees of a run while this process does it: the dashboard, lines with what moves below them, lines alone,
 * events as JSON, or nothing. All of it on stderr.
 */
import type { RunEvent } from "../bench/files/events.js";
import { sanitise, terminalJson } from "../bench/files/sanitise.js";
import type { RunProgress } from "../bench/run.js";
import { type Capability, capabilityOf, type DisplayFlags, reflows } from "../ui/app/capability.js";
import type { RunState } from "../ui/state/run-state.js";
import type { Io, Streams } from "./io.js";
import { ProgressMeter } from "./progress.js";

export interface RunDisplay {
  onEvent(event: RunEvent): void;
  onProgress(progress: RunProgress): void;
  /** A line that the reader must see. */
  say(line: string): void;
  /** Gives the screen back; doing it twice is nothing. */
  end(): void;
}

export function runDisplay(io: Io, flags: DisplayFlags): RunDisplay {
  const capability = capabilityOf(
    { env: io.env, outputTty: io.stderr.isTTY === true, inputTty: io.streams?.stdin.isTTY === true },
    flags,
  );
  if (capability.notice !== undefined) io.stderr.write(`${capability.notice}\n`);
  switch (capability.display) {
    case "full":
      return new DrawnDisplay(io, { open: (state, streams) => openFull(state, streams, capability, io), keeps: false });
    case "plain":
      return io.streams === undefined
        ? lines(io)
        : new DrawnDisplay(io, { open: (state, streams) => openPlain(state, streams, capability, io), keeps: true });
    case "log":
      return lines(io);
    case "json":
      return {
        onEvent: (event) => io.stderr.write(`${terminalJson(event)}\n`),
        onProgress: () => {},
        // Notices that a run gives are no events; on a stream of documents they are one.
        say: (line) => io.stderr.write(`${terminalJson({ type: "notice", message: line })}\n`),
        end: () => {},
      };
    case "none":
      return { onEvent: () => {}, onProgress: () => {}, say: () => {}, end: () => {} };
    default:
      return capability.display satisfies never;
  }
}

function lines(io: Io): RunDisplay {
  const meter = new ProgressMeter(io);
  return {
    onEvent: () => {},
    onProgress: (progress) => meter.on(progress),
    say: (line) => meter.say(line),
    end: () => {},
  };
}

/** Something on a terminal that shows a run's state. */
interface Picture {
  /** Gives the terminal back. */
  close(): void;
}

interface DrawnOptions {
  readonly open: (state: RunState, streams: Streams) => Promise<Picture>;
  /** Whether lines that were said are still there when it is closed. */
  readonly keeps: boolean;
}

/** Opens with the first event: what is wrong with a command is said before, on the reader's own screen. */
class DrawnDisplay implements RunDisplay {
  readonly #io: Io;
  readonly #options: DrawnOptions;
  readonly #waiting: RunEvent[] = [];
  #apply: ((event: RunEvent) => void) | undefined;
  #say: ((line: string) => void) | undefined;
  #picture: Picture | undefined;
  #opening = false;
  #ended = false;
  /** For the reader's own screen, where they are wanted when the picture is gone. */
  readonly #notices: string[] = [];

  constructor(io: Io, options: DrawnOptions) {
    this.#io = io;
    this.#options = options;
  }

  onEvent(event: RunEvent): void {
    if (this.#apply !== undefined) {
      this.#apply(event);
      return;
    }
    this.#waiting.push(event);
    if (!this.#opening) {
      this.#opening = true;
      // A dashboard that cannot be opened is no reason to lose a run.
      this.#open().catch((error: unknown) =>
        this.say(`no dashboard: ${error instanceof Error ? error.message : String(error)}`),
      );
    }
  }

  onProgress(): void {}

  say(line: string): void {
    this.#notices.push(line);
    this.#say?.(line);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#picture?.close();
    if (this.#options.keeps && this.#picture !== undefined) return;
    for (const line of this.#notices) this.#io.stderr.write(`${sanitise(line)}\n`);
  }

  async #open(): Promise<void> {
    const { streams, now } = this.#io;
    if (streams === undefined) return;
    const { RunState } = await import("../ui/state/run-state.js");
    const state = new RunState();
    this.#apply = (event) => state.apply(event);
    for (const event of this.#waiting.splice(0)) state.apply(event);
    // What an event has said already (a method that failed) is not said twice.
    this.#say = (line) => {
      if (!state.notices.some(({ text }) => line.startsWith(text))) state.say(now(), "plain", line);
    };
    for (const line of this.#notices) this.#say(line);
    if (this.#ended) return;
    const picture = await this.#options.open(state, streams);
    if (this.#ended) picture.close();
    else this.#picture = picture;
  }
}

async function openFull(
  state: RunState,
  { stderr: output, stdin: input }: Streams,
  { depth, ground, charset }: Capability,
  { now }: Io,
): Promise<Picture> {
  const [{ openDashboard }, { Controller }, { glyphsFor }] = await Promise.all([
    import("../ui/app/dashboard.js"),
    import("../ui/app/controller.js"),
    import("../ui/draw/glyphs.js"),
  ]);
  const interrupt = (): void => {
    process.kill(process.pid, "SIGINT");
  };
  const controller = new Controller({
    source: { state, fault: undefined, poll: () => {} },
    glyphs: glyphsFor(charset),
    ...{ depth, ground, now, owned: true },
    size: () => ({ columns: output.columns, rows: output.rows }),
    onLeave: () => {},
    onStop: interrupt,
  });
  return openDashboard({ input, output }, controller);
}

async function openPlain(
  state: RunState,
  { stderr: output }: Streams,
  { depth, ground, charset }: Capability,
  { now, env }: Io,
): Promise<Picture> {
  const [{ openInline }, { InlineRun }, { glyphsFor }] = await Promise.all([
    import("../ui/app/inline.js"),
    import("../ui/app/inline-run.js"),
    import("../ui/draw/glyphs.js"),
  ]);
  const run = new InlineRun({
    source: { state, fault: undefined, poll: () => {} },
    glyphs: glyphsFor(charset),
    // The report follows on stdout.
    ...{ depth, ground, now, verdict: false },
    size: () => ({ columns: output.columns, rows: output.rows }),
  });
  return openInline(output, run, { reflows: reflows(env) });
}
