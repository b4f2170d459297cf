/**
 * JUnit XML held against what Jenkins' `junit-10.xsd` demands of the elements that `check` uses: which may stand in which (there in
 * any order and number), with which attributes, which of them required; and beyond it, that the counts are those of the
 * cases. A strict little parser: no comments, no CDATA, no namespaces.
 */
interface Node {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: Node[];
  text: string;
}

interface Rule {
  readonly required: readonly string[];
  readonly optional: readonly string[];
  readonly children: readonly string[];
  readonly text: boolean;
}

const RULES: Readonly<Record<string, Rule>> = {
  testsuites: {
    required: [],
    optional: ["name", "time", "tests", "failures", "errors"],
    children: ["testsuite"],
    text: false,
  },
  testsuite: {
    required: ["name", "tests", "failures", "errors"],
    optional: ["group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"],
    children: ["testsuite", "properties", "testcase", "system-out", "system-err"],
    text: false,
  },
  testcase: {
    required: ["name"],
    optional: ["time", "classname", "group"],
    children: ["skipped", "error", "failure", "system-out", "system-err"],
    text: false,
  },
  skipped: { required: [], optional: ["type", "message"], children: [], text: true },
  failure: { required: [], optional: ["type", "message"], children: [], text: true },
  error: { required: [], optional: ["type", "message"], children: [], text: true },
  "system-out": { required: [], optional: [], children: [], text: true },
};

/** Every fault, one line each. */
export function junitFaults(xml: string): string[] {
  const root = parse(xml);
  const faults = root.name === "testsuites" || root.name === "testsuite" ? [] : [`root is ${root.name}`];
  const visit = (node: Node, path: string) => {
    const at = `${path}/${node.name}`;
    const rule = RULES[node.name];
    if (rule === undefined) {
      faults.push(`${at}: no such element`);
      return;
    }
    for (const name of rule.required) if (!node.attributes.has(name)) faults.push(`${at}: lacks ${name}`);
    for (const name of node.attributes.keys()) {
      if (![...rule.required, ...rule.optional].includes(name)) faults.push(`${at}: ${name} is no attribute of it`);
    }
    if (!rule.text && node.text.trim() !== "") faults.push(`${at}: text`);
    for (const child of node.children) {
      if (!rule.children.includes(child.name)) faults.push(`${at}: may not hold ${child.name}`);
      visit(child, at);
    }
    const cases = node.children.filter(({ name }) => name === "testcase");
    const holding = (name: string) => cases.filter((one) => one.children.some((child) => child.name === name)).length;
    if (node.name !== "testsuite") return;
    for (const [attribute, found] of [
      ["tests", cases.length],
      ["failures", holding("failure")],
      ["errors", holding("error")],
      ["skipped", holding("skipped")],
    ] as const) {
      const told = node.attributes.get(attribute);
      if (told !== undefined && Number(told) !== found)
        faults.push(`${at}: ${attribute} says ${told}, there are ${found}`);
    }
  };
  visit(root, "");
  return faults;
}

function parse(xml: string): Node {
  const declaration = /^<\?xml version="1\.0" encoding="UTF-8"\?>\n/;
  if (!declaration.test(xml)) throw new Error("no XML declaration");
  const open: Node[] = [{ name: "", attributes: new Map(), children: [], text: "" }];
  const rest = xml.replace(declaration, "");
  const token = /<(\/?)([a-z-]+)((?:\s+[a-z]+="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;
  let at = 0;
  for (let match = token.exec(rest); match !== null; match = token.exec(rest)) {
    at = token.lastIndex;
    const top = open.at(-1);
    const [, closing, name = "", attributes = "", single, text] = match;
    if (top === undefined) throw new Error("closed too often");
    if (text !== undefined) {
      top.text += unescaped(text);
    } else if (closing === "/") {
      if (top.name !== name) throw new Error(`</${name}> closes <${top.name}>`);
      open.pop();
    } else {
      const found = [...attributes.matchAll(/([a-z]+)="([^"]*)"/g)].map(
        ([, key = "", value = ""]) => [key, unescaped(value)] as const,
      );
      const node: Node = { name, attributes: new Map(found), children: [], text: "" };
      if (node.attributes.size !== found.length) throw new Error(`<${name}> has an attribute twice`);
      top.children.push(node);
      if (single !== "/") open.push(node);
    }
  }
  if (at !== rest.length) throw new Error(`not well-formed at ${JSON.stringify(rest.slice(at, at + 40))}`);
  const [document] = open;
  const root = document?.children[0];
  if (open.length !== 1 || root === undefined || document?.children.length !== 1)
    throw new Error("not one root element");
  return root;
}

function unescaped(text: string): string {
  const bare = text.replaceAll(/&(?:amp|lt|gt|quot);/g, "");
  if (bare.includes("&")) throw new Error(`a bare & in ${JSON.stringify(text)}`);
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}
