import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { float32, type HostTensor, int32 } from "../../src/engine/engine.js";
import { fromBFloat16, fromFloat16, toBFloat16, toFloat16 } from "../../src/engine/half-floats.js";
import { ModelFileError } from "../../src/lm/model-file-error.js";
import { readSafetensors, readSafetensorsHeader, writeSafetensors } from "../../src/lm/safetensors.js";
import { temporaryFolder } from "./temporary-folder.js";

/** A file with any header and any data. */
function raw(header: unknown, data: Uint8Array, declared?: bigint): string {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(declared ?? BigInt(json.length));
  const path = join(temporaryFolder(), "x.safetensors");
  writeFileSync(path, Buffer.concat([length, json, data]));
  return path;
}

function entry(dtype: string, shape: number[], begin: number, end: number): object {
  return { dtype, shape, data_offsets: [begin, end] };
}

const bytesOf = (values: Float32Array | Int32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);

describe("what is written is read back", () => {
  const tensor = fc.array(fc.nat(4), { maxLength: 3 }).chain((shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const floats = fc.float32Array({ minLength: size, maxLength: size }).map((data) => float32(shape, data));
    const integers = fc.int32Array({ minLength: size, maxLength: size }).map((data) => int32(shape, data));
    return fc.oneof<fc.Arbitrary<HostTensor>[]>(floats, integers);
  });
  const name = fc.string({ minLength: 1, maxLength: 12 }).filter((text) => !text.startsWith("__"));

  property.prop([fc.dictionary(name, tensor, { maxKeys: 6, noNullPrototype: true })], { numRuns: 60 })(
    "any float32 and int32 tensors, bit for bit, in the same bytes each time",
    (tensors) => {
      const dir = temporaryFolder();
      const path = join(dir, "a.safetensors");
      writeSafetensors(path, tensors);
      const back = readSafetensors(path);
      expect(Object.keys(back).sort()).toEqual(Object.keys(tensors).sort());
      for (const [key, { dtype, shape, data }] of Object.entries(tensors)) {
        expect(back[key]?.dtype).toBe(dtype);
        expect(back[key]?.shape).toEqual(shape);
        expect(bytesOf((back[key] as HostTensor).data).equals(bytesOf(data))).toBe(true);
      }
      const again = join(dir, "b.safetensors");
      writeSafetensors(again, Object.fromEntries(Object.entries(back).reverse()));
      expect(readFileSync(again).equals(readFileSync(path))).toBe(true);
      expect(readdirSync(dir).sort()).toEqual(["a.safetensors", "b.safetensors"]);
    },
  );

  test("16-bit formats come back as the nearest value they have", () => {
    const path = join(temporaryFolder(), "a.safetensors");
    const data = [0, -0, 1, -2.5, 1 / 3, 65504, 6e-8, 1e-10, Number.POSITIVE_INFINITY];
    writeSafetensors(path, { x: float32([9], data) }, { floats: "float16" });
    expect(readSafetensorsHeader(path).entries.get("x")?.dtype).toBe("F16");
    expect([...(readSafetensors(path).x?.data ?? [])]).toEqual([
      0,
      -0,
      1,
      -2.5,
      0.333251953125,
      65504,
      2 ** -24,
      0,
      Number.POSITIVE_INFINITY,
    ]);
    writeSafetensors(path, { x: float32([3], [1 / 3, 3e38, -1]) }, { floats: "bfloat16" });
    expect([...(readSafetensors(path).x?.data ?? [])]).toEqual([0.333984375, 226 * 2 ** 120, -1]);
  });

  test("a value too large for float16 is refused, and the old file stays", () => {
    const dir = temporaryFolder();
    const path = join(dir, "a.safetensors");
    writeSafetensors(path, { x: float32([1], [1]) });
    expect(() => writeSafetensors(path, { big: float32([1], [70000]) }, { floats: "float16" })).toThrow(/"big".*70000/);
    expect([...(readSafetensors(path).x?.data ?? [])]).toEqual([1]);
    expect(readdirSync(dir)).toEqual(["a.safetensors"]);
  });

  test("every integer type arrives as int32, F64 as float32", () => {
    const data = Buffer.alloc(32);
    data.writeDoubleLE(0.1, 0);
    data.writeBigInt64LE(-5n, 8);
    data.writeInt16LE(-300, 16);
    data.writeInt8(-7, 18);
    data.writeUInt8(200, 19);
    data.writeUInt8(1, 20);
    const path = raw(
      {
        f64: entry("F64", [1], 0, 8),
        i64: entry("I64", [], 8, 16),
        i16: entry("I16", [1], 16, 18),
        i8: entry("I8", [1], 18, 19),
        u8: entry("U8", [1], 19, 20),
        flag: entry("BOOL", [1], 20, 21),
      },
      data.subarray(0, 21),
    );
    const read = readSafetensors(path);
    expect(Object.values(read).map(({ dtype, data: [value] }) => [dtype, value])).toEqual([
      ["float32", Math.fround(0.1)],
      ["int32", -5],
      ["int32", -300],
      ["int32", -7],
      ["int32", 200],
      ["int32", 1],
    ]);
    expect(read.i64?.shape).toEqual([]);
  });
});

