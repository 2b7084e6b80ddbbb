// What reacts to a user, and the start.

/** Copies the report; where that is not allowed, selects it. */
byId("copy").addEventListener("click", async () => {
  const text = byId("markdown");
  try {
    await navigator.clipboard.writeText(text.textContent);
    byId("copy").textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(text);
    byId("copy").textContent = "Selected";
  }
});

/** One bar of all classes. */
function showClasses() {
  const parts = [...byId("classes").children].filter(({ dataset }) => Number(dataset.bytes) > 0);
  byId("bar").replaceChildren(...parts.map(({ className, dataset }) => {
    const part = make("i", { class: className });
    part.style.flexGrow = Number(dataset.bytes) / whole;
    return part;
  }));
}

for (const id of ["theme", "copy", "map"]) byId(id).hidden = false;
byId("map").addEventListener("keydown", onKey);
byId("map").addEventListener("mouseleave", () => explain(words(shown)));
new ResizeObserver(() => {
  const hasFocus = byId("map").contains(document.activeElement);
  draw();
  if (hasFocus) byId("map").querySelector("button")?.focus({ preventScroll: true });
}).observe(byId("map"));
showClasses();
show(nodes[0]);
