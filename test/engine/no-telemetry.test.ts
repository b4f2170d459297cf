import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const engine = fileURLToPath(new URL("../../dist/engine/index.js", import.meta.url));

test("a program that is compiled and run leaves nothing in the home and temporary folders", () => {
  expect(existsSync(engine), "npm run build first").toBe(true);
  const home = mkdtempSync(join(tmpdir(), "mva-bench-home-"));
  const code = `
    import { float32, openEngine } from ${JSON.stringify(engine)};
    const engine = await openEngine("cpu", { threads: 1 });
    const x = { dtype: "float32", shape: [1] };
    const exe = await engine.compile("f", ({ inputs }) => ({ outputs: { y: inputs.x.neg() } }), { inputs: { x } });
    await exe.run({ x: float32([1]) });`;
  const { ORT_DISABLE_TELEMETRY: _, XDG_CACHE_HOME: __, ...env } = process.env;
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
    encoding: "utf8",
    env: { ...env, HOME: home, TMPDIR: home },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(readdirSync(home)).toEqual([]);
  rmSync(home, { recursive: true, force: true });
});
