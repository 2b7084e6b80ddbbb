
"use strict";
(() => {
  const MARGIN = 12, HTML = "http://www.w3.org/1999/xhtml";
  const svg = document.currentScript.ownerSVGElement;
  const group = svg.querySelector("#frames");
  const isSize = svg.dataset.size === "true";
  const frames = [];
  for (const element of group.children) {
    const [title, rect, text] = element.children, data = element.dataset;
    const name = title.textContent.split("\n")[0], cut = Number(data.p);
    frames.push({ element, rect, text, title: title.textContent, path: name.slice(0, cut),
      rest: name.slice(cut + 1), start: Number(data.s), amount: Number(data.a),
      below: frames[Number(data.b)] });
  }
  const root = frames[0];
  let zoomed = root;

  const size = (amount) => {
    if (!isSize) return amount.toLocaleString("en") + " blocks";
    const units = ["B", "KiB", "MiB", "GiB"];
    let unit = 0;
    for (; amount >= 1024 && unit < 3; unit++) amount /= 1024;
    return amount.toFixed(unit ? 1 : 0) + " " + units[unit];
  };

  // As `fitted` in picture.rs.
  const fitted = (path, rest, amount, letters) => {
    const name = (path + " " + rest).trimEnd();
    if (letters < 3) return "";
    if (letters >= name.length + 2 + amount.length) return name + "  " + amount;
    if (letters >= name.length) return name;
    if (letters > path.length + 3 && rest) {
      return path + " " + rest.slice(0, letters - path.length - 2).trimEnd() + "…";
    }
    return letters >= path.length ? path : "…" + path.slice(path.length + 1 - letters);
  };

  let letter = 7.25;
  const draw = () => {
    const inner = svg.clientWidth - 2 * MARGIN, scale = inner / zoomed.amount;
    const path = new Set();
    for (let frame = zoomed.below; frame; frame = frame.below) path.add(frame);
    for (const frame of frames) {
      const { element, rect, text } = frame, isBelow = path.has(frame);
      frame.isIn = frame === zoomed || Boolean(frame.below && frame.below.isIn);
      const width = isBelow ? inner : frame.amount * scale;
      const x = MARGIN + (isBelow ? 0 : (frame.start - zoomed.start) * scale);
      const isShown = isBelow || (frame.isIn && width >= 0.2);
      element.style.display = isShown ? "" : "none";
      element.classList.toggle("below", isBelow);
      if (!isShown) continue;
      rect.setAttribute("x", x);
      rect.setAttribute("width", width);
      text.setAttribute("x", x + 4);
      text.textContent = fitted(frame.path, frame.rest, size(frame.amount), Math.floor((width - 8) / letter));
    }
  };

  const make = (name, properties, parent) => {
    const element = document.createElementNS(HTML, name);
    Object.assign(element, properties);
    parent.append(element);
    return element;
  };
  const area = document.createElementNS(svg.namespaceURI, "foreignObject");
  area.setAttribute("x", MARGIN);
  area.setAttribute("y", group.dataset.toolbar);
  area.setAttribute("height", 48);
  svg.append(area);
  const toolbar = make("div", { className: "toolbar" }, area);
  const input = make("input", { type: "search", placeholder: "Search function or line" }, toolbar);
  input.setAttribute("aria-label", "Search");
  const reset = make("button", { type: "button", textContent: "Whole graph", hidden: true }, toolbar);
  const shown = make("span", {}, toolbar);

  let found = "";
  const search = () => {
    const wanted = input.value.toLowerCase();
    let amount = 0;
    for (const frame of frames) {
      const name = (frame.path + " " + frame.rest).toLowerCase();
      const isMatch = wanted !== "" && frame !== root && name.includes(wanted);
      const isCounted = Boolean(frame.below && frame.below.isCounted);
      if (isMatch && !isCounted) amount += frame.amount;
      frame.isCounted = isCounted || isMatch;
      frame.element.classList.toggle("match", isMatch);
    }
    group.classList.toggle("searched", wanted !== "");
    const share = (100 * amount / root.amount).toFixed(1);
    found = wanted === "" ? "" : size(amount) + ", " + share + " %";
    shown.textContent = found;
  };
  const zoom = (frame) => {
    zoomed = frame;
    reset.hidden = frame === root;
    draw();
  };
  const frameOf = (target) => frames.find((frame) => frame.element.contains(target));

  input.addEventListener("input", search);
  reset.addEventListener("click", () => zoom(root));
  group.addEventListener("click", (event) => {
    const frame = frameOf(event.target);
    if (frame) zoom(frame);
  });
  group.addEventListener("mouseover", (event) => {
    const frame = frameOf(event.target);
    if (frame) shown.textContent = frame.title.split("\n").reverse().join(" · ");
  });
  group.addEventListener("mouseout", () => { shown.textContent = found; });
  window.addEventListener("keydown", (event) => {
    const isFind = event.key === "f" && (event.ctrlKey || event.metaKey);
    if (isFind || (event.key === "/" && document.activeElement !== input)) {
      event.preventDefault();
      input.focus();
    } else if (event.key === "Escape") {
      input.value = "";
      search();
      zoom(root);
    }
  });

  svg.removeAttribute("viewBox");
  svg.setAttribute("width", "100%");
  const captions = Array.from(svg.querySelectorAll(".title, .note"), (element) => {
    return { element, whole: element.textContent };
  });
  const resize = () => {
    const room = svg.clientWidth - 2 * MARGIN;
    for (const { element, whole } of captions) {
      element.textContent = whole;
      for (let end = whole.length; end > 0 && element.getComputedTextLength() > room; end--) {
        element.textContent = whole.slice(0, end).trimEnd() + "…";
      }
    }
    area.setAttribute("width", svg.clientWidth - 2 * MARGIN);
    const widest = frames.find((frame) => frame.text.textContent.length > 2);
    if (widest) letter = widest.text.getComputedTextLength() / widest.text.textContent.length;
    draw();
  };
  window.addEventListener("resize", resize);
  resize();
})();
