import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { InstallError } from "../../../src/engine/install/install-error.js";
import { unpackEntry, zipEntries } from "../../../src/engine/install/zip.js";
import { scratch } from "./scratch.js";
import { zipOf } from "./zip-writer.js";

test("what goes into an archive comes out of it, stored or deflated", async () => {
  const folder = scratch();
  const path = join(folder, "a.zip");
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}(\/[a-z]{1,8})?x$/), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(names, fc.uint8Array({ maxLength: 300 }), fc.boolean(), async (names, bytes, deflate) => {
      const content = Buffer.from(bytes);
      writeFileSync(path, zipOf(Object.fromEntries(names.map((name) => [name, content])), deflate));
      const entries = await zipEntries(path);
      expect(entries.map(({ name }) => name)).toEqual(names);
      for (const entry of entries) {
        const target = join(folder, `out-${entry.name.replace("/", "-")}`);
        await unpackEntry(path, entry, target);
        expect(readFileSync(target).equals(content)).toBe(true);
      }
    }),
    {
      numRuns: 30,
      examples: [
        [["ax"], Uint8Array.of(1), true],
        [["ax"], Uint8Array.of(), false],
      ],
    },
  );
});

test.each([
  ["no archive", Buffer.from("not a zip")],
  ["an archive cut short", zipOf({ a: "x".repeat(100) }).subarray(0, 60)],
])("%s is refused by name", async (_, bytes) => {
  const path = join(scratch({ "a.whl": bytes }), "a.whl");
  await expect(zipEntries(path)).rejects.toThrow(InstallError);
  await expect(zipEntries(path)).rejects.toThrow(/a\.whl: .*fetch it again$/);
});

test.each([true, false])("a damaged entry is refused by name (deflated: %s)", async (deflate) => {
  const bytes = zipOf({ lib: "abcdefgh".repeat(50) }, deflate);
  const at = bytes.indexOf("lib") + 10;
  bytes.writeUInt8((bytes.readUInt8(at) ^ 0xff) & 0xff, at);
  const folder = scratch({ "a.whl": bytes });
  const path = join(folder, "a.whl");
  const [entry] = await zipEntries(path);
  if (entry === undefined) throw new Error("no entry");
  await expect(unpackEntry(path, entry, join(folder, "out"))).rejects.toThrow(/lib is damaged \(.*\): fetch it again$/);
});
