import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.{ts,tsx}"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    reporters: [
      "default",
      "./test/skip-reporter.ts",
      // CI reads its last line from here, not from what a terminal happens to show.
      ...(process.env.VITEST_JSON === undefined
        ? []
        : [["json", { outputFile: process.env.VITEST_JSON }] as ["json", { outputFile: string }]]),
    ],
  },
});
