/** A run between the lines of a terminal (`--display plain`): ink puts them there, and what moves below them. */
import { FRAME_MS } from "./frames.js";
import { InlineOutput } from "./inline-output.js";
import type { InlineRun } from "./inline-run.js";
import { loadInk } from "./load-ink.js";

export interface OpenInline {
  /** Says what is left and gives the cursor back; doing it twice is nothing. */
  close(): void;
}

export interface InlineOptions {
  /** Whether the terminal breaks lines anew when it becomes narrower. */
  readonly reflows: boolean;
}

/** Frames are as few as `InlineRun` makes them: ink is not to wait once more. */
const MOST_FPS = 1000;
const CURSOR = "\u001b[0m\u001b[?25h";
/** Ink leaves an empty row where its last frame was empty. */
const UP = "\u001b[1A";

/** @param output a TTY */
export async function openInline(
  output: NodeJS.WriteStream,
  run: InlineRun,
  { reflows }: InlineOptions,
): Promise<OpenInline> {
  const [{ render, createElement }, { InlineView }] = await Promise.all([loadInk(), import("./inline-view.js")]);
  const { write } = output;
  const send = (text: string): void => {
    write.call(output, text);
  };
  /** When the frame that is on its way was begun. */
  let begun: number | undefined;
  const screen = new InlineOutput({
    columns: () => output.columns,
    reflows,
    write: (text) => {
      send(text);
      if (begun !== undefined) run.spent(performance.now() - begun);
      begun = undefined;
    },
  });
  // What libraries print meanwhile would stand across the picture: it takes its place among the lines that stay.
  output.write = (chunk: string | Uint8Array): boolean => {
    run.print(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8"));
    return true;
  };
  run.tick();
  const view = createElement(InlineView, { shown: run });
  const stream = screen as unknown as NodeJS.WriteStream;
  const instance = render(view, {
    ...{ stdout: stream, stderr: stream },
    ...{ exitOnCtrlC: false, patchConsole: false, maxFps: MOST_FPS },
  });
  const timer = setInterval(() => {
    begun = performance.now();
    run.tick();
    // A frame that looks as the one before is written by nobody.
    setImmediate(() => {
      begun = undefined;
    });
  }, FRAME_MS);
  const onResize = (): void => {
    screen.resized();
    run.redraw();
  };
  output.on("resize", onResize);
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    clearInterval(timer);
    output.off("resize", onResize);
    process.off("exit", close);
    process.off("uncaughtExceptionMonitor", close);
    run.end();
    // React would come to it later.
    instance.rerender(view);
    instance.unmount();
    send(UP + CURSOR);
    output.write = write;
  };
  process.on("exit", close);
  // Before a crash is printed.
  process.on("uncaughtExceptionMonitor", close);
  return { close };
}