describe("half floats", () => {
  /** Every finite value of a format, by its definition. */
  function values(exponentBits: number, fractionBits: number): Map<number, number> {
    const bias = 2 ** (exponentBits - 1) - 1;
    const all = new Map<number, number>();
    for (let e = 0; e < 2 ** exponentBits - 1; e++) {
      for (let f = 0; f < 2 ** fractionBits; f++) {
        const fraction = f / 2 ** fractionBits;
        all.set((e << fractionBits) | f, e === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (e - bias));
      }
    }
    return all;
  }

  const formats = [
    { name: "float16", from: fromFloat16, to: toFloat16, table: values(5, 10) },
    { name: "bfloat16", from: fromBFloat16, to: toBFloat16, table: values(8, 7) },
  ];
  for (const { name, from, to, table } of formats) {
    test(`${name}: every finite bit pattern means its definition, and survives the way there and back`, () => {
      for (const [bits, value] of table) {
        if (
          from(bits) !== value ||
          to(value) !== bits ||
          from(bits | 0x8000) !== -value ||
          to(-value) !== (bits | 0x8000)
        ) {
          expect.fail(`${bits} ${value} ${from(bits)} ${to(value)}`);
        }
      }
    });

    const ordered = [...table.values()];
    property.prop([fc.float({ noNaN: true, noDefaultInfinity: true, min: 0, max: Math.fround(60000) })])(
      `${name}: no representable value lies nearer than the one chosen, and ties go to even`,
      (value) => {
        const bits = to(value);
        const chosen = from(bits);
        const distance = Math.abs(chosen - value);
        for (const other of [ordered[bits - 1], ordered[bits + 1]]) {
          if (other === undefined) continue;
          expect(Math.abs(other - value)).toBeGreaterThanOrEqual(distance);
          if (Math.abs(other - value) === distance) expect(bits % 2).toBe(0);
        }
      },
    );

    test(`${name}: halfway between two values, the even one is chosen`, () => {
      for (let bits = 0; bits + 1 < ordered.length; bits++) {
        const middle = ((ordered[bits] as number) + (ordered[bits + 1] as number)) / 2;
        // The subnormals' middles of bfloat16 are float32 subnormals, all exact.
        if (to(middle) !== bits + (bits % 2))
          expect.fail(`${middle} became ${to(middle)}, between ${bits} and ${bits + 1}`);
      }
    });

    test(`${name}: NaN stays NaN`, () => expect(from(to(Number.NaN))).toBeNaN());
  }
});

