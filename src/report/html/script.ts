/**
 * What the page does beside being read: theme, choice of figures, details on hover and focus, series on and off, the
 * browser of samples. Runs in the reader's browser, asks for nothing, and writes text only as text. Without it the page
 * still says everything. The page's policy lets this very text run, and no other.
 */
export const SCRIPT = String.raw`"use strict";
(() => {
const root = document.documentElement;
root.classList.add("js");
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const make = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

// Theme: the reader's choice is kept where the browser lets a page from disk keep anything.
const button = document.querySelector(".theme");
const system = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
const name = () => { button.textContent = isDark() ? "Light theme" : "Dark theme"; };
try { const kept = localStorage.getItem("mva-bench-theme"); if (kept === "dark" || kept === "light") root.dataset.theme = kept; } catch {}
button.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  try { localStorage.setItem("mva-bench-theme", root.dataset.theme); } catch {}
  name();
});
system.addEventListener("change", name);
name();

// A box that has nothing to scroll needs no stop of the Tab key.
const stops = () => { for (const box of all(".scroll, .canvas, pre")) {
  const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
  if (scrolls) box.setAttribute("tabindex", "0"); else box.removeAttribute("tabindex");
} };
addEventListener("resize", stops);

// Details of what is pointed at or focused.
const tip = make("div", { class: "tip", role: "status", hidden: "" });
document.body.append(tip);
let active = null;
const show = (point) => {
  if (active === point) return;
  if (active) active.classList.remove("active");
  active = point;
  tip.hidden = !point;
  if (!point) return;
  point.classList.add("active");
  tip.textContent = point.dataset.detail;
  const shape = (point.querySelector(":scope > :not(.region):not(.hit)") || point).getBoundingClientRect();
  const own = point.classList.contains("row") ? point.querySelector(".hit").getBoundingClientRect() : shape;
  const left = Math.min(Math.max(8, (shape.left + shape.right) / 2 + 14), innerWidth - tip.offsetWidth - 8);
  const above = own.top - tip.offsetHeight - 10;
  tip.style.left = left + "px";
  tip.style.top = (above > 8 ? above : own.bottom + 10) + "px";
};
addEventListener("keydown", (event) => { if (event.key === "Escape") show(null); });
addEventListener("scroll", () => show(null), { passive: true, capture: true });

const visible = (point) => point.getClientRects().length > 0;
for (const svg of all(".canvas svg")) {
  const points = all(".point", svg);
  const title = svg.querySelector(":scope > title");
  svg.setAttribute("aria-label", title.textContent);
  title.remove();
  if (points.length > 0 || svg.querySelector(".key")) svg.setAttribute("role", "group");
  if (points.length === 0) continue;
  for (const point of points) {
    const detail = point.querySelector("title");
    point.dataset.detail = detail.textContent;
    point.setAttribute("role", "img");
    point.setAttribute("aria-label", detail.textContent);
    point.setAttribute("tabindex", "-1");
    detail.remove();
    for (const inner of all("text", point)) inner.setAttribute("aria-hidden", "true");
    point.addEventListener("focus", () => show(point));
    point.addEventListener("blur", () => show(null));
  }
  const enter = () => {
    if (points.some((point) => point.tabIndex === 0 && visible(point))) return;
    for (const point of points) point.setAttribute("tabindex", "-1");
    const first = points.find((point) => !point.closest(".off, .aside:not(.on)")) || points[0];
    first.setAttribute("tabindex", "0");
  };
  enter();
  svg.addEventListener("series", enter);
  svg.addEventListener("keydown", (event) => {
    const from = event.target.closest(".point");
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
    if (!from || step === undefined) return;
    event.preventDefault();
    const there = points.filter(visible);
    const to = there[Math.min(there.length - 1, Math.max(0, there.indexOf(from) + step))];
    from.setAttribute("tabindex", "-1");
    to.setAttribute("tabindex", "0");
    to.focus();
  });
  // The nearest point within reach: small marks need not be hit exactly.
  svg.addEventListener("pointermove", (event) => {
    const direct = event.target.closest(".point");
    let best = direct;
    let reach = 14;
    if (!direct) for (const point of points) {
      if (!visible(point)) continue;
      const box = (point.querySelector(":scope > :not(.region)") || point).getBoundingClientRect();
      const away = Math.hypot((box.left + box.right) / 2 - event.clientX, (box.top + box.bottom) / 2 - event.clientY);
      if (away < reach) { reach = away; best = point; }
    }
    show(best);
  });
  svg.addEventListener("pointerleave", () => { if (!svg.contains(document.activeElement)) show(null); });
}

// Legends switch series on and off, in all figures of one choice together.
for (const key of all(".key")) {
  const scope = key.closest(".choice, figure");
  const own = () => all('.series[data-series="' + key.dataset.series + '"]', scope);
  const here = all('.series[data-series="' + key.dataset.series + '"]', key.closest("svg"));
  if (here.length === 0) continue;
  key.classList.add("switch");
  key.setAttribute("role", "switch");
  key.setAttribute("tabindex", "0");
  key.setAttribute("aria-label", key.querySelector("text").textContent);
  key.setAttribute("aria-checked", String(!here[0].classList.contains("aside")));
  const turn = () => {
    const on = key.getAttribute("aria-checked") !== "true";
    const linked = scope.matches('.choice[data-linked]') ? all('.key[data-series="' + key.dataset.series + '"]', scope) : [key];
    for (const other of linked) other.setAttribute("aria-checked", String(on));
    for (const series of linked.length > 1 ? own() : here) { series.classList.toggle("off", !on); series.classList.toggle("on", on); }
    for (const svg of all("svg", scope)) svg.dispatchEvent(new Event("series"));
  };
  key.addEventListener("click", turn);
  key.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    turn();
  });
}

// Of several figures of a kind, one at a time.
for (const choice of all(".choice")) {
  const figures = all("figure", choice);
  const controls = make("div", { class: "controls" });
  if (figures.length > 1) {
    const select = make("select");
    for (const figure of figures) select.append(make("option", {}, figure.dataset.title));
    const pick = () => { figures.forEach((figure, at) => { figure.hidden = at !== select.selectedIndex; }); show(null); stops(); };
    select.addEventListener("change", pick);
    controls.append(make("label", {}, "Show " + choice.dataset.label, select));
    pick();
  }
  const toggle = (label, off, selector) => {
    if (!choice.querySelector(selector)) return;
    const box = make("input", { type: "checkbox" });
    box.checked = true;
    box.addEventListener("change", () => choice.classList.toggle(off, !box.checked));
    controls.append(make("label", {}, box, label));
  };
  toggle("confidence regions", "no-regions", ".region");
  toggle("candidates not selected", "no-out", ".point.out");
  choice.prepend(controls);
}

// Samples: replies to one prompt side by side, one column a method, one row a mixture.
const data = document.getElementById("samples-data");
if (data) {
  const { values, methods, open, prompts, promptsInRun } = JSON.parse(data.textContent);
  const home = document.querySelector(".browser");
  const single = (method) => method.candidates.length === 1 && method.candidates[0].weights === "–";
  const chosen = new Set(open);
  const filter = make("input", { type: "search", placeholder: "words of a prompt or a reply" });
  const count = make("span", { role: "status" });
  const list = make("select", { class: "prompts", size: "7", "aria-label": "Prompts" });
  const view = make("div", { "aria-live": "polite" });
  const boxes = make("fieldset", {}, make("legend", {}, "Methods"));
  methods.forEach((method) => {
    if (single(method)) return;
    const box = make("input", { type: "checkbox" });
    box.checked = chosen.has(method.id);
    box.addEventListener("change", () => { if (box.checked) chosen.add(method.id); else chosen.delete(method.id); draw(); });
    boxes.append(make("label", {}, box, method.title));
  });
  const number = (x) => x === null ? "–" : x.toFixed(2).replace("-", "−");
  const cell = (reply, name) => {
    if (!reply) return make("td", {}, "–");
    const scores = values.map((value, k) => value + " " + number(reply.scores[k])).join(" · ");
    return make("td", {}, make("div", { dir: "auto" }, (reply.text || "–") + (reply.ended ? "" : " …")), make("span", { class: "scores" }, scores + (name ? " · " + name : "")));
  };
  const draw = () => {
    const prompt = prompts[Number(list.value)];
    if (!prompt || list.selectedIndex < 0) { view.replaceChildren(make("p", {}, "No prompt fits the filter.")); return; }
    const columns = methods.map((method, at) => ({ method, at })).filter(({ method }) => !single(method) && chosen.has(method.id));
    const weights = [...new Set(columns.flatMap(({ method }) => method.candidates.map((c) => c.weights)))];
    const head = make("tr", {}, make("th", { scope: "col" }, "weights"), ...columns.map(({ method }) => make("th", { scope: "col" }, method.title)));
    const body = make("tbody");
    methods.forEach((method, at) => {
      if (!single(method)) return;
      const cells = cell(prompt.replies[at][0]);
      cells.setAttribute("colspan", String(Math.max(1, columns.length)));
      body.append(make("tr", {}, make("th", { scope: "row" }, method.title), cells));
    });
    for (const weight of weights) {
      const row = make("tr", {}, make("th", { scope: "row" }, weight));
      for (const { method, at } of columns) {
        const found = method.candidates.findIndex((c) => c.weights === weight);
        row.append(cell(found < 0 ? null : prompt.replies[at][found]));
      }
      body.append(row);
    }
    const table = make("table", { class: "replies" }, make("thead", {}, head), body);
    table.style.setProperty("--columns", String(Math.max(1, columns.length)));
    view.replaceChildren(make("blockquote", { dir: "auto" }, prompt.text), make("div", { class: "scroll", role: "group", "aria-label": "Replies" }, table),
      make("p", { class: "notes" }, "Weights of " + values.join(" : ") + ". A reply that ends in … reached the token limit."));
    stops();
  };
  const search = prompts.map((prompt) => (prompt.text + "\n" + prompt.replies.flat().map((reply) => reply ? reply.text : "").join("\n")).toLowerCase());
  const refill = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = prompts.flatMap((prompt, at) => words.every((word) => search[at].includes(word)) ? [at] : []);
    const before = list.value;
    list.replaceChildren(...kept.map((at) => make("option", { value: String(at), dir: "auto" }, prompts[at].text)));
    list.value = kept.includes(Number(before)) && before !== "" ? before : String(kept[0]);
    count.textContent = kept.length + " of " + prompts.length + (promptsInRun > prompts.length ? " prompts, the first of " + promptsInRun + " in samples.jsonl" : " prompts");
    draw();
  };
  filter.addEventListener("input", refill);
  list.addEventListener("change", draw);
  home.append(make("div", { class: "controls" }, make("label", {}, "Filter", filter), count), list, make("div", { class: "controls" }, boxes), view);
  refill();
}
stops();
})();
`;
