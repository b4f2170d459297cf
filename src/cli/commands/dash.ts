/** `dash [RUN]`: watches a run, live or finished, from any terminal. */
import { setPriority } from "node:os";
import { relative, resolve } from "node:path";
import { InputError } from "../../data/errors.js";
import { type Capability, capabilityOf, type DisplayFlags, reflows } from "../../ui/app/capability.js";
import { Controller } from "../../ui/app/controller.js";
import { openDashboard, type Shown } from "../../ui/app/dashboard.js";
import type { ListedRun } from "../../ui/app/runs-list.js";
import { glyphsFor } from "../../ui/draw/glyphs.js";
import { RunFollower } from "../../ui/state/follow.js";
import { type ExitCode, exitCodes } from "../exit-codes.js";
import { columnsOf, type Io, type Streams } from "../io.js";
import { RUNS, runFolder } from "../run-folder.js";

/** Milliseconds between two looks at a run's file, where lines are written. */
const LOOK_MS = 500;

/** @throws InputError where there is no such run, or none at all */
export async function dash(run: string | undefined, flags: DisplayFlags, io: Io): Promise<ExitCode> {
  const capability = capabilityOf(
    { env: io.env, outputTty: io.stdout.isTTY === true, inputTty: io.streams?.stdin.isTTY === true },
    flags,
  );
  if (capability.notice !== undefined) io.stderr.write(`${capability.notice}\n`);
  const known = run === undefined ? await listed(io) : [];
  if (run === undefined && known.length === 0) {
    throw new InputError(`${RUNS} holds no run; give a run's folder, or start one: mva-bench run`);
  }
  const newest = known[0];
  const folder = run !== undefined ? runFolder(run, io.cwd) : known.length === 1 ? newest?.folder : undefined;
  if (capability.display === "plain" && io.streams !== undefined) {
    return followInline(folder ?? newest?.folder ?? "", capability, io.streams, io);
  }
  if (capability.display !== "full" || io.streams === undefined) {
    return followInLines(folder ?? newest?.folder ?? "", capability, io);
  }
  const chosen = folder ?? (await chooseRun(capability, io));
  return chosen === undefined ? exitCodes.fine : watch(chosen, capability, io);
}

async function listed(io: Io): Promise<readonly ListedRun[]> {
  // Whoever names a run does not wait for this.
  const { listRuns } = await import("../../ui/app/runs-list.js");
  return listRuns(resolve(io.cwd, RUNS));
}

/** @returns undefined where the reader leaves instead */
async function chooseRun(capability: Capability, io: Io): Promise<string | undefined> {
  const { listRuns, RunsList } = await import("../../ui/app/runs-list.js");
  const list = () => listRuns(resolve(io.cwd, RUNS));
  let chosen: string | undefined;
  const code = await onScreen(io, (size, done) => {
    const { depth, ground, charset } = capability;
    return new RunsList({
      ...{ list, depth, ground, size, now: io.now, glyphs: glyphsFor(charset) },
      onOpen: (folder) => {
        chosen = folder;
        done(exitCodes.fine);
      },
      onLeave: () => done(exitCodes.fine),
    });
  });
  if (code !== exitCodes.fine) io.exit(code);
  return chosen;
}

async function watch(folder: string, { depth, ground, charset }: Capability, io: Io): Promise<ExitCode> {
  const follower = new RunFollower(folder);
  const near = relative(io.cwd, folder);
  follower.state.folder = near === "" || near.length >= folder.length ? folder : near;
  follower.poll();
  try {
    return await onScreen(
      io,
      (size, done) =>
        new Controller({
          source: follower,
          ...{ depth, ground, size, now: io.now, owned: false, glyphs: glyphsFor(charset) },
          onLeave: () => done(exitCodes.fine),
          onStop: () => {},
        }),
    );
  } finally {
    follower.close();
  }
}

type Size = () => { readonly columns: number; readonly rows: number };

/** Shows something until it is done, or a signal comes; the terminal is given back either way. */
async function onScreen(io: Io, make: (size: Size, done: (code: ExitCode) => void) => Shown): Promise<ExitCode> {
  const { streams } = io;
  if (streams === undefined) throw new Error("a screen needs a terminal");
  const { stdin: input, stdout: output } = streams;
  let done: (code: ExitCode) => void = () => {};
  const ended = new Promise<ExitCode>((resolve) => {
    done = resolve;
  });
  const takeBack = io.onSignal((signal) => done(signal === "SIGINT" ? exitCodes.interrupted : exitCodes.terminated));
  const shown = make(
    () => ({ columns: output.columns, rows: output.rows }),
    (code) => done(code),
  );
  const dashboard = await openDashboard({ input, output }, shown);
  stepBack();
  try {
    return await ended;
  } finally {
    dashboard.close();
    takeBack();
  }
}

/** Once the first picture stands, the run that is watched needs the processor more. */
function stepBack(): void {
  try {
    setPriority(5);
  } catch {
    // Where a process may not be nice, it is not.
  }
}

/** Lines that stay, and below them what moves, until the run is over. */
async function followInline(
  folder: string,
  { depth, ground, charset }: Capability,
  { stdout: output }: Streams,
  io: Io,
): Promise<ExitCode> {
  const [{ openInline }, { InlineRun }] = await Promise.all([
    import("../../ui/app/inline.js"),
    import("../../ui/app/inline-run.js"),
  ]);
  const follower = new RunFollower(folder);
  const run = new InlineRun({
    ...{ source: follower, glyphs: glyphsFor(charset), depth, ground, now: io.now, verdict: true },
    size: () => ({ columns: output.columns, rows: output.rows }),
  });
  const inline = await openInline(output, run, { reflows: reflows(io.env) });
  stepBack();
  let takeBack = (): void => {};
  try {
    return await new Promise<ExitCode>((resolve) => {
      takeBack = io.onSignal((signal) => resolve(signal === "SIGINT" ? exitCodes.interrupted : exitCodes.terminated));
      const look = (): void => {
        if (run.over) resolve(follower.fault === undefined ? exitCodes.fine : exitCodes.usage);
      };
      run.subscribe(look);
      look();
    });
  } finally {
    takeBack();
    inline.close();
    follower.close();
  }
}

/** Lines on stdout as things happen, until the run is over. */
async function followInLines(folder: string, { display, accessible, charset }: Capability, io: Io): Promise<ExitCode> {
  const { RunLines } = await import("../../ui/app/run-lines.js");
  const follower = new RunFollower(folder);
  const lines = new RunLines(follower, {
    ...{ json: display === "json", words: accessible, now: io.now, ascii: charset === "ascii" },
    width: () => columnsOf(io.stdout),
    write: (line) => {
      if (display !== "none") io.stdout.write(`${line}\n`);
    },
  });
  let stopped: ExitCode | undefined;
  let wake = (): void => {};
  const takeBack = io.onSignal((signal) => {
    stopped = signal === "SIGINT" ? exitCodes.interrupted : exitCodes.terminated;
    wake();
  });
  try {
    for (;;) {
      const over = lines.look();
      if (stopped !== undefined) return stopped;
      if (over) return follower.fault === undefined ? exitCodes.fine : exitCodes.usage;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  } finally {
    takeBack();
    follower.close();
  }
}
