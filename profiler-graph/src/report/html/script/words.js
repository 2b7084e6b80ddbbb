// Numbers and names.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A number of bytes in its largest unit: `47.7 MiB`. */
function size(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

function count(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** A share of a whole. A part that is not zero is never `0 %`. */
function percent(part, whole) {
  const share = Math.round((100 * part) / (whole || 1));
  return part > 0 && share === 0 ? "<1 %" : `${share} %`;
}

/** A type without the paths of its parts: `Vec<Token>`. */
const shortened = (name) => name.replace(/(?:[A-Za-z_]\w*::)+(?=[A-Za-z_{<])/g, "");

/** Makes an element; `children` are text or elements. */
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A name that may wrap after its colons. */
const breakable = (name) => [make("code", {}, ...name.split(/(?<=::)/).flatMap((part) => [part, make("wbr", {})]))];
