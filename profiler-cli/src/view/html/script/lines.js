// The table of a function's lines, made when the function is opened.

/** As many lines in a row without memory become one row, but for those next to others. */
const LONG_STILL = 8;
const KEPT_STILL = 2;

/** The figures that a row shows, for its tooltips. */
const figuresOf = new WeakMap();

/** Whether a row belongs to code, rather than to the reading on entry. */
const isBody = ({ kind }) => kind !== "entry";
const isStill = (line) => !isBody(line) || ["increment", "peak", "at_peak", "live", "allocations"].every((key) => !line[key]);

/** A line with a tenth of the process's peak is hot, one with a hundredth is warm. */
function heat(line) {
  if (!isBody(line)) return "";
  const part = share(line[sharedKey()]);
  return part >= 0.1 ? "hot" : part >= 0.01 ? "warm" : "";
}

/** For each line, whether it is the start of a statement, a later line of one that ran, or never ran. */
function parts(lines) {
  let end = 0;
  return lines.map((line, at) => {
    if (line.occurrences !== null) {
      end = at + line.length;
      return "ran";
    }
    return at < end ? "more" : "unused";
  });
}

function lineRow(line, id, part) {
  const classes = [part, part === "ran" ? heat(line) : "", isStill(line) ? "still" : "", line.kind];
  const label = { type: "button", class: "number", "aria-expanded": "false", "aria-label": `Explain line ${line.number}` };
  const number = part === "ran" ? make("button", label, String(line.number)) : make("span", { class: "number" }, String(line.number));
  // Memory in use on entry is no increment of the line.
  const value = ({ key }) => (key === "increment" && !isBody(line) ? null : line[key]);
  return make(
    "tr", { role: "row", class: classes.join(" "), id },
    make("th", { role: "rowheader", scope: "row" }, number),
    ...lineColumns().map((column) => cell(column, value(column), !isBody(line))),
    make("td", { role: "cell", class: "source" }, code(line)),
  );
}

/** Sentences on the calls of a line, and for the first row, on the calls of its function. */
function callWords(index, row) {
  const bytes = (at_peak) => `${size(at_peak)} at the peak`;
  const name = (at) => page.functions[at].name;
  const called = page.calls.filter(([caller, from]) => caller === index && from === row);
  const words = called.map(([, , callee, at_peak]) => `It calls ${name(callee)}: ${bytes(at_peak)}, with all that calls in turn.`);
  if (row > 0) return words;
  const callers = page.calls.filter(([, , callee]) => callee === index);
  const place = (at, from) => `${page.functions[at].file}:${page.functions[at].lines[from][0]}`;
  return [...words, ...callers.map(([at, from, , at_peak]) => `Called by ${name(at)} at ${place(at, from)}: ${bytes(at_peak)}.`)];
}

/** The row below a line that explains its figures. */
function explanation(line, index, row) {
  const sentences = lineColumns().map(({ key }) => sentence(key, line)).filter(Boolean);
  const items = [...sentences, ...callWords(index, row)].map((text) => make("li", {}, text));
  const cells = make("td", { role: "cell", colspan: lineColumns().length + 2 }, make("ul", {}, ...items));
  return make("tr", { role: "row", class: "words" }, cells);
}

/** Hides long runs of lines without memory behind a button, but never a part of a statement. */
function fold(rows, lines, kinds) {
  let isLoud = false;
  const isKept = lines.map((line, at) => (isLoud = kinds[at] === "more" ? isLoud : !isStill(line)));
  let start = 0;
  const folded = [...rows];
  for (let at = 0; at <= rows.length; at += 1) {
    if (at < rows.length && !isKept[at]) continue;
    const [first, end] = [start === 0 ? 1 : start + KEPT_STILL, at === rows.length ? at - 1 : at - KEPT_STILL];
    if (end - first >= LONG_STILL) folded[first] = [foldRow(rows.slice(first, end)), rows[first]];
    start = at + 1;
  }
  return folded.flat();
}

function foldRow(hidden) {
  const button = make("button", { type: "button", class: "unfold" }, `${count(hidden.length)} lines without memory`);
  const row = make("tr", { role: "row", class: "fold" }, make("td", { role: "cell", colspan: lineColumns().length + 2 }, button));
  for (const line of hidden) line.hidden = true;
  row.unfold = () => {
    for (const line of hidden) line.hidden = false;
    row.remove();
  };
  for (const line of hidden) line.fold = row;
  button.addEventListener("click", () => {
    row.unfold();
    hidden[0].querySelector("button")?.focus();
  });
  return row;
}

/** The table of the lines of the function at `index`. */
function lineTable(index) {
  const { name, lines: arrays } = page.functions[index];
  const lines = arrays.map(named);
  const kinds = parts(lines);
  const head = ({ key, title, help }) => make("th", { role: "columnheader", scope: "col", class: `figure ${key}`, title: help }, title);
  const rows = lines.map((line, row) => lineRow(line, `f${index}l${row}`, kinds[row]));
  rows.forEach((row, at) => figuresOf.set(row, lines[at]));
  const body = make("tbody", { role: "rowgroup" }, ...fold(rows, lines, kinds));
  body.addEventListener("click", ({ target }) => {
    const button = target.closest("button.number");
    if (button) toggleWords(button, lines, index);
  });
  const heads = [
    make("th", { role: "columnheader", scope: "col" }, make("span", { class: "hidden" }, "Line")),
    ...lineColumns().map(head),
    make("th", { role: "columnheader", scope: "col", class: "source" }, "Line Contents"),
  ];
  return make(
    "table", { role: "table", class: "lines" },
    make("caption", { class: "hidden" }, `Lines of ${name}`),
    make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...heads)), body);
}

function toggleWords(button, lines, index) {
  const row = button.closest("tr");
  const isOpen = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!isOpen));
  if (isOpen) return row.nextElementSibling.remove();
  const at = Number(row.id.split("l")[1]);
  row.after(explanation(lines[at], index, at));
}
