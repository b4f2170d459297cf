import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { storeFolder } from "../../../src/engine/install/store.js";

vi.mock("node:os", () => ({
  homedir: () => {
    throw new Error("uv_os_homedir returned ENOENT (no such file or directory)");
  },
  tmpdir: () => "/tmp",
}));

test("a user without a home, as in some containers, has the store in the temporary folder", () => {
  expect(storeFolder({})).toBe(join("/tmp", ".local", "share", "mva-bench", "engines"));
});

test("what the environment names comes first", () => {
  expect(storeFolder({ HOME: "/home/u" })).toBe("/home/u/.local/share/mva-bench/engines");
  expect(storeFolder({ HOME: "/home/u", XDG_DATA_HOME: "/data" })).toBe("/data/mva-bench/engines");
  expect(storeFolder({ HOME: "/home/u", MVA_BENCH_ENGINES: "/e" })).toBe("/e");
});
