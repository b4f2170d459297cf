/** The built command line as a user meets it: a process of its own in a folder of its own. Needs dist/: `npm test` builds it. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = process.env.MVA_BENCH_DIST ?? fileURLToPath(new URL("../../dist", import.meta.url));
export const binary = join(dist, "cli/main.js");

export interface Outcome {
  /** As a shell reports it: 128 and the signal's number for a process that a signal has ended. */
  readonly code: number;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From the signal that was sent to the end; null where none was. */
  readonly stoppedAfterMs: number | null;
}

export interface Options {
  readonly cwd: string;
  /** Sends `signal` as soon as `when` holds. */
  readonly stop?: { readonly signal: NodeJS.Signals; readonly when: () => boolean };
  /** Called once, when it first holds; the process is held (SIGSTOP) until it is done. */
  readonly during?: { readonly when: () => boolean; readonly act: () => Promise<void> };
  /** A program that starts the command: its arguments, then the command's. */
  readonly under?: readonly string[];
}

const POLL_MS = 5;

export async function mvaBench(args: readonly string[], options: Options): Promise<Outcome> {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: npm run build first`);
  const [program = "", ...rest] = [...(options.under ?? []), process.execPath, binary, ...args];
  const child = spawn(program, rest, { cwd: options.cwd, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  let sent: number | null = null;
  let acting: Promise<void> | undefined;
  const poll = setInterval(() => {
    if (acting === undefined && options.during?.when() === true) {
      child.kill("SIGSTOP");
      acting = options.during.act().finally(() => child.kill("SIGCONT"));
    }
    if (sent !== null || options.stop?.when() !== true) return;
    sent = performance.now();
    child.kill(options.stop.signal);
  }, POLL_MS);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on("error", reject).on("close", (...end) => resolve(end));
  });
  clearInterval(poll);
  const status = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  const stoppedAfterMs = sent === null ? null : performance.now() - sent;
  await acting;
  return { code: status, signal, stdout, stderr, stoppedAfterMs };
}

/** An empty folder, and what removes it. */
export function workplace(): { readonly dir: string; readonly remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), "mva-bench-end-to-end-"));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** What stderr says beside progress: a line of progress opens with the time since the start. */
export function complaints(stderr: string): string[] {
  return stderr.split("\n").filter((line) => line !== "" && !/^(\d+:)+\d\d {2}/.test(line));
}
