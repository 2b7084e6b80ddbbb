// The map of who alone holds what.

const [HEAP, HOLDER, LOST, BLOCKS, REST] = [0, 1, 2, 3, 4];
/** The height of a box's label, the gap between boxes, and how many levels are drawn within a box. */
const LABEL = 24;
const GAP = 3;
const LEVELS = 4;
/** The area from which on a box is drawn by itself, in pixels, and one within a box. */
const LEAST = 300;
const LEAST_WITHIN = 120;
/** Rows of the list below the map. */
const ROWS = 12;

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);

const nodes = data.nodes.map(([above, kind, name, field, location, address, blocks, bytes, retained], index) => ({
  index, above, kind, name: data.strings[name], field: data.strings[field], location: data.strings[location], address, blocks, bytes, retained,
  weight: retained, below: [],
}));
nodes.slice(1).forEach((node) => nodes[node.above].below.push(node));
nodes.forEach((node) => node.below.sort((one, other) => (one.kind === REST) - (other.kind === REST) || other.retained - one.retained));
const whole = nodes[0].retained;
let shown = nodes[0];

/** `payload.vec: 500 × String`. */
function title(node) {
  if (node.kind === REST) return `${node.blocks} more`;
  const name = node.kind === BLOCKS && node.blocks > 1 ? `${node.blocks} × ${node.name}` : node.name;
  return node.field ? `${node.field}: ${name}` : name;
}

/** The same without the paths of types. */
const shortTitle = (node) => (node.kind === BLOCKS ? shortened(title(node)) : title(node));

/** The colour of a type is the same everywhere. */
function color(node) {
  if (node.kind === REST) return "rest";
  if (node.kind === LOST) return "lost";
  if (node.kind !== BLOCKS) return "holder";
  let hash = 0;
  for (const sign of node.name) hash = (Math.imul(hash, 31) + sign.codePointAt(0)) >>> 0;
  return `k${((hash ^ (hash >>> 15)) >>> 0) % 8}`;
}

/** All that is known of a node, in a sentence. */
function sentence(node) {
  const share = `${size(node.retained)}, ${percent(node.retained, whole)} of the heap`;
  if (node.kind === HEAP) return ["The whole heap: ", size(node.retained), "."];
  if (node.kind === REST) return [make("b", {}, title(node)), `, ${node.index < 0 ? "too small for the map" : "left out of this page"}: ${share}.`];
  if (node.kind !== BLOCKS) return [make("b", {}, node.name), ` holds ${share}.`];
  const which = node.blocks === 1 ? ` at ${node.address}` : `, the first at ${node.address}`;
  const own = node.below.length > 0 ? `, ${size(node.bytes)} in ${node.blocks === 1 ? "itself" : "themselves"}` : "";
  return [make("b", {}, title(node)), `${which}, allocated at ${node.location}: `, `${share}${own}.`];
}

const words = (node) => make("span", {}, ...sentence(node)).textContent;

/** A name and a size, as far as there is room for them. */
function label(node, { width, height }, isOpen, name = shortTitle(node)) {
  if (width < 44 || height < 20) return null;
  const isOne = isOpen || height < 44;
  return make("span", { class: isOne ? "label one" : "label" }, make("b", {}, name), make("span", {}, size(node.weight)));
}

/** Whether there is room for what a box holds. */
const isOpen = (node, { width, height }) => node.below.length > 0 && width >= 50 && height >= LABEL + 24;

function place(element, { x, y, width, height }) {
  const style = { left: x, top: y, width: Math.max(0, width), height: Math.max(0, height) };
  for (const [key, value] of Object.entries(style)) element.style[key] = `${value.toFixed(2)}px`;
}

/** What a node holds, and itself. Parts that would be too small in this room are one. */
function parts(node, { width, height }, least) {
  const own = node.bytes > 0 ? [{ own: node, weight: node.bytes }] : [];
  const isSmall = ({ weight }) => (weight * width * height) / node.retained < least;
  const isLeftOut = (below) => isSmall(below) || below.kind === REST;
  const small = node.below.filter(isLeftOut);
  if (small.length < 2) return [...node.below, ...own];
  const sum = (value) => small.reduce((sum, below) => sum + value(below), 0);
  const retained = sum((below) => below.retained);
  const blocks = sum(({ kind, blocks }) => (kind === REST ? blocks : 1));
  const rest = { index: -1, kind: REST, name: "", field: "", blocks, bytes: 0, retained, weight: retained, below: [] };
  return [...node.below.filter((below) => !isLeftOut(below)), rest, ...own];
}

const inset = ({ x, y, width, height }) =>
  ({ x: x + GAP / 2, y: y + GAP / 2, width: width - GAP, height: height - GAP });

/** The boxes within a box, which only show what is there. */
function inner(node, { width, height }, levels) {
  const room = { x: GAP, y: LABEL, width: width - 2 * GAP, height: height - LABEL - GAP };
  const boxes = squares(parts(node, room, LEAST_WITHIN), room).map(({ item, ...room }) => [item, inset(room)]);
  return boxes.filter(([, box]) => box.width > 2 && box.height > 2).map(([item, box]) => {
    const element = make("span", { class: `box ${item.own ? "own" : color(item)}` });
    if (!item.own) element.append(...contents(item, box, levels - 1));
    place(element, box);
    return element;
  });
}

/** The label of a box, and the boxes within. */
function contents(node, box, levels) {
  const isDrawn = levels > 0 && isOpen(node, box);
  return [label(node, box, isDrawn) ?? "", ...(isDrawn ? inner(node, box, levels) : [])];
}

