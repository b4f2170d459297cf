#!/usr/bin/env node
/** The binary. Nothing heavy is imported here: commands load what they need when they are chosen. */
import { Console } from "node:console";
import { ambientIo } from "./ambient.js";
import { runCli } from "./program.js";

// Libraries print banners; stdout holds results and nothing else.
globalThis.console = new Console(process.stderr, process.stderr);

// `mva-bench … | head` closes the pipe early: that is the reader's right, not an error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
}

process.exitCode = await runCli(process.argv.slice(2), ambientIo());
