// The table of a function's lines, made when the function is opened.

/** Makes an element; `attributes` are set as they are, `children` are text or elements. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** The figures that a row shows, for its tooltips. */
const figuresOf = new WeakMap();

/** The columns of figures: key, title, whether it holds sizes, whether rss has it too. */
const COLUMNS = [
  { key: "increment", title: "Increment", isSize: true, inRss: true },
  { key: "peak", title: "Peak", isSize: true },
  { key: "usage", title: "Mem usage", isSize: true, inRss: true },
  { key: "allocations", title: "Allocs" },
  { key: "occurrences", title: "Occurrences", inRss: true },
];

const shownColumns = () => COLUMNS.filter((column) => isHeap() || column.inRss);

/** A line of the data with names to its figures. */
function named(array) {
  const [number, source, pieces, calls, usage, increment, peak, allocated, allocations, occurrences, kind] = array;
  return { number, source, pieces, calls, usage, increment, peak, allocated, allocations, occurrences, kind };
}

/** Whether a row belongs to code, rather than to the reading on entry. */
const isBody = ({ kind }) => kind !== "entry";

/** The source of a line, in its colours. */
function code({ source, pieces }, trim = false) {
  const element = make("code");
  let start = 0;
  for (const [, kind, length] of pieces.matchAll(/(\D)(\d+)/g)) {
    const end = start + Number(length);
    const text = source.slice(start, end);
    element.append(kind === "_" ? text : make("span", { class: kind }, text));
    start = end;
  }
  if (trim && element.firstChild?.nodeType === Node.TEXT_NODE) {
    element.firstChild.textContent = element.firstChild.textContent.trimStart();
  }
  return element;
}

/** A figure, its unit apart so that the digits stand below each other. */
function figure(value, isSize) {
  if (!isSize) return [make("b", {}, count(value))];
  const [number, unit] = scaled(value);
  return [make("b", {}, number), make("i", {}, ` ${unit}`)];
}

/** A cell with a figure and, where `most` is given, a bar of its share of that. */
function cell(column, value, most = 0) {
  if (value === null || value === undefined) return make("td");
  const kinds = ["figure", column.key];
  if (value === 0) kinds.push("zero");
  if (value < 0) kinds.push("freed");
  const td = make("td", { class: kinds.join(" "), "data-column": column.key }, ...figure(value, column.isSize));
  if (most > 0 && value !== 0) {
    td.classList.add("bar");
    td.style.setProperty("--share", Math.abs(value) / most);
  }
  return td;
}

/** The figures that a full bar stands for. The reading on entry is not caused by a line. */
function scales(lines) {
  const body = lines.filter(isBody);
  const most = (key) => body.reduce((most, line) => Math.max(most, Math.abs(line[key] ?? 0)), 0);
  const gained = body.reduce((sum, line) => sum + Math.max(0, line.increment ?? 0), 0);
  return { increment: most("increment"), peak: most("peak"), gained };
}

/** As in terminals: a line with half of all increments and peaks is hot, one with a tenth is warm. */
function heats(lines) {
  const weight = (line) => Math.max(0, line.increment ?? 0, line.peak ?? 0);
  const total = lines.filter(isBody).reduce((sum, line) => sum + weight(line), 0);
  return lines.map((line) => {
    if (!isBody(line) || weight(line) === 0) return "";
    return weight(line) * 2 >= total ? "hot" : weight(line) * 10 >= total ? "warm" : "";
  });
}

function lineRow(line, { id, heat, scale }) {
  const ran = line.occurrences !== null;
  const button = make("button", { type: "button", class: "number", "aria-expanded": "false", "aria-label": `Explain line ${line.number}` }, String(line.number));
  const text = make("td", { class: "source" }, code(line));
  if (line.calls !== null) text.append(callee(line.calls));
  return make(
    "tr", { class: ran ? heat : "unused", id },
    make("th", { scope: "row" }, ran ? button : make("span", { class: "number" }, String(line.number))),
    ...shownColumns().map((column) => cell(column, line[column.key], scale[column.key])),
    text,
  );
}

/** A button that leads to the function that a line calls. */
function callee(index) {
  const { name } = page.functions[index];
  return make("button", { type: "button", class: "callee", "data-function": index }, `→ ${name}`);
}

/** The row below a line that explains its figures. */
function explanation(line, gained) {
  const figures = { ...line, whole: gained };
  const sentences = shownColumns().map(({ key }) => sentence(key, figures)).filter(Boolean);
  if (line.calls !== null) {
    sentences.unshift(`Most of it happens in ${page.functions[line.calls].name}, which this line calls.`);
  }
  const items = sentences.map((text) => make("li", {}, text));
  const width = shownColumns().length + 2;
  return make("tr", { class: "words" }, make("td", { colspan: width }, make("ul", {}, ...items)));
}

/** The table of the lines of the function at `index`. */
function lineTable(index) {
  const { name, lines: arrays } = page.functions[index];
  const lines = arrays.map(named);
  const scale = scales(lines);
  const heat = heats(lines);
  const head = shownColumns().map(({ title }) => make("th", { scope: "col", class: "figure" }, title));
  const rows = lines.map((line, row) => lineRow(line, { id: `f${index}l${row}`, heat: heat[row], scale: isBody(line) ? scale : {} }));
  const body = make("tbody", {}, ...rows);
  body.addEventListener("click", ({ target }) => {
    const button = target.closest("button.number");
    if (button) toggleWords(button, lines, scale.gained);
  });
  rows.forEach((row, at) => figuresOf.set(row, { ...lines[at], whole: scale.gained }));
  return make(
    "div", { class: "scroll", role: "region", "aria-label": `Lines of ${name}`, tabindex: "0" },
    make("table", { class: "lines" },
      make("caption", { class: "hidden" }, `Lines of ${name}`),
      make("thead", {}, make("tr", {}, make("th", { scope: "col" }, make("span", { class: "hidden" }, "Line")), ...head, make("th", { scope: "col", class: "source" }, "Line Contents"))),
      body),
  );
}

function toggleWords(button, lines, gained) {
  const row = button.closest("tr");
  const isOpen = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!isOpen));
  if (isOpen) return row.nextElementSibling.remove();
  const index = Number(row.id.split("l")[1]);
  row.after(explanation(lines[index], gained));
}
