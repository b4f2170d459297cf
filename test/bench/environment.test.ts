import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { environment, libraryVersions } from "../../src/bench/environment.js";
import { temporaryFolder } from "./files/temporary-folder.js";

function install(folder: string, name: string, version: string): void {
  mkdirSync(join(folder, "node_modules", name), { recursive: true });
  // A package that exports nothing: its package.json cannot be imported, only read.
  const json = { name, version, exports: {} };
  writeFileSync(join(folder, "node_modules", name, "package.json"), JSON.stringify(json));
}

test("versions of libraries that an installer hoisted are found where imports find them", () => {
  const app = temporaryFolder();
  const own = join(app, "node_modules", "mva-bench");
  install(app, "onnxruntime-node", "1.2.3");
  install(app, "pure-rand", "7.0.0");
  // Nearer copies win, as for an import.
  install(own, "pure-rand", "8.0.0");
  const module = join(own, "dist", "bench", "environment.js");
  expect(libraryVersions(module)).toMatchObject({ "onnxruntime-node": "1.2.3", "pure-rand": "8.0.0" });
});

test("this checkout's own are all found", () => {
  expect(Object.keys(libraryVersions())).toEqual([
    "onnxruntime-node",
    "@tensorflow/tfjs",
    "@huggingface/tokenizers",
    "pure-rand",
  ]);
});

test("what an engine computes with is recorded too", () => {
  const { versions } = environment({ versions: { tensorflow: "2.21.0" } });
  expect(versions).toEqual({ ...environment().versions, tensorflow: "2.21.0" });
});
