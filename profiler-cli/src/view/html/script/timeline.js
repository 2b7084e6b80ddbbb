// Memory over time: a chart, and below it a row for each function and named block.

const SHOWN_ROWS = 12;

/** Round numbers from 0 to at most `most`, about so many. */
function ticks(most, about) {
  const rough = most / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((step) => step >= rough);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
}

function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http" + "://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** A drawing that is stretched to its place: 1000 wide and 100 high. */
function drawing(attributes, ...children) {
  return svg("svg", { viewBox: "0 0 1000 100", preserveAspectRatio: "none", ...attributes }, ...children);
}

/** Positions in the drawing. */
function scalesOf({ duration: whole, points }) {
  const most = points.reduce((most, [, bytes]) => Math.max(most, bytes), 1) * 1.2;
  return {
    most,
    x: (time) => (1000 * time) / Math.max(1, whole),
    y: (bytes) => 100 - (100 * bytes) / most,
  };
}

function pathOf(points, { x, y }) {
  return points.map(([time, bytes], at) => `${at === 0 ? "M" : "L"}${x(time).toFixed(2)} ${y(bytes).toFixed(2)}`).join("");
}

/** The column of a moment: its begin and its end. */
function columnOf({ column }, time) {
  const begin = Math.floor(time / column) * column;
  return [begin, begin + column];
}

/** The lowest and the highest reading of a column; in an empty column, the last one before it. */
function readingsIn({ points }, [begin, end]) {
  let [low, high] = [0, points.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (points[middle][0] < end) low = middle;
    else high = middle - 1;
  }
  const isWith = low > 0 && points[low][0] >= begin && points[low - 1][0] >= begin;
  const found = points.slice(isWith ? low - 1 : low, low + 1).map(([, bytes]) => bytes);
  return [Math.min(...found), Math.max(...found)];
}

/** A moment, with as many digits as the columns of the chart tell apart. */
function moment({ duration: whole, column }, time) {
  const [unit, length] = timeUnit(whole);
  const digits = Math.max(0, Math.ceil(Math.log10(length / column)));
  return `${(time / length).toFixed(Math.min(digits, 3))} ${unit}`;
}

const running = (rows, [begin, end]) => rows.filter(({ spans }) => spans.some(([from, to]) => from < end && begin <= to));

/** A few names in words: `a, b and 3 more`. */
function some(names) {
  const shown = names.slice(-3);
  return names.length > 3 ? `${shown.join(", ")} and ${names.length - 3} more` : shown.join(", ");
}

/** Whether the highest reading is the peak, in the digits that are shown. */
const isExact = ({ peak }) => !page.peak || size(page.peak.bytes) === size(peak.bytes);
const peakBytes = (timeline) => (page.peak && isExact(timeline) ? page.peak.bytes : timeline.peak.bytes);

/** Why the peak is another figure than the highest reading. */
function missedWords({ peak }) {
  const { bytes } = page.peak;
  if (bytes > peak.bytes) return ` The peak of ${size(bytes)} lay between two of them.`;
  return ` The peak is ${size(bytes)}, ${exactnessOf(page.peak)}, since several threads ran.`;
}

function peakWords(timeline) {
  const { peak, readings, interval, rows } = timeline;
  const inside = peak.rows.map((row) => rows[row].label);
  const where = inside.length ? `, in ${some(inside)}` : "";
  const words = `${isExact(timeline) ? "Peak" : "Highest reading"}: ${exactly(peakBytes(timeline))} in use after ${moment(timeline, peak.time)}${where}. `;
  const missed = isExact(timeline) ? "" : missedWords(timeline);
  return words + `There are ${times(readings, "reading")}: one every ${duration(interval)}, and one where each call begins and ends.${missed}`;
}

function axes({ duration: whole }, { most, x, y }) {
  const [, unit] = scaled(most);
  const one = 1024 ** UNITS.indexOf(unit);
  const sizes = ticks(most / one, 5).map((tick) =>
    make("span", { class: "tick size", "data-at": y(tick * one) }, `${count(tick)} ${unit}`));
  const [name, length] = timeUnit(whole);
  const moments = ticks(whole / length, 6).map((tick) =>
    make("span", { class: "tick moment", "data-at": x(tick * length) / 10 }, `${Number(tick.toPrecision(6))} ${name}`));
  for (const tick of sizes) tick.style.top = `${tick.dataset.at}%`;
  for (const tick of moments) tick.style.left = `${tick.dataset.at}%`;
  const lines = sizes.map((tick) => svg("path", { class: "grid", d: `M0 ${tick.dataset.at}H1000` }));
  return { sizes, moments, lines };
}

function peakMark(timeline, { x, y }) {
  const { peak } = timeline;
  const mark = make("span", { class: "peak-mark" }, make("span", {}, `${isExact(timeline) ? "peak" : "highest reading"} ${size(peak.bytes)}`));
  mark.style.left = `${x(peak.time) / 10}%`;
  mark.style.top = `${y(peak.bytes)}%`;
  // Within the chart, wherever the mark is.
  mark.firstChild.style.transform = `translateX(${-x(peak.time) / 10}%)`;
  return mark;
}

