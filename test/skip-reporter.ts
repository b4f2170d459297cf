/** Prints every skipped test with its reason when the run ends. */
import type { Reporter, TestModule } from "vitest/node";

export default class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines: string[] = [];
    for (const module of modules) {
      for (const test of module.children.allTests("skipped")) {
        const result = test.result();
        const reason = result.state === "skipped" ? result.note : undefined;
        lines.push(`skipped: ${module.relativeModuleId} > ${test.fullName}: ${reason ?? "no reason given"}`);
      }
    }
    if (lines.length > 0) console.log(`${lines.join("\n")}\n`);
  }
}
