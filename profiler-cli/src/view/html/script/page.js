// The page: hottest lines, the ranking of functions, and what reacts to a user.

const byId = (id) => document.getElementById(id);
const page = JSON.parse(byId("data").textContent);

// ---- Hottest lines

const MEASURES = [
  { key: "increment", title: "Increment", at: 5 },
  { key: "peak", title: "Peak", at: 6 },
  { key: "allocated", title: "Allocated", at: 7 },
];
const SHOWN_LINES = 5;
/** Lines with less than this share of the first line's figure are not shown. */
const SMALLEST_SHARE = 0.01;

/**
 * The lines with the highest figures, without lines that only call another measured function.
 *
 * The increment of a line is capped by its function's: a local that one line allocates is freed on
 * the closing brace.
 */
function hottest({ key, at }) {
  const found = [];
  page.functions.forEach(({ lines, increment }, index) => {
    const most = key === "increment" ? increment : Infinity;
    for (let row = 0; row < lines.length; row += 1) {
      const value = Math.min(lines[row][at], most);
      const least = found.length < SHOWN_LINES ? 0 : found.at(-1).value;
      if (value <= least) continue;
      const line = named(lines[row]);
      if (line.calls !== null || !isBody(line)) continue;
      found.splice(SHOWN_LINES - 1);
      found.push({ index, row, value });
      found.sort((a, b) => b.value - a.value);
    }
  });
  return found;
}

function hotLine({ index, row, value }, most, measure) {
  const { name, file } = page.functions[index];
  const line = named(page.functions[index].lines[row]);
  const [number, unit] = scaled(value);
  const isLess = measure.key === "increment" && value < line.increment;
  const left = isLess ? ` Its function freed the rest: ${exactly(value)} is left.` : "";
  const entry = make(
    "li", { class: measure.key },
    make("p", { class: "much" }, make("b", {}, number), ` ${unit} `, make("span", {}, measure.title)),
    make("div", { class: "what" },
      make("button", { type: "button", class: "place", "data-function": index, "data-row": row }, `${file}:${line.number}`),
      make("span", { class: "in" }, ` in ${name}`),
      make("div", { class: "scroll" }, code(line, true)),
      make("p", { class: "words" }, sentence(measure.key, line), left)),
  );
  entry.style.setProperty("--share", value / most);
  return entry;
}

function showHottest(measure) {
  const found = hottest(measure);
  const most = found[0]?.value;
  const shown = found.filter(({ value }) => value >= most * SMALLEST_SHARE);
  const entries = shown.map((entry) => hotLine(entry, most, measure));
  const nothing = make("p", { class: "nothing" }, measure.key === "increment" ? "No line has a positive increment." : "Nothing was measured.");
  byId("hottest").replaceChildren(entries.length ? make("ol", {}, ...entries) : nothing);
  for (const button of byId("measures").children) {
    button.setAttribute("aria-pressed", String(button.dataset.key === measure.key));
  }
}

function makeMeasures() {
  const known = MEASURES.filter(({ key }) => isHeap() || key === "increment");
  for (const measure of known) {
    const button = make("button", { type: "button", "data-key": measure.key }, measure.title);
    button.addEventListener("click", () => showHottest(measure));
    byId("measures").append(button);
  }
  byId("measures").hidden = known.length < 2;
  showHottest(known.find((measure) => hottest(measure).length > 0) ?? known[0]);
}

// ---- Functions

const RANKED = [
  { key: "name", title: "Function", isText: true },
  { key: "increment", title: "Increment", isSize: true },
  { key: "peak", title: "Peak", isSize: true, heapOnly: true },
  { key: "allocated", title: "Allocated", isSize: true, heapOnly: true },
  { key: "allocations", title: "Allocs", heapOnly: true },
  { key: "occurrences", title: "Occurrences" },
];
const ranked = () => RANKED.filter((column) => isHeap() || !column.heapOnly);
const bodies = [];
const order = { key: "increment", isDescending: true };

function makeHead() {
  const heads = ranked().map(({ key, title, isText }) => {
    const button = make("button", { type: "button" }, title, make("span", { class: "arrow", "aria-hidden": "true" }));
    button.addEventListener("click", () => sortBy(key, isText));
    return make("th", { scope: "col", "data-key": key, class: isText ? "name" : "figure" }, button);
  });
  byId("ranking").tHead.replaceChildren(make("tr", {}, ...heads));
}

function makeFunction(functionData, index, most) {
  const { name, file, line, note } = functionData;
  const toggle = make(
    "button", { type: "button", class: "toggle", "aria-expanded": "false", "aria-controls": `f${index}` },
    make("span", { class: "path" }, ...breakable(name)), make("span", { class: "file" }, `${file}:${line}`),
    note ? make("span", { class: "note" }, note) : null);
  toggle.addEventListener("click", () => setOpen(index, toggle.getAttribute("aria-expanded") === "false"));
  const figures = ranked().slice(1).map((column) => cell(column, functionData[column.key], most[column.key]));
  const row = make("tr", { class: "function" }, make("th", { scope: "row" }, toggle), ...figures);
  figuresOf.set(row, { ...functionData, isFunction: true });
  const content = make("td", { colspan: ranked().length });
  return make("tbody", {}, row, make("tr", { class: "detail", id: `f${index}`, hidden: "" }, content));
}

