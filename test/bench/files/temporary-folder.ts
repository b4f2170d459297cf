/** A folder that is removed when the running test ends. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), "mva-bench-files-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
