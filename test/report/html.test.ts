import { createHash } from "node:crypto";
import { Script } from "node:vm";
import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { SCRIPT } from "../../src/report/html/script.js";
import { STYLE } from "../../src/report/html/style.js";
import { buildReport, renderHtml } from "../../src/report/index.js";
import { evidenceFixture } from "./evidence-fixture.js";
import { summaryFixture } from "./summary-fixture.js";
import { wellFormed } from "./well-formed.js";

const html = renderHtml(buildReport(summaryFixture(), evidenceFixture()));

/** What tries to be more than text. */
const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom(
    "</script><script>alert(1)</script>",
    "</SCRIPT ><img src=x onerror=alert(1)>",
    "<!--<script>",
    "]]></style><svg onload=alert(1)>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "javascript:alert(1)",
    "\u001b]8;;http://example.org\u0007link\u001b]8;;\u0007",
    "\u2028alert(1)\u2029",
    "&lt;b&gt;",
  ),
);

/** A run all of whose texts, from data and from models, are `text`. */
function pageOf(text: string): string {
  const base = summaryFixture();
  const summary = summaryFixture({
    run: { ...base.run, title: text, suite: text, command: ["mva-bench", text], hardware: text, engine: text },
    values: base.values.map((value, k) => ({ ...value, name: `${text}${k}` })),
    methods: base.methods.map((method) => ({
      ...method,
      title: text,
      candidates: method.candidates.map((candidate) => ({ ...candidate, name: `${text} ${candidate.name}` })),
    })),
    questions: base.questions.map((question) => ({ ...question, asks: text })),
    failures: [{ method: "alpha", seed: 1, message: text }],
    uncharged: [{ kind: text, flops: 1, seconds: 1 }],
  });
  const evidence = evidenceFixture({ prompt: text, reply: text });
  return renderHtml(
    buildReport(summary, {
      ...evidence,
      curves: evidence.curves.map((curve) => ({ ...curve, task: text })),
      record: { suite: text, lock: text, environment: [[text, text]] },
      missing: [text],
    }),
  );
}

describe("one page that asks for nothing", () => {
  test("no address, no import, no handler in markup", () => {
    wellFormed(html);
    expect(html).not.toMatch(/<link|<img|<iframe|@import|url\((?!#)|\ssrc=|\son\w+="|\sstyle="/i);
    expect([...html.matchAll(/https?:\/\/[^"'\s<]+/g)].every(([url]) => url === "http://www.w3.org/2000/svg")).toBe(
      true,
    );
    expect(html).toContain("Alpha&#39;s hypervolume exceeds Betas&#39; by");
  });

  test("its policy lets its own script and style run, and nothing else", () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1]?.replaceAll("&#39;", "'");
    const hash = (content: string | undefined) =>
      `'sha256-${createHash("sha256")
        .update(content ?? "")
        .digest("base64")}'`;
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1];
    const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, content]) => content);
    expect(scripts).toHaveLength(1);
    expect(policy).toBe(
      `default-src 'none'; style-src ${hash(style)}; script-src ${hash(scripts[0])}; base-uri 'none'; form-action 'none'`,
    );
  });

  test("its script is a program, and never writes markup", () => {
    expect(() => new Script(SCRIPT)).not.toThrow();
    expect(SCRIPT).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|fetch\(/);
  });

  test("style and script cannot end before their end", () => {
    expect(STYLE).not.toContain("</");
    expect(SCRIPT).not.toContain("</");
  });
});

describe("whatever names, prompts, replies and messages hold", () => {
  property.prop([hostile], { numRuns: 25 })("they stay text", (text) => {
    const page = pageOf(text);
    wellFormed(page);
    expect(page.match(/<script/gi)).toHaveLength(2);
    expect(page.match(/<\/script/gi)).toHaveLength(2);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(page).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]/);
  });

  test("the samples that the page carries are those of the model, to the letter", () => {
    const text = '</script><!-- & <b> "quoted" 日本語';
    const report = buildReport(summaryFixture(), evidenceFixture({ reply: text }));
    const carried = /id="samples-data">([\s\S]*?)<\/script>/.exec(renderHtml(report))?.[1] ?? "";
    expect(JSON.parse(carried)).toEqual(report.samples);
    expect(carried).toContain("quoted");
  });
});

describe("accessible by its markup", () => {
  test("language, title, one main, one first heading, headings without gaps, a way past the header", () => {
    expect(html).toContain('<html lang="en">');
    expect(html).toMatch(/<title>[^<]+<\/title>/);
    expect(html.match(/<main/g)).toHaveLength(1);
    expect(html.match(/<h1/g)).toHaveLength(1);
    const levels = [...html.matchAll(/<h([1-6])[ >]/g)].map(([, level]) => Number(level));
    levels.forEach((level, at) => {
      expect(level - (levels[at - 1] ?? 0)).toBeLessThanOrEqual(1);
    });
    expect(html).toContain('href="#main"');
  });

  test("every link leads somewhere, no name is given twice", () => {
    const ids = [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target] of html.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
  });

  test("every picture has a title, a description and a caption; every head of a table says what it heads", () => {
    const pictures = html.match(/<svg/g) ?? [];
    expect(pictures.length).toBeGreaterThan(5);
    expect(html.match(/<svg [^>]*role="img"[^>]*><title>[^<]+<\/title><desc>[^<]+<\/desc>/g)).toHaveLength(
      pictures.length,
    );
    expect(html.match(/<figcaption>/g)).toHaveLength(pictures.length);
    expect(html.match(/<th/g)?.length).toBe(
      (html.match(/<th scope="/g)?.length ?? 0) + (html.match(/<thead/g)?.length ?? 0),
    );
  });
});
