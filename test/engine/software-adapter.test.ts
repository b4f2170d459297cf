import { expect, test } from "vitest";
import { type Machine, softwareAdapter, vulkanDrivers } from "../../src/engine/software-adapter.js";

const machine = (folders: Record<string, string[]>, env: Machine["env"] = {}): Machine => ({
  platform: "linux",
  env,
  list: (folder) => folders[folder] ?? [],
});
const nvidia = { "/dev": ["null", "nvidia0", "nvidiactl"] };
const render = { "/dev/dri": ["by-path", "card0", "renderD128"] };
const icds = (...names: string[]) => ({ "/usr/share/vulkan/icd.d": names });

test.each([
  ["no card at all", machine(icds("nvidia_icd.json")), /no graphics card in \/dev/],
  [
    "the control device of a driver whose card is not let in",
    machine({ "/dev": ["nvidiactl", "nvidia-uvm"] }),
    /no graphics card/,
  ],
  [
    "a card, and Mesa's software driver alone",
    machine({ ...render, ...icds("lvp_icd.x86_64.json") }),
    /lvp_icd\.x86_64\.json/,
  ],
  [
    "a card, and a driver in software by name",
    machine(nvidia, { VK_ICD_FILENAMES: "/x/vk_swiftshader_icd.json" }),
    /vk_swiftshader/,
  ],
])("an adapter is software: %s", (_, here, reason) => {
  expect(softwareAdapter(here)).toMatch(reason);
});

test.each([
  ["an NVIDIA card with its driver", machine({ ...nvidia, ...icds("nvidia_icd.json") })],
  ["a card's driver beside one in software", machine({ ...render, ...icds("lvp_icd.json", "radeon_icd.json") })],
  ["a card whose driver lies where nobody looked", machine(render)],
  [
    "a driver in software is installed, a card's is named",
    machine({ ...nvidia, ...icds("lvp_icd.json") }, { VK_DRIVER_FILES: "/d/nvidia_icd.json" }),
  ],
  ["Windows under Linux", machine({ "/dev": ["dxg"] })],
  ["another system", { ...machine({}), platform: "darwin" as const }],
])("a card may be behind an adapter: %s", (_, here) => {
  expect(softwareAdapter(here)).toBeUndefined();
});

test("drivers are named as the loader finds them", () => {
  expect(vulkanDrivers(machine({ ...nvidia, ...icds("nvidia_icd.json", "lvp_icd.json") }))).toEqual([
    "nvidia_icd.json",
    "lvp_icd.json",
  ]);
  expect(vulkanDrivers(machine(icds("lvp_icd.json"), { VK_DRIVER_FILES: "/d/radeon_icd.json" }))).toEqual([
    "radeon_icd.json",
  ]);
  expect(vulkanDrivers({ ...machine(icds("a.json")), platform: "darwin" })).toEqual([]);
});
