/** A device that fails while state moves to it or back; what moves rightly is tested on a device (`device.test.ts`). */
import * as ort from "onnxruntime-node";
import { afterEach, expect, test, vi } from "vitest";
import { createSession } from "../../src/engine/compiled/session.js";
import { TrafficCounter } from "../../src/engine/compiled/traffic.js";
import { Transfer } from "../../src/engine/compiled/transfer.js";
import { DeviceError } from "../../src/engine/device-error.js";

vi.mock("../../src/engine/compiled/session.js");
afterEach(() => vi.resetAllMocks());

const settings = { target: "webgpu", threads: 1, log: "errors", memory: "lean" } as const;
const state = new Map([["moments", new ort.Tensor("float32", new Float32Array(4), [4])]]);

/** Sessions that fail when they are run. */
function failing(said: string): void {
  const run = () => Promise.reject(new Error(said));
  vi.mocked(createSession).mockResolvedValue({ run } as unknown as ort.InferenceSession);
}

test.each([
  ["upload", "Out of memory when allocating buffer of 4294967296 bytes", "memory", /^a state on its way to the device/],
  ["download", "vkQueueSubmit failed with VK_ERROR_DEVICE_LOST", "lost", /^a state on its way from the device/],
] as const)("a %s that the device fails at is one line, and the run can be resumed", async (way, said, kind, line) => {
  failing(`Failed to run\n${said}`);
  const error: unknown = await new Transfer(settings, new TrafficCounter())[way](state).catch((reason) => reason);
  expect(error).toBeInstanceOf(DeviceError);
  expect(error).toMatchObject({ kind, exitCode: 70, message: expect.stringMatching(line) });
  expect(error).toMatchObject({ message: expect.not.stringContaining("\n") });
});

test("another failure stays what it was", async () => {
  failing("shapes do not match");
  await expect(new Transfer(settings, new TrafficCounter()).upload(state)).rejects.toThrow(/^shapes do not match$/);
});