describe("a file that lies is refused in one line that names it and the tensor", () => {
  const four = new Uint8Array(16);
  const cases: [string, () => string, RegExp][] = [
    ["a missing file", () => join(temporaryFolder(), "none.safetensors"), /none\.safetensors: cannot be opened/],
    ["an empty file", () => writeTo(new Uint8Array(0)), /has 0 bytes/],
    ["a folder", () => temporaryFolder(), /is not a file|cannot be/],
    ["a header longer than the file", () => raw({}, four, 1000n), /declares a header of 1000 bytes but has 26/],
    ["an absurd header length", () => raw({}, four, 2n ** 63n), /declares a header of 9223372036854775808/],
    ["a header that is not JSON", () => raw("{nope", four), /not JSON/],
    ["a header that is not UTF-8", () => raw(Buffer.from([0xff, 0xfe]).toString("latin1"), four, 2n), /not JSON/],
    ["a header that is a list", () => raw("[]", new Uint8Array(0)), /not a JSON object/],
    ["an unknown dtype", () => raw({ w: entry("F8_E4M3", [4], 0, 4) }, four), /"w".*F8_E4M3.*supported are F64, F32/],
    ["a dtype named like a built-in", () => raw({ w: entry("toString", [4], 0, 4) }, four), /"w".*dtype toString/],
    [
      "a dtype that does not fill its range",
      () => raw({ w: entry("F16", [4], 0, 16) }, four),
      /"w".*16 bytes.*takes 8/,
    ],
    ["a range beyond the end", () => raw({ w: entry("F32", [8], 0, 32) }, four), /"w".*0–32 of 16.*truncated/],
    ["a range that runs backwards", () => raw({ w: entry("F32", [0], 8, 4) }, four), /"w".*backwards/],
    ["a negative offset", () => raw({ w: entry("F32", [1], -4, 0) }, four), /"w".*data_offsets/],
    ["a fractional shape", () => raw({ w: entry("F32", [1.5], 0, 6) }, four), /"w".*shape/],
    ["a shape whose product overflows", () => raw({ w: entry("F32", [2 ** 52, 2 ** 52], 0, 16) }, four), /"w".*wrong/],
    [
      "overlapping tensors",
      () => raw({ a: entry("F32", [3], 0, 12), b: entry("F32", [2], 8, 16) }, four),
      /"b".*inside "a".*overlap/,
    ],
    ["a gap", () => raw({ a: entry("F32", [1], 0, 4), b: entry("U8", [11], 5, 16) }, four), /"b".*gap/],
    ["bytes left over", () => raw({ a: entry("F32", [1], 0, 4) }, four), /12 bytes after the last tensor/],
    ["metadata that are no strings", () => raw({ __metadata__: { a: 1 } }, new Uint8Array(0)), /"__metadata__"/],
    ["an entry that is no object", () => raw({ w: 3 }, four), /"w".*no dtype and shape/],
    [
      "an I64 beyond 32 bits",
      () => raw({ w: entry("I64", [1], 0, 8) }, Buffer.from([0, 0, 0, 0, 1, 0, 0, 0])),
      /"w".*4294967296/,
    ],
  ];
  for (const [what, make, message] of cases) {
    test(what, () => {
      const error = caught(() => readSafetensors(make()));
      expect(error).toBeInstanceOf(ModelFileError);
      expect(error.message).toMatch(message);
      expect(error.message).not.toContain("\n");
      expect((error as ModelFileError).exitCode).toBe(2);
    });
  }

  property.prop([fc.nat(1), fc.nat()], { numRuns: 80 })(
    "a file cut anywhere, or with any byte of its header changed, never reads as something else",
    (mode, at) => {
      const dir = temporaryFolder();
      const path = join(dir, "a.safetensors");
      const tensors = { a: float32([2, 3], [1, 2, 3, 4, 5, 6]), b: int32([2], [7, 8]) };
      writeSafetensors(path, tensors);
      const whole = readFileSync(path);
      if (mode === 0) {
        truncateSync(path, at % whole.length);
        expect(caught(() => readSafetensors(path))).toBeInstanceOf(ModelFileError);
        return;
      }
      const header = 8 + Number(whole.readBigUInt64LE(0));
      whole[at % header] = (whole[at % header] as number) ^ 0x11;
      writeFileSync(path, whole);
      try {
        // A changed letter in a name or a space is still a valid file; the values must then be the same.
        expect(Object.values(readSafetensors(path)).flatMap(({ data }) => [...data]).length).toBe(8);
      } catch (error) {
        expect(error).toBeInstanceOf(ModelFileError);
      }
    },
  );

  test("a tensor name with terminal controls does not reach the message raw", () => {
    const error = caught(() => readSafetensors(raw({ "\u001b]0;x\u0007": entry("F99", [1], 0, 4) }, four)));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be absent
    expect(error.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });
});

function writeTo(bytes: Uint8Array): string {
  const path = join(temporaryFolder(), "x.safetensors");
  writeFileSync(path, bytes);
  return path;
}

function caught(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  return expect.fail("nothing was thrown");
}
