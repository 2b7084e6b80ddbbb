// The page: what reacts to a user everywhere, and the start.

const byId = (id) => document.getElementById(id);
const page = JSON.parse(byId("data").textContent);

// ---- Tooltips

/** Explains the figure under the pointer. Keys get the same words from the button of a line. */
function showTip({ target }) {
  const td = target.closest("td[data-column]");
  const words = td && sentence(td.dataset.column, figuresOf.get(td.parentElement));
  if (!words) return hideTip();
  const tip = byId("tip");
  tip.textContent = words;
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

// ---- Start

function showRun() {
  const kind = { heap: "heap, exact bytes", rss: "resident set, in pages", off: "switched off" }[page.backend];
  byId("run").textContent = [page.program, kind].filter(Boolean).join(" · ");
}

function showNotes() {
  byId("notes").replaceChildren(...page.notes.map((note) => make("p", {}, `${note}.`)));
}

showRun();
showNotes();
showSummary();
startFunctions();
showTimeline();
