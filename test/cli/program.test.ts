import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { committedLocks } from "../../src/bench/lock.js";
import { loadSuite, suiteHash } from "../../src/bench/suite.js";
import { skipVisibly } from "../skip.js";
import { cli, FakeIo } from "./fake-io.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "mva-bench-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const COMMANDS = ["run", "report", "suite", "data", "doctor", "engine", "export", "score"];

describe("help", () => {
  test("lists every command, the exit codes and where to start, on stdout", async () => {
    const { code, stdout, stderr } = await cli(["--help"]);
    expect(code).toBe(0);
    expect(stderr).toBe("");
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${command}\\b`, "m"));
    expect(stdout).toContain("mva-bench run hh --data DIR");
    expect(stdout).toContain("130 interrupted, 143 terminated");
  });

  test.each(COMMANDS)("%s has its own help, no wider than the terminal", async (command) => {
    const { code, stdout } = await cli([command, "--help"]);
    expect(code).toBe(0);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("--version is the package's", async () => {
    expect(await cli(["--version"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});

describe("wrong use is one line on stderr and exit code 2", () => {
  test.each([
    [["rn"], "mva-bench: unknown command 'rn'; did you mean run?\n"],
    [["run", "--sed", "1"], "mva-bench: unknown option '--sed'; did you mean --seeds?\n"],
    [["suite", "lst"], "mva-bench: unknown command 'lst'; did you mean list?\n"],
    [["run", "a", "b"], "mva-bench: too many arguments for 'run'. Expected 1 argument but got 2.\n"],
    [["report"], "mva-bench: missing required argument 'run'\n"],
    [["run", "--seeds", "5..1"], 'mva-bench: --seeds takes a seed, a list or a range (7 · 1,2,5 · 1..5), not "5..1"\n'],
    [["run", "--seeds", "1,1"], "mva-bench: --seeds 1,1 names seed 1 twice\n"],
    [["run", "--threads", "0"], 'mva-bench: --threads takes a whole number from 1 to 1024, not "0"\n'],
    [
      ["run", "quick", "--resume", "x"],
      "mva-bench: --resume takes the suite quick from the run itself: leave it out\n",
    ],
    [
      ["run", "--resume", "x", "--seeds", "1", "--threads", "2"],
      "mva-bench: --resume takes --seeds, --threads from the run itself: leave them out\n",
    ],
    [
      ["export", "x", "--out", "y", "--method", "z"],
      "mva-bench: export takes either --candidate NAME or --mix NUMBERS\n",
    ],
    [["export", "x", "--method", "z"], "mva-bench: required option '--out <dir>' not specified\n"],
    [
      ["engine", "add", "tfjs-node", "--tensorflow", ""],
      "mva-bench: --tensorflow is empty; name a file or folder, or leave it out\n",
    ],
    [["doctor", "--verify-scale", "small"], "mva-bench: --verify-scale is for --verify-engine: name an engine\n"],
  ])("%j", async (argv, message) => {
    expect(await cli(argv)).toEqual({ code: 2, stdout: "", stderr: message });
  });

  test("an engine that does not exist is told which do", async () => {
    const { code, stderr } = await cli(["run", "--engine", "gpu"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/'gpu' is invalid\. Allowed choices are auto, cpu, webgpu, cuda/);
  });

  test("what was typed cannot drive the terminal", async () => {
    const { code, stderr } = await cli(["\u001b[2Jrun"]);
    expect(code).toBe(2);
    expect(stderr).not.toContain("\u001b");
  });

  test("no command at all shows the help, on stderr", async () => {
    const { code, stdout, stderr } = await cli([]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("Usage: mva-bench");
  });
});

describe("bad input is one line on stderr and exit code 2", () => {
  test("a run that does not exist", async () => {
    const { code, stdout, stderr } = await cli(["report", "nope"], new FakeIo(folder));
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toBe('mva-bench: there is no run "nope" (give a folder, or an id: reports/runs holds none)\n');
  });

  test("a folder that is no run", async () => {
    const { code, stderr } = await cli(["report", folder], new FakeIo(folder));
    expect(code).toBe(2);
    expect(stderr).toBe(`mva-bench: ${folder}: not a run folder (it holds no run.json)\n`);
  });

  test("a suite with a mistyped key names the key and the nearest one", async () => {
    const file = join(folder, "mistyped.yaml");
    writeFileSync(file, "suite: x\nversion: 1\ntitel: y\n");
    const { code, stdout, stderr } = await cli(["suite", "validate", file]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr.split("\n")).toHaveLength(2);
    expect(stderr).toContain(file);
  });

  test("suite show and validate say when a run's hash holds a lock's scales too", async () => {
    const [hh, quick] = [await cli(["suite", "validate", "hh"]), await cli(["suite", "validate", "quick"])];
    expect(quick.stdout).toMatch(/^quick \(version \d+\) is valid; hash [0-9a-f]{32}\n$/);
    expect(hh.stdout).toMatch(/hash [0-9a-f]{32}, without scales: a run's hash holds those of its lock too\n/);
    const [lock] = committedLocks(loadSuite("hh"));
    const known = suiteHash(loadSuite("hh"), { lock: lock?.values });
    expect(hh.stdout).toContain(`hash ${known} with the committed lock for data ${lock?.dataHash.slice(0, 12)}\n`);
    expect((await cli(["suite", "show", "hh"])).stdout).toContain(`# hash ${known} with`);
    const shown = JSON.parse((await cli(["suite", "show", "hh", "--json"])).stdout);
    expect(shown).toMatchObject({ needsLock: true, withLock: [{ dataHash: lock?.dataHash, hash: known }] });
  });

  test.each([["suite", "show"], ["run"]])("an unknown suite has a hint: %s %s", async (...argv) => {
    const { code, stderr } = await cli([...argv.filter((word) => word !== undefined), "quik"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^mva-bench: there is no suite "quik"; did you mean "quick"\? .*\n$/);
  });

  test("data that is not there", async () => {
    const { code, stdout, stderr } = await cli(["data", "inspect", join(folder, "none.csv")]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr.split("\n")).toHaveLength(2);
  });
});

describe("--json is one document on stdout and nothing else there", () => {
  test.each([
    [["suite", "list", "--json"]],
    [["suite", "show", "quick", "--json"]],
    [["suite", "validate", "quick", "--json"]],
    [["engine", "list", "--json"]],
    [["doctor", "--json"]],
  ])("%j", async (argv) => {
    const { stdout, stderr } = await cli(argv);
    expect(() => JSON.parse(stdout)).not.toThrow();
    expect(stderr).toBe("");
  });

  test("data inspect", async () => {
    const file = join(folder, "pairs.csv");
    const rows = Array.from({ length: 12 }, (_, i) => `kind,prompt ${i},reply a ${i},reply b ${i}`);
    writeFileSync(file, `value,prompt,chosen,rejected\n${rows.join("\n")}\n`);
    const { code, stdout } = await cli(["data", "inspect", file, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ pairs: 12, values: [{ value: "kind" }] });
    const text = await cli(["data", "inspect", file]);
    expect(text.stdout).toContain("12 pairs, 1 value, 1 file");
    expect(text.stdout).toContain("No row was dropped.");
  });
});

test("doctor names every engine, and what to do about those that are missing", async () => {
  const probes = JSON.parse((await cli(["engine", "list", "--json"])).stdout) as {
    id: string;
    available: boolean;
    remedy?: string;
  }[];
  const { code, stdout } = await cli(["doctor"]);
  for (const { id, available, remedy } of probes) {
    expect(stdout).toMatch(new RegExp(`^${available ? "yes" : "no "} {2}${id}\\b`, "m"));
    if (!available) expect(remedy?.length).toBeGreaterThan(10);
  }
  expect(code).toBe(probes.some(({ id, available }) => id === "cpu" && available) ? 0 : 1);
});

test("verifying an engine that is not here is one line and exit code 2, not a fault of ours", async (context) => {
  const probes = JSON.parse((await cli(["engine", "list", "--json"])).stdout) as { id: string; available: boolean }[];
  const missing = probes.find(({ available }) => !available)?.id;
  if (missing === undefined) return skipVisibly(context, "an engine that is missing: all are here");
  const { code, stdout, stderr } = await cli(["doctor", "--verify-engine", missing]);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(new RegExp(`^mva-bench: engine "${missing}" is not available here: .*\\n$`));
});
