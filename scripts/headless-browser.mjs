// A headless Chromium that opens files, says what they asked for and complained of, and takes pictures. Spoken to by its own
// protocol over two pipes, so that no library is needed. Chromium does not belong to the package.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const KEYS = { ArrowRight: 39, ArrowLeft: 37, Escape: 27, Tab: 9, Enter: 13 };

/** JSON documents over the pipes, each ended by a zero byte. */
function speak(program) {
  const profile = mkdtempSync(join(tmpdir(), "mva-bench-browser-"));
  const browser = spawn(
    program,
    [
      ...["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe"],
      `--user-data-dir=${profile}`,
    ],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
  );
  const [, , , into, from] = browser.stdio;
  const waiting = new Map();
  const listeners = [];
  let rest = "";
  let last = 0;
  let gone;
  from.setEncoding("utf8");
  from.on("data", (chunk) => {
    const parts = (rest + chunk).split("\0");
    rest = parts.pop();
    for (const part of parts) {
      const message = JSON.parse(part);
      if (message.id === undefined) for (const listener of listeners) listener(message);
      else {
        const { done, failed } = waiting.get(message.id);
        waiting.delete(message.id);
        if (message.error === undefined) done(message.result);
        else failed(new Error(`${message.error.message} ${message.error.data ?? ""}`));
      }
    }
  });
  const leave = (error) => {
    gone = error;
    for (const { failed } of waiting.values()) failed(error);
    waiting.clear();
  };
  browser.on("error", (error) => leave(new Error(`${program}: ${error.message}`)));
  browser.on("exit", (code) => leave(new Error(`${program} has ended (${code})`)));
  into.on("error", () => {});
  return {
    send: (method, params = {}, sessionId = undefined) =>
      new Promise((done, failed) => {
        if (gone !== undefined) {
          failed(gone);
          return;
        }
        waiting.set(++last, { done, failed });
        into.write(`${JSON.stringify({ id: last, method, params, sessionId })}\0`);
      }),
    on: (listener) => listeners.push(listener),
    close: async () => {
      const ended = gone === undefined ? new Promise((done) => browser.once("exit", done)) : undefined;
      into.write(`${JSON.stringify({ id: ++last, method: "Browser.close" })}\0`);
      waiting.set(last, { done() {}, failed() {} });
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** @throws Error when `program` is not there or is no Chromium */
export async function openBrowser(program) {
  const browser = speak(program);
  const { targetId } = await browser.send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: true });
  const send = (method, params) => browser.send(method, params, sessionId);
  /** Addresses asked for, and errors and warnings, since the last page was opened. */
  const requests = [];
  const complaints = [];
  let loaded = () => {};
  browser.on(({ method, params }) => {
    if (method === "Network.requestWillBeSent") requests.push(params.request.url);
    if (method === "Runtime.exceptionThrown")
      complaints.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    if (method === "Runtime.consoleAPICalled" && ["error", "warning"].includes(params.type))
      complaints.push(params.args.map((a) => a.value).join(" "));
    if (method === "Log.entryAdded" && ["error", "warning"].includes(params.entry.level))
      complaints.push(params.entry.text);
    if (method === "Page.loadEventFired") loaded();
  });
  for (const domain of ["Page", "Network", "Runtime", "Log"]) await send(`${domain}.enable`);

  async function evaluate(expression) {
    const { result, exceptionDetails } = await send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  return {
    send,
    evaluate,
    requests,
    complaints,
    version: async () => (await browser.send("Browser.getVersion")).product,
    /** Opens a file and waits until it is there. */
    async open(file, { width = 1280, height = 900, dark = false, print = false } = {}) {
      requests.length = 0;
      complaints.length = 0;
      await send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
      await send("Emulation.setEmulatedMedia", {
        media: print ? "print" : "",
        features: [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }],
      });
      const ready = new Promise((done) => {
        loaded = done;
      });
      const url = pathToFileURL(resolve(file)).href;
      await send("Page.navigate", { url });
      await ready;
      return url;
    },
    /** Processor seconds of the page's own process since it began. */
    async processorSeconds() {
      await send("Performance.enable", { timeDomain: "threadTicks" });
      const { metrics } = await send("Performance.getMetrics");
      return metrics.find((metric) => metric.name === "ProcessTime")?.value ?? Number.NaN;
    },
    /** What is on the screen, or `clip` of the whole page, as PNG. */
    async picture(clip) {
      const more = clip === undefined ? {} : { clip: { ...clip, scale: 1 }, captureBeyondViewport: true };
      const { data } = await send("Page.captureScreenshot", { format: "png", ...more });
      return Buffer.from(data, "base64");
    },
    async key(name) {
      const event = { key: name, code: name, windowsVirtualKeyCode: KEYS[name] };
      await send("Input.dispatchKeyEvent", { type: "keyDown", ...event, ...(name === "Enter" ? { text: "\r" } : {}) });
      await send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
    },
    async pointAt(x, y) {
      await send("Input.dispatchMouseEvent", { type: "mouseMoved", x, y });
    },
    close: () => browser.close(),
  };
}
