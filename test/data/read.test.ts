import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { InputError } from "../../src/data/errors.js";
import { dataHash } from "../../src/data/hash.js";
import { type ReadOptions, readPairs } from "../../src/data/read.js";
import { sharedFolder } from "../skip.js";

function folder(files: Record<string, string | Buffer>): string {
  const path = mkdtempSync(join(tmpdir(), "mva-data-"));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

function file(name: string, content: string | Buffer): string {
  return join(folder({ [name]: content }), name);
}

async function faultOf(path: string, options?: ReadOptions): Promise<string> {
  const fault = await readPairs(path, options).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(fault).toBeInstanceOf(InputError);
  const { message, exitCode } = fault as InputError;
  expect([...message].every((character) => character >= " ")).toBe(true);
  expect(exitCode).toBe(2);
  return message;
}

const header = "value,prompt,chosen,rejected\n";

describe("forms", () => {
  test("CSV with a value column, quotes, commas and line breaks in fields", async () => {
    const path = file("x.csv", `${header}helpful,"Why, ""sir""?","Because.\nSo.",No\r\nharmless,How?,Yes,No\r\n`);
    const { pairs, values } = await readPairs(path);
    expect(values).toEqual(["helpful", "harmless"]);
    expect(pairs[0]).toEqual({ value: "helpful", prompt: 'Why, "sir"?', chosen: "Because.\nSo.", rejected: "No" });
    expect(pairs[1]).toEqual({ value: "harmless", prompt: "How?", chosen: "Yes", rejected: "No" });
  });

  test("a folder with one file a value, plain and compressed, other files left alone", async () => {
    const row = JSON.stringify({ prompt: "p", chosen: "a", rejected: "b" });
    const path = folder({
      "humorous.jsonl.gz": gzipSync(`${row}\n`),
      "helpful.csv": "prompt,chosen,rejected\np,a,b\n",
      LICENSE: "free",
    });
    const { pairs, values } = await readPairs(path);
    expect(values).toEqual(["helpful", "humorous"]);
    expect(pairs.map((pair) => pair.value)).toEqual(["helpful", "humorous"]);
  });

  test("dialogues are split at the last assistant turn", async () => {
    const start = "\n\nHuman: Hi\n\nAssistant: Hello.\n\nHuman: Bye\n\nAssistant:";
    const rows = [
      { chosen: `${start} So long.`, rejected: `${start} What?` },
      { chosen: `${start} So long.`, rejected: "\n\nHuman: Hi\n\nAssistant: Hello!\n\nHuman: Bye\n\nAssistant: What?" },
      { chosen: "no turns", rejected: "at all" },
      { chosen: `${start} Same.`, rejected: `${start} Same.` },
      { chosen: `${start}`, rejected: `${start} Same.` },
    ];
    const path = file("helpful.jsonl", rows.map((row) => JSON.stringify(row)).join("\n"));
    const { pairs, dropped } = await readPairs(path);
    expect(pairs).toEqual([{ value: "helpful", prompt: start, chosen: "So long.", rejected: "What?" }]);
    expect(dropped).toMatchObject({
      "prefix mismatch": 1,
      "no assistant turn": 1,
      "identical sides": 1,
      "empty side": 1,
    });
  });

  test("two labels on one pair give one row a value", async () => {
    const common = { prompt: "How?", response_0: "Like this.", response_1: "Do not." };
    const rows = [
      { ...common, is_response_0_safe: false, better_response_id: 0, safer_response_id: 1 },
      { ...common, prompt: "Why?", better_response_id: 1, safer_response_id: 1, funnier_response_id: 0 },
    ];
    const path = file("pairs.jsonl", rows.map((row) => JSON.stringify(row)).join("\n"));
    const { pairs } = await readPairs(path);
    expect(pairs.map(({ value, prompt, chosen }) => [value, prompt, chosen])).toEqual([
      ["helpful", "How?", "Like this."],
      ["harmless", "How?", "Do not."],
      ["helpful", "Why?", "Do not."],
      ["harmless", "Why?", "Do not."],
      ["funnier", "Why?", "Like this."],
    ]);
    expect(await faultOf(file("bad.jsonl", JSON.stringify({ ...common, better_response_id: 2 })))).toContain(
      '"better_response_id" must be 0 or 1, not 2',
    );
  });

  test("duplicates and over-long rows are dropped and counted by value", async () => {
    const path = file("x.csv", `${header}a,p,x,y\na,p,x,y\nb,p,x,y\nb,p,${"long ".repeat(9)},y\n`);
    const set = await readPairs(path, { lengthOf: (prompt, reply) => prompt.length + reply.length, maxLength: 20 });
    expect(set.pairs).toHaveLength(2);
    expect(set.droppedByValue.a).toMatchObject({ duplicate: 1, "over-long": 0 });
    expect(set.droppedByValue.b).toMatchObject({ duplicate: 0, "over-long": 1 });
  });

  test("a split column is kept, and a prompt in two splits is refused", async () => {
    const rows = "value,prompt,chosen,rejected,split\na,p,x,y,test\n";
    expect((await readPairs(file("x.csv", rows))).pairs[0]?.split).toBe("test");
    expect(await faultOf(file("x.csv", `${rows}b, P ,x,y,train\n`))).toMatch(/line 3: this prompt is in split "train"/);
    expect(await faultOf(file("x.csv", rows.replace("y,test", "y,tset")))).toMatch(/line 2: split "tset" is none of/);
  });

  test("a prompt whose split one row names has it in rows that name none", async () => {
    const rows = "value,prompt,chosen,rejected,split\na,p,x,y,\na,q,x,y,\nb, P ,x,y,test\n";
    const { pairs } = await readPairs(file("x.csv", rows));
    expect(pairs.map(({ split }) => split)).toEqual(["test", undefined, "test"]);
  });

  test("the shared HH files have 14 prefix mismatches and 2 identical sides", async (context) => {
    const { pairs, dropped } = await readPairs(sharedFolder(context, "data/hh"));
    expect(dropped["prefix mismatch"]).toBe(14);
    expect(dropped["identical sides"]).toBe(2);
    const total = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    expect(pairs.length + total).toBe(2354 + 2312);
    for (const { prompt, chosen } of pairs) {
      expect(prompt.endsWith("\n\nAssistant:")).toBe(true);
      expect(chosen).not.toContain("\n\nAssistant:");
    }
  });
});

describe("bad input is one clear line with exit code 2", () => {
  test("missing file or folder, folder without data, unknown kind", async () => {
    expect(await faultOf("/nowhere/x.csv")).toContain("no such data file or folder: /nowhere/x.csv");
    expect(await faultOf(folder({ LICENSE: "x" }))).toContain("no data files in this folder");
    expect(await faultOf(file("x.parquet", "x"))).toContain("unknown kind of data file");
  });

  test("empty files", async () => {
    expect(await faultOf(file("x.csv", ""))).toContain("the file is empty");
    expect(await faultOf(file("x.jsonl", ""))).toContain("the file is empty");
    expect(await faultOf(file("x.csv", header))).toContain("no rows");
    expect(await faultOf(file("x.jsonl.gz", gzipSync("")))).toContain("the file is empty");
  });

  test("too few and too many columns, with the line number", async () => {
    expect(await faultOf(file("x.csv", `${header}a,p,x,y\na,p,x\n`))).toMatch(/line 3 has too few columns: 3, .* 4/);
    expect(await faultOf(file("x.csv", `${header}a,p,"x\n\nx",y\n\na,p,x,y,z\n`))).toMatch(
      /line 6 has too many columns/,
    );
    expect(await faultOf(file("x.csv", `${header}a,"p\nq",x\n`))).toMatch(/line 2 has too few columns/);
  });

  test("a truncated CSV is told by its last line", async () => {
    expect(await faultOf(file("x.csv", `${header}a,p,x,y\na,p`))).toMatch(/line 3 has too few columns/);
  });

  test("an unclosed quote is told by the line where it opens, not by the file's last", async () => {
    const rest = "a,p,x,y\n".repeat(50);
    expect(await faultOf(file("x.csv", `${header}a,p,"x,y\n${rest}`))).toMatch(
      /line 2: a quote opens here and is not closed/,
    );
    // Behind records of several lines, doubled quotes and in the middle of its own record.
    const before = 'a,"p\nq","x ""y""",z\na,p,x,y\n';
    expect(await faultOf(file("x.csv", `${header}${before}a,"p\nq","x ""n\n${rest}`))).toMatch(
      /line 6: a quote opens here/,
    );
    expect(await faultOf(file("x.csv", `${header}${before}a,p,x,"say ""hello"" to\n${rest}`))).toMatch(
      /line 5: a quote opens/,
    );
    expect(await faultOf(file("x.csv", `${header}a,p,"x"x,y\n`))).toMatch(/line 2 is not well-formed CSV/);
  });

  test("bytes that are not UTF-8, with the line number", async () => {
    const bytes = Buffer.concat([Buffer.from(`${header}a,é,x,y\na,p,x`), Buffer.from([0xe9]), Buffer.from(",y\n")]);
    expect(await faultOf(file("x.csv", bytes))).toMatch(/line 3 is not UTF-8/);
    expect(await faultOf(file("x.csv", bytes.subarray(0, header.length + 3)))).toMatch(/line 2 is not UTF-8/);
    expect(await faultOf(file("x.jsonl", Buffer.from([0xff, 0xfe, 0x7b, 0])))).toMatch(/line 1 is not UTF-8/);
  });

  test("truncated or damaged compressed files", async () => {
    const packed = gzipSync(`${header}${"a,p,x,y\n".repeat(500)}`);
    expect(await faultOf(file("x.csv.gz", packed.subarray(0, packed.length - 20)))).toMatch(/truncated/);
    expect(await faultOf(file("x.csv.gz", "plain text"))).toMatch(/not a valid gzip file/);
  });

  test("JSONL that is cut, no object, or of the wrong type", async () => {
    const good = JSON.stringify({ prompt: "p", chosen: "x", rejected: "y" });
    expect(await faultOf(file("x.jsonl", `${good}\n${good.slice(0, -5)}`))).toMatch(/line 2 is not valid JSON/);
    expect(await faultOf(file("x.jsonl", `${good}\n[1]\n`))).toMatch(/line 2 is not a JSON object/);
    expect(await faultOf(file("x.jsonl", `${good.replace('"x"', "7")}\n`))).toMatch(
      /"chosen" must be text, not number/,
    );
    expect(await faultOf(file("x.jsonl", '{"question":"p"}\n'))).toMatch(/no preference pair: question/);
  });

  test("no pairs for a value", async () => {
    const path = file("x.csv", `${header}helpful,p,x,y\nharmless,p,x,x\n`);
    expect(await faultOf(path)).toMatch(/no pairs for the value "harmless" \(values with pairs: helpful\)/);
    expect(await faultOf(path, { values: ["helpful", "honest"] })).toMatch(/no pairs for the value "honest"/);
  });

  test("terminal escapes in the data do not come through in messages", async () => {
    expect(await faultOf(file("x.csv", "value,prompt,\u001b[2Jchosen\na,b,c\n"))).toContain("[2Jchosen");
  });
});

test("the data hash follows content and names, not compression", async () => {
  const text = `${header}a,p,x,y\n`;
  const plain = await dataHash(folder({ "x.csv": text }));
  expect(plain).toMatch(/^[0-9a-f]{64}$/);
  expect(await dataHash(folder({ "x.csv.gz": gzipSync(text), README: "other" }))).toBe(plain);
  expect(await dataHash(folder({ "y.csv": text }))).not.toBe(plain);
  expect(await dataHash(folder({ "x.csv": `${text} ` }))).not.toBe(plain);
});
