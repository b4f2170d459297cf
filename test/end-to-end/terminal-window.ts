/** A window of a real terminal: tmux is one, and says what is on its screen and what has scrolled away. */
import { spawnSync } from "node:child_process";
import type { TestContext } from "vitest";
import { skipVisibly } from "../skip.js";
import { binary } from "./command.js";

const PATIENCE_MS = 90_000;

export interface WindowOptions {
  readonly columns: number;
  readonly rows: number;
  readonly cwd?: string;
  /** Variables of the environment, as `NAME=value`. */
  readonly env?: readonly string[];
  /** A shell command that goes before. */
  readonly before?: string;
}

export class TerminalWindow {
  #socket = "";

  /** Skips the running test where there is no tmux. */
  constructor(context: Pick<TestContext, "skip">) {
    if (spawnSync("tmux", ["-V"]).status !== 0) skipVisibly(context, "tmux is absent");
  }

  /** Starts `mva-bench` in the window; its exit code is on the screen when it is over. */
  open(args: string, { columns, rows, cwd = "/", env = [], before = ":" }: WindowOptions): void {
    // A server that is on its way out takes no new window.
    this.#socket = `mva-bench-${process.pid}-${Math.round(performance.now() * 1000)}`;
    const command = `cd '${cwd}' && ${before}; '${process.execPath}' '${binary}' ${args}; echo "left with $?"; sleep 1000`;
    const all = ["CI=", "NO_COLOR=", "LC_ALL=C.UTF-8", "ACCESSIBLE=", "COLORTERM=", "COLORFGBG=", ...env];
    const set = all.flatMap((variable) => ["-e", variable]);
    this.#tmux("new-session", "-d", "-s", "w", "-x", String(columns), "-y", String(rows), ...set, command);
  }

  screen(): string {
    return this.#tmux("capture-pane", "-p", "-t", "w");
  }

  /** Screen and all that has scrolled away, with colours where they are asked for. */
  everything(colours = false): string {
    return this.#tmux("capture-pane", "-p", ...(colours ? ["-e"] : []), "-S", "-", "-t", "w");
  }

  /** `[whether another screen is shown, whether the cursor is]` */
  state(): readonly [other: boolean, cursor: boolean] {
    const text = this.#tmux("display-message", "-p", "-t", "w", "#{alternate_on} #{cursor_flag}").trim();
    return [text.startsWith("1"), text.endsWith("1")];
  }

  keys(...keys: string[]): void {
    this.#tmux("send-keys", "-t", "w", ...keys);
  }

  resize(columns: number, rows: number): void {
    this.#tmux("resize-window", "-t", "w", "-x", String(columns), "-y", String(rows));
  }

  /** Sends a signal to the command, not to its shell. */
  signal(name: NodeJS.Signals): void {
    const shell = this.#tmux("list-panes", "-t", "w", "-F", "#{pane_pid}").trim();
    const child = spawnSync("pgrep", ["-P", shell], { encoding: "utf8" }).stdout.trim().split("\n")[0];
    process.kill(Number(child), name);
  }

  /** Waits until the screen is as it should be; what it is instead is in the error. */
  async shows(what: string | RegExp | ((text: string) => boolean)): Promise<string> {
    const fits = (text: string): boolean =>
      typeof what === "function" ? what(text) : typeof what === "string" ? text.includes(what) : what.test(text);
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const text = this.screen();
      if (fits(text)) return text;
      if (performance.now() > until) throw new Error(`the screen never showed ${String(what)}:\n${text}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Closes the window; another may be opened. */
  close(): void {
    if (this.#socket !== "") spawnSync("tmux", ["-L", this.#socket, "kill-server"]);
  }

  #tmux(...args: string[]): string {
    const { stdout, status, stderr } = spawnSync("tmux", ["-L", this.#socket, "-f", "/dev/null", ...args], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`tmux ${args[0]}: ${stderr}`);
    return stdout;
  }
}