/** The chart of memory, with a line at the selected moment. */
function memoryChart(timeline, scales) {
  const { points } = timeline;
  const { sizes, moments, lines } = axes(timeline, scales);
  const line = pathOf(points, scales);
  const area = `${line}L${scales.x(points.at(-1)[0]).toFixed(2)} 100L${scales.x(points[0][0]).toFixed(2)} 100Z`;
  const picture = drawing(
    { role: "img", "aria-label": peakWords(timeline) },
    ...lines, svg("path", { class: "area", d: area }), svg("path", { class: "curve", d: line }));
  return make("div", { class: "plot" }, picture, ...sizes, ...moments, peakMark(timeline, scales));
}

/** The row of a function or named block: its name, when it ran, how often. */
function spanRow(row, index, { x }) {
  const { name, label, function: at, is_block: isBlock, spans, calls, omitted, is_open: isOpen } = row;
  const title = at === null
    ? make("span", { class: "label", title: name }, endOf(label))
    : make("button", { type: "button", class: "label", title: name, "data-function": at }, endOf(label));
  const shape = spans.map(([start, end]) => {
    const left = x(start);
    const width = Math.max(x(end) - left, 0.8);
    return `M${left.toFixed(2)} 0h${width.toFixed(2)}v100h${(-width).toFixed(2)}z`;
  });
  const parts = [times(calls, isBlock ? "block" : "call")];
  if (omitted > 0) parts.push(`${percent(calls - omitted, calls)} drawn`);
  if (isOpen) parts.push("not ended");
  const entry = make("li", { class: isBlock ? "block" : "call" }, title, make("div", { class: "strip" }), make("span", { class: "often" }, parts.join(" · ")));
  entry.children[1].append(drawing({ "aria-hidden": "true" }, svg("path", { d: shape.join("") })));
  entry.dataset.row = index;
  return entry;
}

/** The rows. Only the longest are shown until a button shows all. */
function spanRows({ rows }, scales) {
  const length = ({ spans }) => spans.reduce((sum, [start, end]) => sum + end - start, 0);
  const longest = rows.map((row, index) => [length(row), index]).sort(([a], [b]) => b - a).slice(0, SHOWN_ROWS);
  const shown = new Set(longest.map(([, index]) => index));
  const entries = rows.map((row, index) => spanRow(row, index, scales));
  entries.forEach((entry, index) => (entry.hidden = !shown.has(index)));
  const list = make("ol", { class: "spans", "aria-label": "When functions and named blocks ran" }, ...entries);
  if (rows.length <= SHOWN_ROWS) return [list];
  const all = make("button", { type: "button", class: "quiet" }, `Show all ${count(rows.length)}`);
  all.addEventListener("click", () => {
    entries.forEach((entry) => (entry.hidden = false));
    all.remove();
  });
  return [list, all];
}

/** A slider over the moments of all plots, for keys and pointers alike. */
function slider(timeline, plots, stack) {
  const { rows, peak, duration: whole } = timeline;
  const input = make("input", { type: "range", id: "moment", min: 0, max: 1000, step: "any", "aria-label": "Moment" });
  const words = make("p", { id: "moment-words" });
  const cursors = plots.map(() => make("span", { class: "cursor", hidden: "" }));
  const show = () => {
    const time = (Number(input.value) / 1000) * whole;
    const column = columnOf(timeline, time);
    const [lowest, highest] = readingsIn(timeline, column).map(size);
    const bytes = lowest === highest ? highest : `${lowest} to ${highest}`;
    const names = running(rows, column).map(({ label }) => label);
    const resident = stack ? ` Resident set: ${size(stack.at(time))}.` : "";
    words.textContent = `After ${moment(timeline, time)}: ${bytes} in use${names.length ? `, in ${some(names)}` : ""}.${resident}`;
    input.setAttribute("aria-valuetext", words.textContent);
    for (const cursor of cursors) cursor.style.left = `${input.value / 10}%`;
    stack?.show(time);
  };
  const move = () => {
    for (const cursor of cursors) cursor.hidden = false;
    show();
  };
  plots.forEach((plot, index) => {
    plot.append(cursors[index]);
    plot.addEventListener("pointermove", ({ clientX }) => {
      const { left, width } = plot.getBoundingClientRect();
      input.value = (1000 * (clientX - left)) / width;
      move();
    });
  });
  input.addEventListener("input", move);
  input.value = (1000 * peak.time) / Math.max(1, whole);
  show();
  return [input, words];
}

function showTimeline() {
  const { timeline } = page;
  if (!timeline || timeline.points.length === 0) return;
  const scales = scalesOf(timeline);
  const plot = memoryChart(timeline, scales);
  const stack = stackChart(timeline);
  const [input, words] = slider(timeline, stack ? [plot, stack.plot] : [plot], stack);
  const below = stack ? [stack.head, make("div", { class: "over-time" }, stack.plot)] : [];
  byId("chart").replaceChildren(
    make("p", { class: "peak-words" }, peakWords(timeline)),
    make("div", { class: "over-time" }, plot),
    ...below,
    make("div", { class: "over-time moment-slider" }, input, words),
    ...spanRows(timeline, scales));
  byId("time").hidden = false;
}
