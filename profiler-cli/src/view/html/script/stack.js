// The resident set over time, as a stack of its parts below the curve of memory.

/** Parts from the bottom of the stack up: the index in a moment of the data, its class, its name. */
const PARTS = [
  { at: 1, key: "live", name: "live blocks, at most" },
  { at: 2, key: "own", name: "the profiler itself" },
  { at: 3, key: "files", name: "code and files" },
  { at: 4, key: "rest", name: "free and other, at least" },
];
/** In no part, and drawn above the stack. */
const UNTOUCHED = { at: 5, key: "untouched", name: "live, but not resident" };

const residentOf = (moment) => PARTS.reduce((sum, { at }) => sum + moment[at], 0);

/** The sizes of the stack. What is not resident may be far more than all that is: then it is cut off. */
function stackScales({ stack, duration: whole }) {
  const highest = stack.reduce((most, moment) => Math.max(most, residentOf(moment)), 1);
  const all = stack.reduce((most, moment) => Math.max(most, residentOf(moment) + moment[UNTOUCHED.at]), 1);
  const most = Math.min(all, 2 * highest) * 1.15;
  return {
    most,
    isCut: all > 2 * highest,
    x: (time) => (1000 * time) / Math.max(1, whole),
    y: (bytes) => Math.max(0, 100 - (100 * bytes) / most),
  };
}

/** The area between two sums of parts. */
function band(stack, key, from, to, scales) {
  const upper = stack.map((moment) => [moment[0], to(moment)]);
  const lower = stack.map((moment) => [moment[0], from(moment)]).reverse();
  return svg("path", { class: key, d: `${pathOf(upper, scales)}${pathOf(lower, scales).replace("M", "L")}Z` });
}

/** All parts, each on those below it. */
function bands(stack, scales) {
  const sums = PARTS.map((_, index) => (moment) => PARTS.slice(0, index).reduce((sum, { at }) => sum + moment[at], 0));
  const areas = PARTS.map(({ key }, index) => band(stack, key, sums[index], sums[index + 1] ?? residentOf, scales));
  const above = (moment) => residentOf(moment) + moment[UNTOUCHED.at];
  return [...areas, ...untouchedRuns(stack).map((run) => band(run, UNTOUCHED.key, residentOf, above, scales))];
}

/** The stretches in which something is not resident, each with the moments around it. */
function untouchedRuns(stack) {
  const runs = [];
  let begin = null;
  stack.forEach((moment, at) => {
    const isOne = moment[UNTOUCHED.at] > 0;
    if (isOne) begin ??= Math.max(0, at - 1);
    if (begin !== null && (!isOne || at === stack.length - 1)) {
      runs.push(stack.slice(begin, at + 1));
      begin = null;
    }
  });
  return runs;
}

const hasUntouched = (stack) => stack.some((moment) => moment[UNTOUCHED.at] > 0);

/** The last moment of the stack that is not behind a column; the first before all. */
function stackedAt({ stack, column }, time) {
  const end = columnOf({ column }, time)[1];
  return stack.findLast(([at]) => at < end) ?? stack[0];
}

function stackWords(timeline, { isCut }) {
  const { stack } = timeline;
  const highest = stack.reduce((best, moment) => (residentOf(moment) > residentOf(best) ? moment : best));
  const words = [`At most ${size(residentOf(highest))} in a sample, after ${moment(timeline, highest[0])}.`,
    "Live blocks may lie on pages that were never touched, so their part is the most that it can be, and the rest the least."];
  if (hasUntouched(stack)) words.push(`Dashed: live blocks without memory, which were reserved and never touched, or swapped out.${isCut ? " They go on above the picture." : ""}`);
  return words.join(" ");
}

/** The names of the parts, the uppermost first, each with its size at the selected moment. */
function stackKey(timeline) {
  const { stack } = timeline;
  const shown = hasUntouched(stack) ? [...PARTS, UNTOUCHED] : PARTS;
  const entries = [...shown].reverse().map((part) => {
    const key = svg("svg", { class: "key", viewBox: "0 0 10 10", "aria-hidden": "true" });
    key.append(svg("rect", { class: part.key, width: 10, height: 10 }));
    const bytes = make("b");
    return { part, bytes, entry: make("li", {}, key, `${part.name} `, bytes) };
  });
  const when = make("li");
  const show = (parts) => {
    when.textContent = `After ${moment(timeline, parts[0])}:`;
    entries.forEach(({ part, bytes }) => (bytes.textContent = size(parts[part.at])));
  };
  return { list: make("ul", { class: "key-list" }, when, ...entries.map(({ entry }) => entry)), show };
}

/** The picture, its words and its key; `show` takes a moment. `null` if the resident set was not recorded. */
function stackChart(timeline) {
  const { stack } = timeline;
  if (!stack || stack.length === 0) return null;
  const scales = stackScales(timeline);
  const { sizes, moments, lines } = axes(timeline, scales);
  const words = stackWords(timeline, scales);
  const top = svg("path", { class: "top", d: pathOf(stack.map((moment) => [moment[0], residentOf(moment)]), scales) });
  const picture = drawing({ role: "img", "aria-label": `Resident set. ${words}` }, ...bands(stack, scales), ...lines, top);
  const plot = make("div", { class: "plot stacked" }, picture, ...sizes, ...moments);
  const { list, show } = stackKey(timeline);
  const head = make("div", { class: "stack-head" }, make("h3", {}, "Resident set"), make("p", { class: "stack-words" }, words), list);
  return { head, plot, show: (time) => show(stackedAt(timeline, time)), at: (time) => residentOf(stackedAt(timeline, time)) };
}
