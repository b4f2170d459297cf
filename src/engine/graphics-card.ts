/** The graphics cards of this machine by name, as the system tells without a driver's library; Linux only. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";

/** @returns null where none is known; more than one with commas between, the NVIDIA driver's version or another's name behind */
export function graphicsCards(root = "/"): string | null {
  const nvidia = names(join(root, "proc/driver/nvidia/gpus")).flatMap((gpu) => {
    const information = read(join(root, "proc/driver/nvidia/gpus", gpu, "information"));
    return /^Model:\s*(.+)$/m.exec(information)?.[1]?.trim() ?? [];
  });
  const driver = /Module\s+(?:for \S+\s+)?(\d+\.[\d.]+)/.exec(read(join(root, "proc/driver/nvidia/version")))?.[1];
  if (nvidia.length > 0) return `${nvidia.join(", ")}${driver === undefined ? "" : ` (driver ${driver})`}`;
  const others = names(join(root, "sys/class/drm")).flatMap((card) => {
    if (!/^card\d+$/.test(card)) return [];
    const [vendor, device] = ["vendor", "device"].map((file) =>
      read(join(root, "sys/class/drm", card, "device", file))
        .trim()
        .replace(/^0x/, ""),
    );
    if (vendor === "" || device === "") return [];
    const kernelDriver = link(join(root, "sys/class/drm", card, "device/driver"));
    return [`PCI ${vendor}:${device}${kernelDriver === "" ? "" : ` (driver ${kernelDriver})`}`];
  });
  return others.length === 0 ? null : others.join(", ");
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** The last name of what a link points to. */
function link(path: string): string {
  try {
    return basename(readlinkSync(path));
  } catch {
    return "";
  }
}
