// Numbers, and the sentences that explain them.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A number of bytes in its largest unit: `["47.7", "MiB"]`. */
function scaled(bytes) {
  let size = Math.abs(bytes);
  let unit = 0;
  while (size >= 1023.95 && unit < UNITS.length - 1) {
    size /= 1024;
    unit += 1;
  }
  const sign = bytes < 0 ? "−" : "";
  return [sign + (unit === 0 ? String(size) : size.toFixed(1)), UNITS[unit]];
}

function size(bytes) {
  return scaled(bytes).join(" ");
}

/** The size, and its exact bytes where the unit hides digits. */
function exactly(bytes) {
  return Math.abs(bytes) < 1024 ? size(bytes) : `${size(bytes)} (${count(bytes)} bytes)`;
}

function count(number) {
  return number.toLocaleString("en-US").replace("-", "−");
}

function times(number, what) {
  return number === 1 ? `1 ${what}` : `${count(number)} ${what}s`;
}

function percent(part, whole) {
  return `${Math.round((100 * part) / whole)} %`;
}

const isHeap = () => page.backend === "heap";
const memory = () => (isHeap() ? "memory" : "resident memory of the process");

/** Sentences on the figures of a line or a function, by column. */
const explain = {
  increment({ increment, occurrences, whole, isFunction, kind }) {
    if (kind === "entry") return "Memory in use when the function was first entered. The function did not cause it.";
    if (increment === 0) return `No change: as much ${memory()} in use after as before.`;
    const runs = times(occurrences, isFunction ? "call" : "execution");
    const who = occurrences === 1 ? `its only ${runs.slice(2)}` : `its ${runs} together`;
    if (increment < 0) return `${who} reduced the memory in use by ${exactly(-increment)}.`;
    const share = whole > 0 ? `, ${percent(increment, whole)} of the positive increments in its function` : "";
    return `${who} left ${exactly(increment)} more in use than before${share}.`;
  },
  peak({ peak }) {
    if (peak === 0) return "Memory never rose above its level at the start.";
    return `During one execution, ${memory()} rose by up to ${exactly(peak)} above its start.`;
  },
  usage({ usage, kind }) {
    if (kind === "entry") return `${exactly(usage)} in use when the function was first entered.`;
    return `Up to ${exactly(usage)} in use after it ran: the highest of all executions.`;
  },
  allocated({ allocated }) {
    return `${exactly(allocated)} allocated in total, freed or not.`;
  },
  allocations({ allocations, allocated }) {
    if (allocations === 0) return "It allocated nothing.";
    const average = size(Math.round(allocated / allocations));
    return `${times(allocations, "allocation")}, ${exactly(allocated)} in total: ${average} each on average.`;
  },
  occurrences({ occurrences, isFunction, kind }) {
    return `${isFunction || kind === "entry" ? "Called" : "It ran"} ${occurrences === 1 ? "once" : times(occurrences, "time")}.`;
  },
};

/** One sentence that begins with a capital. */
function sentence(column, figures) {
  if (figures[column] === null || figures[column] === undefined) return "";
  const text = explain[column](figures);
  return text[0].toUpperCase() + text.slice(1);
}
