// The first screen: the process's memory, and the lines that hold it.

const MEASURES = {
  at_peak: { button: "At peak", title: "At the peak, by line", whole: "the peak" },
  live: { button: "Live", title: () => (page.is_complete ? "Live at the end, by line" : "Live when recorded, by line"), whole: "all that is live" },
  allocated: { button: "Allocated", title: "Allocated in total, by line", whole: "all that was allocated" },
};

/** The figures of the process: the first is shown large. */
function processFigures() {
  const { peak, process_bytes: now, resident_peak: resident, untouched, timeline } = page;
  // The chart has a finer clock, and the page one time for one moment.
  const isDrawn = timeline?.peak && isExact(timeline);
  const time = isDrawn ? duration(timeline.peak.time) : coarsely(peak?.after ?? null);
  const after = time === null ? "" : `, after ${time}`;
  const exactness = peak?.uncertainty ? `, ${exactnessOf(peak)}` : "";
  const missing = untouched === null ? "" : `, so ${size(untouched)} or more of the peak untouched`;
  const figures = isHeap()
    ? [[peak?.bytes ?? null, `peak${after}${exactness}`], [now, `live ${atEnd()}`], [resident, `resident at most${missing}`]]
    : [[resident ?? peak?.bytes ?? null, "resident at most"], [now, `resident ${atEnd()}`]];
  // Nothing else takes the place of the first.
  return figures.filter(([bytes], at) => at === 0 || bytes !== null);
}

function showProcess() {
  const shown = processFigures().map(([bytes, words]) => bytes === null
    ? make("div", { class: "unknown" }, make("dt", {}, words), make("dd", {}, "not recorded"))
    : make("div", { title: `${count(bytes)} bytes` }, make("dt", {}, words), make("dd", {}, ...figure(bytes, true))));
  byId("process").replaceChildren(...shown);
  byId("process").hidden = page.backend === "off";
  byId("resident").textContent = page.resident ? `${page.resident[0].toUpperCase()}${page.resident.slice(1)}.` : "";
  byId("resident").hidden = !page.resident;
}

/** A part of the whole: its size, its share as a number and as a bar, and where it is. */
function part(bytes, total, kind, ...where) {
  const entry = make(
    "li", { class: kind },
    make("p", { class: "much" }, ...figure(bytes, true)),
    make("p", { class: "share" }, total > 0 ? percent(bytes, total) : ""),
    make("span", { class: "meter", "aria-hidden": "true" }),
    make("div", { class: "what" }, ...where));
  entry.style.setProperty("--share", total > 0 ? bytes / total : 0);
  return entry;
}

function linePart([index, row, bytes, source, lengths, short], total) {
  const { name, file, lines } = page.functions[index];
  const place = make("button", { type: "button", class: "place", "data-function": index, "data-row": row }, `${file}:${lines[row][0]}`);
  return part(bytes, total, "line", place, make("span", { class: "in", title: name }, " in ", ...breakable(short)), statement(source, lengths));
}

/** All parts of the whole. They add up to it. */
function partsOf({ key, total, lines, rest: [others, left], outside, unattributed }) {
  const entries = lines.map((line) => linePart(line, total));
  if (others > 0) entries.push(part(left, total, "rest", lines.length > 0 ? `in ${times(others, "more line")}` : `in ${times(others, "line")}`));
  if (outside > 0) entries.push(part(outside, total, "rest", "outside of measured functions"));
  if (unattributed > 0) entries.push(part(unattributed, total, "rest", "not attributed to a line"));
  entries.push(part(total, total, "sum", MEASURES[key].whole));
  return entries;
}

function showRanking(ranking) {
  const { title } = MEASURES[ranking.key];
  byId("held-title").textContent = typeof title === "function" ? title() : title;
  const nothing = make("p", { class: "nothing" }, "Nothing is left.");
  byId("held").replaceChildren(ranking.total > 0 ? make("ol", {}, ...partsOf(ranking)) : nothing);
  for (const button of byId("measures").children) {
    button.setAttribute("aria-pressed", String(button.dataset.key === ranking.key));
  }
}

/** Says how to get the lines. */
function unknownLines() {
  const live = make("code", {}, "MEM_PROFILE_LIVE=1");
  if (page.backend === "off") return ["Nothing was measured: the profiler is switched off."];
  if (!isHeap()) return ["Which lines held it is known only with the counting allocator, which ", make("code", {}, "cargo mem-profile run"), " adds."];
  return ["This run did not record which lines held it. Set ", live, ", or use ", make("code", {}, "cargo mem-profile run"), "."];
}

function showSummary() {
  showProcess();
  if (!page.rankings) {
    byId("held-heading").hidden = true;
    byId("held").replaceChildren(make("p", { class: "nothing" }, ...unknownLines()));
    return;
  }
  for (const ranking of page.rankings) {
    const button = make("button", { type: "button", "data-key": ranking.key }, MEASURES[ranking.key].button);
    button.addEventListener("click", () => showRanking(ranking));
    byId("measures").append(button);
  }
  showRanking(page.rankings[0]);
}
