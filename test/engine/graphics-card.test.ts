import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { graphicsCards } from "../../src/engine/graphics-card.js";
import { scratch } from "./install/scratch.js";

test("cards are named as the system names them", () => {
  const gpu = "Model: \t\t NVIDIA H200\nIRQ:   \t\t 5\n";
  const version = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build\n";
  expect(
    graphicsCards(
      scratch({
        "proc/driver/nvidia/gpus/0000:01:00.0/information": gpu,
        "proc/driver/nvidia/gpus/0000:02:00.0/information": gpu,
        "proc/driver/nvidia/version": version,
      }),
    ),
  ).toBe("NVIDIA H200, NVIDIA H200 (driver 570.86.15)");
  const amd = { "sys/class/drm/card0/device/vendor": "0x1002\n", "sys/class/drm/card0/device/device": "0x744c\n" };
  expect(graphicsCards(scratch({ ...amd, "sys/class/drm/card0-DP-1/status": "connected" }))).toBe("PCI 1002:744c");
  const driven = scratch(amd);
  symlinkSync("../../../../bus/pci/drivers/amdgpu", join(driven, "sys/class/drm/card0/device/driver"));
  expect(graphicsCards(driven)).toBe("PCI 1002:744c (driver amdgpu)");
  expect(graphicsCards(scratch({}))).toBeNull();
});
