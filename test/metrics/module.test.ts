import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { assembled } from "../../scripts/kernel-rows.mjs";
import { CODE } from "../../src/metrics/simd-rows.js";

const folder = fileURLToPath(new URL("../../src/metrics/", import.meta.url));
const files = readdirSync(folder).map((name) => ({ name, text: readFileSync(folder + name, "utf8") }));

describe("the module", () => {
  test.each(files)("$name imports nothing but its neighbours, and no global of Node or of browsers", ({ text }) => {
    for (const [, from] of text.matchAll(/from "([^"]+)"/g)) expect(from).toMatch(/^\.\/[a-z0-9-]+\.js$/);
    expect(text).not.toMatch(/\b(import\(|require\(|process\.|Buffer\b|window\.|document\.|globalThis\.|console\.)/);
    expect(text).not.toMatch(/Math\.random|Date\.now|performance\.now/);
  });

  test("loading it does nothing: every file only declares", () => {
    for (const { name, text } of files) {
      for (const line of text.split("\n")) {
        if (/^[A-Za-z_$]/.test(line))
          expect(line, name).toMatch(/^(import|export|declare|const|let|function|interface|type|class)\b/);
      }
    }
  });

  test("its WebAssembly is what the script assembles", () => {
    expect(CODE).toBe(assembled());
  });
});
