// The ranking of functions: sorted, filtered, and each with its lines.

/** How many functions are in the document before a button shows all. */
const SHOWN_FUNCTIONS = 100;

const order = { key: "at_peak", isDescending: true };
/** The rows of each function, made when they are first shown. */
const bodies = [];
let wanted = "";
let isAllShown = false;

function makeHead() {
  const head = ({ key, title, help, isText }) => {
    const button = make("button", { type: "button" }, title, make("span", { class: "arrow", "aria-hidden": "true" }));
    button.addEventListener("click", () => sortBy(key, isText));
    return make("th", { role: "columnheader", scope: "col", "data-key": key, class: isText ? "name" : `figure ${key}`, title: help }, button);
  };
  const columns = [{ key: "name", title: "Function", isText: true }, ...functionColumns()];
  byId("ranking").tHead.replaceChildren(make("tr", { role: "row" }, ...columns.map(head)));
  order.key = page.functions.some((it) => it[sharedKey()] !== null) ? sharedKey() : "increment";
}

function bodyOf(index) {
  bodies[index] ??= makeFunction(page.functions[index], index);
  return bodies[index];
}

function makeFunction(functionData, index) {
  const { name, file, line, note } = functionData;
  const toggle = make(
    "button", { type: "button", class: "toggle", "aria-expanded": "false", "aria-controls": `f${index}` },
    make("span", { class: "path" }, ...breakable(name)), make("span", { class: "file" }, `${file}:${line}`),
    note ? make("span", { class: "note" }, note) : null);
  toggle.addEventListener("click", () => setOpen(index, toggle.getAttribute("aria-expanded") === "false"));
  const figures = functionColumns().map((column) => cell(column, functionData[column.key]));
  const row = make("tr", { role: "row", class: "function" }, make("th", { role: "rowheader", scope: "row" }, toggle), ...figures);
  figuresOf.set(row, { ...functionData, isFunction: true });
  const content = make("td", { role: "cell", colspan: functionColumns().length + 1 });
  return make("tbody", { role: "rowgroup" }, row, make("tr", { role: "row", class: "detail", id: `f${index}`, hidden: "" }, content));
}

function setOpen(index, isOpen) {
  const [row, detail] = bodyOf(index).rows;
  const content = detail.cells[0];
  if (isOpen && !content.firstChild) content.append(lineTable(index));
  detail.hidden = !isOpen;
  row.querySelector(".toggle").setAttribute("aria-expanded", String(isOpen));
}

function sortBy(key, isText) {
  order.isDescending = order.key === key ? !order.isDescending : !isText;
  order.key = key;
  showFunctions();
}

function matches({ name, file, lines }) {
  const holds = (text) => text.toLowerCase().includes(wanted);
  return holds(name) || holds(file) || lines.some((line) => holds(line[1]));
}

function sorted() {
  const { key, isDescending } = order;
  const value = (index) => page.functions[index][key] ?? -Infinity;
  const compare = (a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0);
  return [...page.functions.keys()].sort((a, b) => (isDescending ? compare(b, a) : compare(a, b)) || a - b);
}

function showFunctions() {
  const found = sorted().filter((index) => wanted === "" || matches(page.functions[index]));
  const shown = isAllShown ? found : found.slice(0, SHOWN_FUNCTIONS);
  const table = byId("ranking");
  for (const body of [...table.tBodies]) body.remove();
  table.append(...shown.map(bodyOf));
  for (const head of table.tHead.rows[0].cells) {
    const isSorted = head.dataset.key === order.key;
    head.setAttribute("aria-sort", !isSorted ? "none" : order.isDescending ? "descending" : "ascending");
  }
  byId("more").hidden = shown.length === found.length;
  byId("more").textContent = `Show all ${count(found.length)}`;
  byId("none").hidden = found.length > 0 || page.functions.length === 0;
  byId("count").textContent = wanted === "" ? countWords() : `${count(found.length)} of ${times(page.functions.length, "function")}`;
}

/** The number of functions, and what the open ones hold. */
function countWords() {
  const all = times(page.functions.length, "function");
  const open = page.hottest.length;
  if (!page.rankings || open === 0 || open === page.functions.length) return all;
  const held = page.hottest.reduce((sum, index) => sum + page.functions[index].at_peak, 0);
  const which = open === 1 ? "the first holds" : `the first ${open} hold`;
  return `${all}; ${which} ${percent(held, wholePeak())} of the peak`;
}

/** Opens a function and brings a line of it, or its first, into view. */
function goTo(index, row) {
  if (!bodyOf(index).isConnected) {
    [wanted, isAllShown, byId("filter").value] = ["", true, ""];
    showFunctions();
  }
  setOpen(index, true);
  const target = row === undefined ? bodyOf(index) : byId(`f${index}l${row}`);
  if (target.hidden) target.fold.unfold();
  target.scrollIntoView({ block: "center", behavior: "auto" });
  target.querySelector("button")?.focus({ preventScroll: true });
  target.classList.add("found");
  setTimeout(() => target.classList.remove("found"), 2000);
}

function startFunctions() {
  makeHead();
  page.hottest.forEach((index) => setOpen(index, true));
  showFunctions();
  byId("filter").addEventListener("input", ({ target }) => {
    wanted = target.value.trim().toLowerCase();
    showFunctions();
  });
  byId("more").addEventListener("click", () => {
    isAllShown = true;
    showFunctions();
  });
  document.addEventListener("click", ({ target }) => {
    const link = target.closest("[data-function]");
    if (link) goTo(Number(link.dataset.function), link.dataset.row && Number(link.dataset.row));
  });
}
