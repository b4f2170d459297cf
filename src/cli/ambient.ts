/** The real world: the only file that reads the wall clock and touches the process. */
import { readFileSync } from "node:fs";
import { exitCodes } from "./exit-codes.js";
import type { Io } from "./io.js";

export function ambientIo(): Io {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: () => readFileSync(0),
    streams: { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr },
    env: process.env,
    cwd: process.cwd(),
    now: () => Date.now(),
    onSignal(handler) {
      process.on("SIGINT", handler);
      process.on("SIGTERM", handler);
      return () => {
        process.off("SIGINT", handler);
        process.off("SIGTERM", handler);
      };
    },
    exit(code) {
      // As a signal ends a process that does not handle it, and as shells report by these codes. Not process.exit: it waits
      // for worker threads, and ONNX Runtime's binding aborts when it is interrupted in mid-call (1.30).
      const signal = code === exitCodes.interrupted ? "SIGINT" : code === exitCodes.terminated ? "SIGTERM" : undefined;
      if (signal !== undefined) {
        process.removeAllListeners(signal);
        process.kill(process.pid, signal);
      }
      return process.exit(code);
    },
    after(ms, callback) {
      const timer = setTimeout(callback, ms);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}
