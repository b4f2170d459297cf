/**
 * The dashboard on a terminal: another screen beside the one with the reader's history, keys one by one, and both given
 * back however it ends. Ink and React, which take a third of a second to load, are waited for behind the first picture.
 */
import { FRAME_MS } from "./frames.js";
import { loadInk } from "./load-ink.js";
import { Painter } from "./painter.js";
import type { ScreenSource, ScreenViewProps } from "./screen-view.js";
import { SilentOutput } from "./silent-output.js";

/** The stream that is drawn on. */
export type TerminalOutput = NodeJS.WriteStream;
export type TerminalInput = NodeJS.ReadStream;

export interface Terminal {
  readonly input: TerminalInput;
  readonly output: TerminalOutput;
}

/** What is shown: a run's dashboard, a list of runs. */
export interface Shown extends ScreenSource {
  /** @returns whether a frame was made */
  tick(): boolean;
  redraw(): void;
  spent(ms: number): void;
}

/** Another screen, empty, without cursor. */
const ENTER = "\u001b[?1049h\u001b[?25l\u001b[2J\u001b[H";
const CLEAR = "\u001b[2J";
/** Colours off, cursor shown, back to the other screen. */
const LEAVE = "\u001b[0m\u001b[?25h\u001b[?1049l";

const REPAINT_MS = 5000;
/** Pieces of text that others print while the dashboard is open; what comes after these is not kept. */
const MOST_HELD = 1000;

export interface OpenDashboard {
  /** Gives the terminal back; doing it twice is nothing. */
  close(): void;
}

/** @param terminal both sides a TTY */
export async function openDashboard(terminal: Terminal, shown: Shown): Promise<OpenDashboard> {
  const { input, output } = terminal;
  const { write } = output;
  const send = (text: string): void => {
    write.call(output, text);
  };
  // What libraries print meanwhile would stand across the picture: it is kept, and printed when the screen is given back.
  const held: string[] = [];
  output.write = (chunk: string | Uint8Array): boolean => {
    if (held.length < MOST_HELD) held.push(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8"));
    return true;
  };
  const painter = new Painter(send);
  let open = true;
  let takeKeysBack = (): void => {
    input.setRawMode(false);
  };
  send(ENTER);
  /** When the frame that is on its way was begun. */
  let begun: number | undefined;
  const paint = (frame: string): void => {
    if (!open) return;
    painter.paint(frame);
    if (begun !== undefined) shown.spent(performance.now() - begun);
    begun = undefined;
  };
  // Until ink is there.
  let stopShowing = shown.subscribe(() => paint(shown.frame()));
  paint(shown.frame());
  let repainted = performance.now();
  const timer = setInterval(() => {
    const before = performance.now();
    // What native code prints cannot be held back: the picture is sent whole now and then.
    if (before - repainted > REPAINT_MS) {
      painter.forget();
      repainted = before;
    }
    begun = before;
    shown.tick();
    // A frame that looks as the one before is painted by nobody.
    setImmediate(() => {
      begun = undefined;
    });
  }, FRAME_MS);
  const onResize = (): void => {
    send(CLEAR);
    painter.forget();
    shown.redraw();
    // Also where the picture is the same as before: it is wiped.
    paint(shown.frame());
  };
  output.on("resize", onResize);
  const close = (): void => {
    if (!open) return;
    open = false;
    clearInterval(timer);
    output.off("resize", onResize);
    process.off("exit", close);
    process.off("uncaughtExceptionMonitor", close);
    stopShowing();
    takeKeysBack();
    send(LEAVE);
    output.write = write;
    for (const text of held) output.write(text);
  };
  process.on("exit", close);
  // Before a crash is printed: its words belong on the reader's own screen.
  process.on("uncaughtExceptionMonitor", close);
  // The picture stands before ink is there. Keys that come meanwhile wait in the terminal, without their echo.
  input.setRawMode(true);
  try {
    const unmount = await mount(input, { shown, paint });
    stopShowing();
    stopShowing = unmount;
    if (open) takeKeysBack = () => {};
    else unmount();
  } catch (error) {
    close();
    throw error;
  }
  return { close };
}

/** @returns what gives the keyboard back */
async function mount(input: TerminalInput, props: ScreenViewProps): Promise<() => void> {
  const [{ render, createElement }, { ScreenView }] = await Promise.all([loadInk(), import("./screen-view.js")]);
  const instance = render(createElement(ScreenView, props), {
    // Has all of a terminal's stream that ink uses, and shows nothing.
    stdout: new SilentOutput() as unknown as NodeJS.WriteStream,
    stdin: input,
    exitOnCtrlC: false,
    patchConsole: false,
    debug: true,
  });
  return () => instance.unmount();
}