/** A path that may wrap after its colons. */
function breakable(path) {
  return path.split(/(?<=::)/).flatMap((part) => [part, make("wbr")]);
}

function makeFunctions() {
  const most = {};
  for (const key of ["increment", "peak"]) {
    most[key] = page.functions.reduce((most, it) => Math.max(most, Math.abs(it[key] ?? 0)), 0);
  }
  page.functions.forEach((it, index) => bodies.push(makeFunction(it, index, most)));
}

function setOpen(index, isOpen) {
  const [row, detail] = bodies[index].rows;
  const content = detail.cells[0];
  if (isOpen && !content.firstChild) content.append(lineTable(index));
  detail.hidden = !isOpen;
  row.querySelector(".toggle").setAttribute("aria-expanded", String(isOpen));
}

function sortBy(key, isText) {
  order.isDescending = order.key === key ? !order.isDescending : !isText;
  order.key = key;
  showOrder();
}

function showOrder() {
  const { key, isDescending } = order;
  const value = (index) => page.functions[index][key] ?? -Infinity;
  const compare = (a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0);
  const indices = [...bodies.keys()].sort((a, b) => (isDescending ? compare(b, a) : compare(a, b)) || a - b);
  byId("ranking").append(...indices.map((index) => bodies[index]));
  for (const head of byId("ranking").tHead.rows[0].cells) {
    const isSorted = head.dataset.key === key;
    head.setAttribute("aria-sort", !isSorted ? "none" : isDescending ? "descending" : "ascending");
  }
}

function matches({ name, file, lines }, wanted) {
  const holds = (text) => text.toLowerCase().includes(wanted);
  return holds(name) || holds(file) || lines.some((line) => holds(line[1]));
}

function filter() {
  const wanted = byId("filter").value.trim().toLowerCase();
  let shown = 0;
  page.functions.forEach((it, index) => {
    const isShown = wanted === "" || matches(it, wanted);
    bodies[index].hidden = !isShown;
    shown += isShown;
  });
  const all = times(page.functions.length, "function");
  byId("count").textContent = wanted === "" ? all : `${count(shown)} of ${all}`;
  byId("none").hidden = shown > 0;
}

/** Opens a function and brings a line of it, or its first, into view. */
function goTo(index, row) {
  bodies[index].hidden = false;
  setOpen(index, true);
  const target = row === undefined ? bodies[index] : byId(`f${index}l${row}`);
  target.scrollIntoView({ block: "center", behavior: "auto" });
  target.querySelector("button")?.focus({ preventScroll: true });
  target.classList.add("found");
  setTimeout(() => target.classList.remove("found"), 2000);
}

document.addEventListener("click", ({ target }) => {
  const link = target.closest("[data-function]");
  if (link) goTo(Number(link.dataset.function), link.dataset.row && Number(link.dataset.row));
});

// ---- Tooltips

/** Explains the figure under the pointer. Keys get the same words from the button of a line. */
function showTip({ target }) {
  const td = target.closest("td[data-column]");
  if (!td) return hideTip();
  const tip = byId("tip");
  tip.textContent = sentence(td.dataset.column, figuresOf.get(td.parentElement));
  tip.hidden = false;
  const box = td.getBoundingClientRect();
  const left = Math.min(box.left, document.documentElement.clientWidth - tip.offsetWidth - 12);
  const below = box.bottom + 6;
  const isRoomBelow = below + tip.offsetHeight < document.documentElement.clientHeight;
  tip.style.left = `${Math.max(12, left)}px`;
  tip.style.top = `${isRoomBelow ? below : box.top - tip.offsetHeight - 6}px`;
}

function hideTip() {
  byId("tip").hidden = true;
}

document.addEventListener("keydown", ({ key }) => key === "Escape" && hideTip());
document.addEventListener("scroll", hideTip, true);
document.addEventListener("mouseover", showTip);

// ---- Theme

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  return (document.documentElement.dataset.theme ?? (prefersDark.matches ? "dark" : "light")) === "dark";
}

function showTheme() {
  byId("theme").textContent = isDark() ? "Light theme" : "Dark theme";
}

byId("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  showTheme();
});
prefersDark.addEventListener("change", showTheme);

// ---- Start

function showRun() {
  const parts = [page.program, page.backend === "heap" ? "heap, exact bytes" : "resident set, in pages"];
  if (page.process_bytes !== null) parts.push(`${size(page.process_bytes)} in use when recorded`);
  byId("run").textContent = parts.filter(Boolean).join(" · ");
}

showRun();
showTheme();
makeHead();
makeFunctions();
showOrder();
filter();
makeMeasures();
showTimeline();
byId("filter").addEventListener("input", filter);
const first = document.querySelector("#hottest .place");
if (first) setOpen(Number(first.dataset.function), true);
