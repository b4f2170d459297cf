/** The house rules are enforced by lint: each rule is proved by planting a violation in a copy of the configuration. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ORDER } from "../../scripts/lint/folders.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mva-bench-lint-"));
  for (const path of ["biome.json", "scripts", "package.json", ".gitignore"]) {
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  execFileSync("git", ["init", "-q", folder]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Finding {
  readonly rule: string;
  readonly path: string;
}

function lint(files: Readonly<Record<string, string>>): Finding[] {
  rmSync(join(folder, "src"), { recursive: true, force: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  const { stdout } = spawnSync(process.execPath, [biome, "lint", ".", "--reporter=json"], {
    cwd: folder,
    encoding: "utf8",
  });
  const report = JSON.parse(stdout) as {
    diagnostics: { severity: string; category: string; location: { path?: string } }[];
  };
  return report.diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ category, location }) => ({ rule: category.split("/").at(-1) ?? category, path: location.path ?? "" }));
}

describe("folder order", () => {
  test("every folder of src has its place in the order", () => {
    const folders = readdirSync(join(root, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(ORDER).toEqual(expect.arrayContaining(folders.map(({ name }) => name)));
  });

  test("an import from a later folder is an error, from an earlier one is not", () => {
    const files: Record<string, string> = {};
    const planted: string[] = [];
    for (const [i, from] of ORDER.entries()) {
      for (const [j, to] of ORDER.entries()) {
        if (i === j) continue;
        const path = `src/${from}/to-${to}.ts`;
        files[path] = `export { x } from "../${to}/x.js";\n`;
        if (j > i) planted.push(path);
      }
      files[`src/${from}/x.ts`] = "export const x = 1;\n";
    }
    const found = lint(files).filter(({ rule }) => rule === "noRestrictedImports");
    expect([...new Set(found.map(({ path }) => path))].sort()).toEqual(planted.sort());
  });

  test("it holds for deep files, types, re-exports and dynamic imports", () => {
    const found = lint({
      "src/lm/deep/a.ts": 'import { x } from "../../bench/x.js";\nexport const y = x;\n',
      "src/lm/b.ts": 'import type { X } from "../bench/x.js";\nexport type Y = X;\n',
      "src/lm/c.ts": 'export * from "../bench/x.js";\n',
      "src/lm/d.ts": 'export const y = () => import("../bench/x.js");\n',
      "src/lm/e.ts": 'import { x } from "mva-bench";\nexport const y = x;\n',
    });
    expect(found.map(({ path }) => path).sort()).toEqual(
      ["src/lm/b.ts", "src/lm/c.ts", "src/lm/d.ts", "src/lm/deep/a.ts", "src/lm/e.ts"].sort(),
    );
  });

  test("metrics imports nothing from outside, not even from Node or npm", () => {
    const found = lint({
      "src/metrics/a.ts": 'import { readFileSync } from "node:fs";\nexport const y = readFileSync;\n',
      "src/metrics/b.ts": 'import { z } from "zod";\nexport const y = z;\n',
      "src/metrics/c.ts": 'export { y } from "./a.js";\n',
    });
    expect(found.map(({ path }) => path).sort()).toEqual(["src/metrics/a.ts", "src/metrics/b.ts"]);
  });
});

test.each([
  ["Math.random", "export const x = Math.random();\n", "plugin"],
  ["Date.now", "export const x = Date.now();\n", "plugin"],
  ["Date.now as a value", "export const x = Date.now;\n", "plugin"],
  ["the current date", "export const x = new Date();\n", "plugin"],
  ["any", "export const x: any = 1;\n", "noExplicitAny"],
  ["non-null", "export const f = (x: number | null) => x!;\n", "noNonNullAssertion"],
  [
    "floating promise",
    "export async function f(): Promise<void> {}\nexport function g(): void {\n  f();\n}\n",
    "noFloatingPromises",
  ],
])("%s in src is an error", (_name, text, rule) => {
  expect(lint({ "src/bench/a.ts": text })).toEqual([{ rule, path: "src/bench/a.ts" }]);
});

test("two modules that need each other are an error", () => {
  const found = lint({
    "src/bench/a.ts": 'import { b } from "./b.js";\nexport const a = () => b;\n',
    "src/bench/b.ts": 'import { a } from "./a.js";\nexport const b = () => a;\n',
  });
  expect(found.map(({ rule }) => rule)).toContain("noImportCycles");
});