/** A box of the map: it opens what it holds. */
function box({ item, ...room }) {
  const area = inset(room);
  const node = item.own ?? item;
  const isLeaf = item.own || node.below.length === 0;
  const itself = node.blocks === 1 ? "itself" : "themselves";
  const text = item.own ? `${title(node)} ${itself}: ${size(node.bytes)}` : words(node);
  const kind = `box ${item.own ? "own" : color(node)}${isLeaf ? " leaf" : ""}`;
  const element = make("button", { type: "button", class: kind, "aria-label": text, tabindex: "-1" });
  element.append(...(item.own ? [label(item, area, false, itself) ?? ""] : contents(node, area, LEVELS)));
  place(element, area);
  element.addEventListener("focus", () => explain(text));
  element.addEventListener("mouseenter", () => explain(text));
  element.addEventListener("click", () => isLeaf ? explain(text) : show(node, true));
  return element;
}

const explain = (text) => byId("detail").replaceChildren(text);

/** From the whole heap to the node that is shown. */
function trail(node) {
  const steps = [];
  for (let at = node; ; at = nodes[at.above]) {
    steps.unshift(at);
    if (at.index === 0) break;
  }
  const step = (at) => {
    if (at === node) return make("b", { "aria-current": "true" }, make("code", {}, shortTitle(at)));
    const button = make("button", { type: "button", title: title(at) }, make("code", {}, shortTitle(at)));
    button.addEventListener("click", () => show(at, true));
    return button;
  };
  byId("trail").replaceChildren(...steps.flatMap((at, place) => place === 0 ? [step(at)] : [make("span", {}, "›"), step(at)]));
}

/** The same as a list, for whoever wants to read it. */
function list(node) {
  const hasOwn = node.below.some(({ kind }) => kind === BLOCKS);
  const row = (below) => {
    const name = below.below.length > 0
      ? make("button", { type: "button" }, ...breakable(title(below)))
      : make("span", {}, ...breakable(title(below)));
    if (below.below.length > 0) name.addEventListener("click", () => show(below, true));
    const meter = make("div", { class: "meter", "aria-hidden": "true" });
    meter.style.setProperty("--share", below.retained / (node.retained || 1));
    return make("tr", {},
      make("td", {}, size(below.retained)),
      make("td", {}, percent(below.retained, whole)),
      hasOwn ? make("td", { class: "wide" }, below.kind === BLOCKS ? size(below.bytes) : "") : null,
      make("td", {}, name, meter));
  };
  const rest = node.below.slice(ROWS);
  const more = rest.reduce((sum, { kind, blocks }) => sum + (kind === REST ? blocks : 1), 0);
  const left = rest.reduce((sum, { retained }) => sum + retained, 0);
  const titles = ["Retained", "Of heap", ...(hasOwn ? ["Own"] : []), "Held alone"];
  const head = titles.map((text) => make("th", { scope: "col", class: text === "Own" && "wide" }, text));
  byId("level").replaceChildren(...node.below.length === 0 ? [] : [
    make("table", {},
      make("thead", {}, make("tr", {}, ...head)),
      make("tbody", {}, ...node.below.slice(0, ROWS).map(row))),
    rest.length > 0 ? make("p", { class: "nothing" }, `… ${more} more, ${size(left)}${leftOut(node)}`) : "",
  ]);
}

/** How many parts of a node are not on the page. */
function leftOut(node) {
  const rest = node.below.find(({ kind }) => kind === REST);
  return rest ? `; ${rest.blocks} of them are left out of this page` : "";
}

/** Shows what a node holds. The focus stays in the map if it was there. */
function show(node, takesFocus = false) {
  shown = node;
  draw();
  trail(node);
  list(node);
  explain(words(node));
  if (takesFocus) byId("map").querySelector("button")?.focus({ preventScroll: true });
}

function draw() {
  const map = byId("map");
  const room = { x: 0, y: 0, width: map.clientWidth, height: map.clientHeight };
  const boxes = squares(parts(shown, room, LEAST), room).filter(({ width, height }) => width > GAP + 1 && height > GAP + 1);
  map.replaceChildren(...boxes.map(box));
  map.querySelector("button")?.setAttribute("tabindex", "0");
}

/** The box that begins nearest behind an edge, and of those the one that lies least aside. */
function nearest(from, key) {
  const [isAcross, sign] = DIRECTIONS[key];
  const ends = (element, across) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    return across ? [left, right] : [top, bottom];
  };
  const [start, end] = ends(from, isAcross);
  const [low, high] = ends(from, !isAcross);
  const middle = (low + high) / 2;
  const others = [...byId("map").querySelectorAll(":scope > button")].map((element) => {
    const [first, last] = ends(element, isAcross);
    const [above, below] = ends(element, !isAcross);
    const along = sign > 0 ? first - end : start - last;
    return { element, along, aside: Math.max(0, above - middle, middle - below) };
  });
  const behind = others.filter(({ element, along }) => element !== from && along > -1);
  behind.sort((one, other) => one.along + 2 * one.aside - other.along - 2 * other.aside);
  return behind[0]?.element;
}

/** Whether a key leads across, and whether forward. */
const DIRECTIONS = { ArrowRight: [true, 1], ArrowLeft: [true, -1], ArrowDown: [false, 1], ArrowUp: [false, -1] };

function onKey(event) {
  const { key, target } = event;
  if ((key === "Escape" || key === "Backspace") && shown.index > 0) {
    event.preventDefault();
    show(nodes[shown.above], true);
  } else if (DIRECTIONS[key] && target.matches(".box")) {
    event.preventDefault();
    const next = nearest(target, key);
    if (!next) return;
    target.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  }
}
