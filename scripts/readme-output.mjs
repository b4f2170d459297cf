// Puts the first screen of a finished run's report into README.md, so that what the README shows is real output.
// usage (after npm run build): node scripts/readme-output.mjs RUN_FOLDER
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { renderText, reportOf } from "../dist/report/index.js";

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error("usage: node scripts/readme-output.mjs RUN_FOLDER");
  process.exit(2);
}
const report = reportOf(folder);
const text = renderText({ ...report, sections: [] }, 80).trimEnd();
const readme = fileURLToPath(new URL("../README.md", import.meta.url));
const old = readFileSync(readme, "utf8");
const block = /(<!-- output:[^>]*-->\n)[\s\S]*?(<!-- \/output -->)/;
if (!block.test(old)) {
  console.error("README.md has no output block");
  process.exit(1);
}
writeFileSync(
  readme,
  old.replace(block, (_, open, close) => `${open}\n\`\`\`text\n${text}\n\`\`\`\n\n${close}`),
);
