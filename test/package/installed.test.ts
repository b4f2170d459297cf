/**
 * The package as a user gets it: packed, installed from the tarball in an empty folder without any install script,
 * every export imported, the binary run. Needs dist/: `npm test` builds it.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { skipVisibly } from "../skip.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  name: string;
  version: string;
  exports: Record<string, unknown>;
  bin: Record<string, string>;
  scripts: Record<string, string>;
};

let work: string;
let files: string[] = [];
let installed: { readonly code: number | null; readonly output: string };

/** What npm says when no registry can be reached; anything else it says is our fault. */
const OFFLINE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTCACHED|network request/;

beforeAll(() => {
  if (!existsSync(join(root, "dist/cli/main.js"))) throw new Error("dist/ is missing: npm run build first");
  work = mkdtempSync(join(tmpdir(), "mva-bench-package-"));
  const packed = execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", work], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [entry] = JSON.parse(packed) as { filename: string; files: { path: string }[] }[];
  files = entry?.files.map(({ path }) => path) ?? [];
  const app = join(work, "app");
  mkdirSync(app);
  writeFileSync(join(app, "package.json"), '{ "private": true, "type": "module" }\n');
  const tarball = join(work, entry?.filename ?? "");
  const flags = ["--ignore-scripts", "--prefer-offline", "--omit=optional", "--no-audit", "--no-fund"];
  const { status, stdout, stderr } = spawnSync("npm", ["install", ...flags, tarball], { cwd: app, encoding: "utf8" });
  installed = { code: status, output: stdout + stderr };
}, 240_000);

afterAll(() => rmSync(work, { recursive: true, force: true }));

describe("the tarball", () => {
  test("holds what runs and what is read, and nothing of the workshop", () => {
    expect(files).toEqual(
      expect.arrayContaining([
        "package.json",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "dist/cli/main.js",
        "dist/index.d.ts",
      ]),
    );
    expect(files.filter((path) => /^(src|test|scripts|node_modules|reports|\.ci)\//.test(path))).toEqual([]);
    expect(files.some((path) => path.startsWith("benchmarks/suites/") && path.endsWith(".yaml"))).toBe(true);
  });

  test("no script runs at installation", () => {
    expect(Object.keys(manifest.scripts).filter((name) => /^(pre|post)|^prepare|^install$/.test(name))).toEqual([]);
  });
});

describe("installed in an empty folder", () => {
  const node = (...args: readonly string[]) =>
    spawnSync(process.execPath, [...args], { cwd: join(work, "app"), encoding: "utf8" });

  test("npm accepts it", (context) => {
    if (installed.code !== 0 && OFFLINE.test(installed.output))
      skipVisibly(context, "no package registry is reachable");
    expect(installed.code, installed.output.slice(-2000)).toBe(0);
  });

  test.for(Object.keys(manifest.exports))("%s can be imported", (path, context) => {
    if (installed.code !== 0) skipVisibly(context, "it was not installed");
    const specifier = path === "." ? manifest.name : `${manifest.name}${path.slice(1)}`;
    const attributes = path.endsWith(".json") ? ', { with: { type: "json" } }' : "";
    const { status, stdout, stderr } = node(
      "--input-type=module",
      "-e",
      `const found = await import("${specifier}"${attributes}); console.log(Object.keys(found).length);`,
    );
    expect(status, stderr).toBe(0);
    expect(Number(stdout)).toBeGreaterThan(0);
  });

  test("the metrics work alone, without the rest of the package or any dependency", (context) => {
    if (installed.code !== 0) skipVisibly(context, "it was not installed");
    const alone = join(work, "alone");
    cpSync(join(work, "app/node_modules/mva-bench/dist/metrics"), alone, { recursive: true });
    writeFileSync(join(alone, "package.json"), '{ "type": "module" }\n');
    const { stdout, stderr } = node(
      "--input-type=module",
      "-e",
      `const { hypervolume } = await import("${pathToFileURL(join(alone, "index.js"))}");
       const points = [[5, 5], [4, 6], [2, 7], [7, 4]];
       console.log(JSON.stringify(hypervolume(points, { reference: [0, 0], sense: "max" })));`,
    );
    expect(JSON.parse(stdout || "null"), stderr).toMatchObject({ value: 39 });
  });

  test("the binary answers: version, help, suites; stdout holds nothing else", (context) => {
    if (installed.code !== 0) skipVisibly(context, "it was not installed");
    const bin = join(work, "app/node_modules/.bin/mva-bench");
    const run = (...args: readonly string[]) => spawnSync(bin, [...args], { cwd: work, encoding: "utf8" });
    expect(run("--version")).toMatchObject({ status: 0, stdout: `${manifest.version}\n` });
    expect(run("--help")).toMatchObject({ status: 0, stderr: "", stdout: expect.stringContaining("Usage: mva-bench") });
    const listed = run("suite", "list", "--json");
    expect(listed).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(listed.stdout)).toEqual(expect.arrayContaining([expect.objectContaining({ name: "quick" })]));
    expect(run("run", "quik")).toMatchObject({ status: 2, stdout: "" });
    expect(run("engine", "list")).toMatchObject({ status: 0, stdout: expect.stringContaining("yes  cpu ") });
  });
});
