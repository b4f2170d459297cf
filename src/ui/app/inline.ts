/** A run between the lines of a terminal (`--display plain`): ink puts them there, and what moves below them. */
import { FRAME_MS } from "./controller.js";
import type { InlineRun } from "./inline-run.js";
import { loadInk } from "./load-ink.js";

export interface OpenInline {
  /** Says what is left and gives the cursor back; doing it twice is nothing. */
  close(): void;
}

/** @param output a TTY */
export async function openInline(output: NodeJS.WriteStream, run: InlineRun): Promise<OpenInline> {
  const [{ render, createElement }, { InlineView }] = await Promise.all([loadInk(), import("./inline-view.js")]);
  run.tick();
  const instance = render(createElement(InlineView, { shown: run }), {
    stdout: output,
    stderr: output,
    exitOnCtrlC: false,
    patchConsole: false,
    maxFps: 1000 / FRAME_MS,
  });
  const timer = setInterval(() => {
    const before = performance.now();
    if (run.tick()) run.spent(performance.now() - before);
  }, FRAME_MS);
  const onResize = (): void => run.redraw();
  output.on("resize", onResize);
  let open = true;
  return {
    close: () => {
      if (!open) return;
      open = false;
      clearInterval(timer);
      output.off("resize", onResize);
      run.end();
      instance.unmount();
    },
  };
}
