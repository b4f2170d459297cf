/**
 * The dashboard on a terminal: another screen beside the one with the reader's history, keys one by one, and both given
 * back however it ends. Loaded only when it is needed: ink and React take a third of a second.
 */
import type { Key } from "../state/keys.js";
import { FRAME_MS } from "./controller.js";

/** The stream that is drawn on. */
export type TerminalOutput = NodeJS.WriteStream;
export type TerminalInput = NodeJS.ReadStream;

export interface Terminal {
  readonly input: TerminalInput;
  readonly output: TerminalOutput;
}

/** What is shown: a run's dashboard, a list of runs. */
export interface Shown {
  readonly frame: () => string;
  readonly subscribe: (listener: () => void) => () => void;
  press(key: Key): void;
  tick(): void;
  redraw(): void;
  spent(ms: number): void;
}

const ENTER = "\u001b[?1049h\u001b[2J\u001b[H";
/** Colours off, cursor shown, back to the other screen. */
const LEAVE = "\u001b[0m\u001b[?25h\u001b[?1049l";

export interface OpenDashboard {
  /** Gives the terminal back; doing it twice is nothing. */
  close(): void;
}

/** @param terminal both sides a TTY */
export async function openDashboard(terminal: Terminal, shown: Shown): Promise<OpenDashboard> {
  // React's build for development is slow, and keeps measurements for ever.
  process.env.NODE_ENV ??= "production";
  const [{ render }, { createElement }, { ScreenView }] = await Promise.all([
    import("ink"),
    import("react"),
    import("./screen.js"),
  ]);
  const { input, output } = terminal;
  output.write(ENTER);
  const started = { ms: 0 };
  const instance = render(
    createElement(ScreenView, { subscribe: shown.subscribe, frame: shown.frame, onKey: (key) => shown.press(key) }),
    {
      stdout: output,
      stdin: input,
      exitOnCtrlC: false,
      patchConsole: false,
      incrementalRendering: true,
      maxFps: Math.round(1000 / FRAME_MS) * 2,
      onRender: ({ renderTime }) => shown.spent(renderTime + started.ms),
    },
  );
  const tick = (): void => {
    const before = performance.now();
    shown.tick();
    started.ms = Math.min(50, performance.now() - before);
  };
  const timer = setInterval(tick, FRAME_MS);
  const onResize = (): void => {
    // What the old size left beside the new picture is wiped away.
    output.write("\u001b[2J\u001b[H");
    shown.redraw();
  };
  output.on("resize", onResize);
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    clearInterval(timer);
    output.off("resize", onResize);
    process.off("exit", close);
    instance.unmount();
    output.write(LEAVE);
  };
  // A crash ends here too.
  process.on("exit", close);
  return { close };
}
