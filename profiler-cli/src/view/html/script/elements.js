// Elements of tables and lists.

/** Longest source of a line that is shown. Generated code may have a whole file on one line. */
const LONGEST_SOURCE = 2000;

/** Makes an element; `attributes` are set as they are, `children` are text or elements. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** The columns of figures, in the order of the tables in text. */
const COLUMNS = [
  { key: "usage", title: "Mem usage", isSize: true, isOfLines: true, help: "Memory in use after the line: the highest of all its executions." },
  { key: "increment", title: "Increment", isSize: true, help: "Memory in use after minus before, over all executions; with what was called." },
  { key: "peak", title: "Peak", isSize: true, isHeap: true, help: "The highest rise above the start during one execution; with what was called." },
  { key: "at_peak", title: "At peak", isSize: true, isHeld: true, help: "Bytes that the lines themselves had allocated and that were in use at the process's peak." },
  { key: "live", title: "Live", isSize: true, isHeld: true, help: "Bytes that the lines themselves had allocated and that are in use at the end." },
  { key: "allocations", title: "Allocs", isHeap: true, help: "Number of allocations; with what was called." },
  { key: "occurrences", title: "Occurrences", help: "How often a line ran, or a function was called." },
];

/** Only a recording with live blocks, or one of the tracer, has figures of that kind. */
const isKnown = new Map();
function isShown({ key, isHeap: needsHeap, isHeld }) {
  if (needsHeap) return isHeap();
  if (!isHeld) return true;
  if (!isKnown.has(key)) isKnown.set(key, page.functions.some((it) => it[key] !== null));
  return isKnown.get(key);
}

const lineColumns = () => COLUMNS.filter(isShown);
const functionColumns = () => lineColumns().filter((column) => !column.isOfLines);

/** The column whose figures are shown as shares of the peak. */
const sharedKey = () => (isShown(COLUMNS[3]) ? "at_peak" : isHeap() ? "peak" : "increment");

/** A line of the data with names to its figures. */
function named(array) {
  const [number, source, pieces, length, usage, increment, peak, at_peak, live, allocated, allocations, occurrences, kind] = array;
  return { number, source, pieces, length, usage, increment, peak, at_peak, live, allocated, allocations, occurrences, kind };
}

/** The coloured pieces of a line. */
function* pieces({ source, pieces: lengths }) {
  let start = 0;
  for (const [, kind, length] of lengths.matchAll(/(\D)(\d+)/g)) {
    const end = start + Number(length);
    const isLast = end > LONGEST_SOURCE;
    yield [kind, source.slice(start, isLast ? LONGEST_SOURCE : end) + (isLast ? "…" : "")];
    if (isLast) return;
    start = end;
  }
}

const colored = ([kind, text]) => (kind === "_" ? text : make("span", { class: kind }, text));

/** The source of a line, in its colours. Lines that wrap go on below its first word. */
function code(line) {
  const parts = [...pieces(line)];
  const lead = parts.length > 0 ? parts[0][1].match(/^\s*/)[0] : "";
  if (lead) parts[0][1] = parts[0][1].slice(lead.length);
  const element = make("code", {}, make("span", { class: "lead" }, lead), ...parts.map(colored));
  element.style.setProperty("--indent", Math.min(lead.length, 60));
  return element;
}

/** A statement on one line, in its colours. */
const statement = (source, lengths) => make("code", {}, ...[...pieces({ source, pieces: lengths })].map(colored));

/** A figure, its unit apart so that the digits stand below each other. */
function figure(value, isSize) {
  if (!isSize) return [make("b", {}, count(value))];
  const [number, unit] = scaled(value);
  return [make("b", {}, number), make("i", {}, `\u00a0${unit}`)];
}

/** A cell with a figure. The shared column has its share of the peak, and a bar of it. */
function cell(column, value, isReading) {
  if (value === null || value === undefined) return make("td", { role: "cell", class: "none" });
  const kinds = ["figure", column.key];
  if (value === 0) kinds.push("zero");
  if (value < 0) kinds.push("freed");
  const attributes = { role: "cell", class: kinds.join(" "), "data-column": column.key, "data-title": column.title };
  const td = make("td", attributes, ...figure(value, column.isSize));
  if (column.key !== sharedKey() || isReading || wholePeak() === 0) return td;
  if (value > 0) td.append(" ", make("span", { class: "share" }, percent(value, wholePeak())));
  if (share(value) >= 0.01) td.classList.add("bar");
  td.style.setProperty("--share", share(value));
  return td;
}

/** The share of the peak, from 0 to 1. */
const share = (bytes) => Math.min(1, Math.max(0, (bytes ?? 0) / (wholePeak() || 1)));

/** A path that may wrap after its colons. */
function breakable(path) {
  return path.split(/(?<=::)/).flatMap((part) => [part, make("wbr")]);
}

/** A name of which the front is cut where it does not fit. */
const endOf = (name) => make("bdi", { dir: "ltr" }, name);
