/**
 * The built binary on a run of seconds, as a user starts and stops it. Needs dist/: `npm test` builds it.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";

const root = fileURLToPath(new URL("../..", import.meta.url));
const binary = join(root, "dist/cli/main.js");

let work: string;
let suite: string;
let whole: Ended;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the binary; `onStderr` sees all of stderr so far, and may send signals. */
function run(
  argv: readonly string[],
  onStderr: (text: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [binary, ...argv], { cwd: work, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      onStderr(stderr, (signal) => child.kill(signal));
    });
    child.on("error", reject);
    // As a shell reports it: 128 and the signal's number for a process that a signal has ended.
    child.on("close", (code, signal) =>
      resolve({ code: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), stdout, stderr }),
    );
  });
}

const runArgs = (out: string): string[] => ["run", suite, "--out", out, "--threads", "1", "--engine", "cpu"];

beforeAll(async () => {
  if (!existsSync(binary)) throw new Error("dist/ is missing: npm run build first");
  work = mkdtempSync(join(tmpdir(), "mva-bench-binary-"));
  suite = join(work, "tiny.yaml");
  const smoke = parse(readFileSync(join(root, "benchmarks/suites/smoke.yaml"), "utf8")) as {
    base: { sft: Record<string, unknown> };
    [key: string]: unknown;
  };
  const sft = { ...smoke.base.sft, maxSteps: 12 };
  const tiny = {
    ...smoke,
    suite: "tiny",
    methods: ["soup"],
    questions: [],
    base: { ...smoke.base, sft },
    candidates: { lattice: "vertices-edges-centre", explore: 0 },
    evaluation: { testPrompts: 6, validationPrompts: 6, temperature: 0.7, maxNewTokens: 24 },
    statistics: { resamples: 100, confidence: 0.95 },
  };
  writeFileSync(suite, stringify(tiny));
  whole = await run([...runArgs("whole"), "--json"]);
}, 120_000);

afterAll(() => rmSync(work, { recursive: true, force: true }));

describe("a run", () => {
  test("ends with one JSON document on stdout and progress on stderr", () => {
    expect(whole.code, whole.stderr).toBe(0);
    expect(JSON.parse(whole.stdout)).toMatchObject({ schema: 2, summary: { run: { suite: "tiny", engine: "cpu" } } });
    expect(whole.stderr).toMatch(/training, seed 1/);
    expect(whole.stderr).not.toContain("\u001b");
  });

  test("leaves the report's files, and `report` prints the same again", async () => {
    for (const file of ["report.md", "report.html", "figures/hypervolume.svg", "scores.csv", "summary.json"]) {
      expect(existsSync(join(work, "whole", file)), file).toBe(true);
    }
    const again = await run(["report", "whole", "--json", "--no-files"]);
    expect(again).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(again.stdout)).toEqual(JSON.parse(whole.stdout));
    const text = await run(["report", "whole"]);
    expect(text.stdout).toContain("── Who wins ─");
    expect(text.stdout).toContain("Seeds: not assessed (1 of the 3");
  });

  test("a finished run that is resumed has nothing left to do", async () => {
    const scores = readFileSync(join(work, "whole/scores.csv"), "utf8");
    const { code, stdout, stderr } = await run(["run", "--resume", "whole"]);
    expect(code).toBe(0);
    expect(stdout).toContain("── Who wins ─");
    expect(stderr).toContain("This run has finished: nothing is left to do.");
    expect(readFileSync(join(work, "whole/scores.csv"), "utf8")).toBe(scores);
  });

  test("a folder that holds a run is not written over", async () => {
    const { code, stdout, stderr } = await run(runArgs("whole"));
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("choose another --out");
  });

  test("a run folder that cannot be made is bad input", async () => {
    const { code, stdout, stderr } = await run(runArgs(join(suite, "below-a-file")));
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("below-a-file");
  });
});

describe("stopped", () => {
  test("two signals end it at once", async () => {
    let sent = false;
    const stopped = await run(runArgs("twice"), (text, kill) => {
      if (sent || !text.includes("base policy")) return;
      sent = true;
      kill("SIGINT");
      kill("SIGTERM");
    });
    expect([130, 143]).toContain(stopped.code);
  });
});
