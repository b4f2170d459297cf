/** Debian's chromium package brings a Vulkan loader and SwiftShader, a Vulkan driver in software: enough to run `webgpu` on. */
import { existsSync } from "node:fs";

const CHROMIUM = "/usr/lib/chromium";
const SWIFTSHADER = `${CHROMIUM}/vk_swiftshader_icd.json`;

/** Environment in which `webgpu` finds the driver; empty where there is none, and what the machine has counts. */
export const softwareDriver: Readonly<Record<string, string>> = existsSync(SWIFTSHADER)
  ? { LD_LIBRARY_PATH: CHROMIUM, VK_ICD_FILENAMES: SWIFTSHADER }
  : {};
