// Numbers, and the sentences that explain them.

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];
const TIME_UNITS = [["ns", 1], ["µs", 1e3], ["ms", 1e6], ["s", 1e9], ["min", 6e10], ["h", 3.6e12]];

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

/** A share of a whole. A part that is not zero is never `0 %`. */
function percent(part, whole) {
  const share = (100 * part) / whole;
  return part > 0 && Math.round(share) === 0 ? "<1 %" : `${Math.round(share)} %`;
}

/** The largest unit of which there is at least one, and more than two of minutes or hours. */
function timeUnit(nanoseconds) {
  return TIME_UNITS.findLast(([, length]) => nanoseconds >= (length > 1e9 ? 2 * length : length)) ?? TIME_UNITS[0];
}

function duration(nanoseconds) {
  const [unit, length] = timeUnit(nanoseconds);
  const value = nanoseconds / length;
  return `${value < 100 ? Number(value.toPrecision(3)) : Math.round(value)} ${unit}`;
}

/** The peak's clock ticks every few milliseconds. */
function coarsely(nanoseconds) {
  if (nanoseconds === null) return null;
  return nanoseconds < 1e7 ? "less than 10 ms" : duration(nanoseconds);
}

const isHeap = () => page.backend === "heap";
const memory = () => (isHeap() ? "memory" : "resident memory of the process");
/** The bytes that shares are of; 0 if not known. */
const wholePeak = () => page.peak?.bytes ?? page.rankings?.[0].total ?? page.resident_peak ?? 0;
/** How exact a peak is: one that may be off by more than itself has an upper bound alone. */
function exactnessOf({ bytes, uncertainty }) {
  return uncertainty < bytes ? `to within ${size(uncertainty)}` : `at most ${size(bytes + uncertainty)}`;
}
const shareOfPeak = (bytes) => (wholePeak() > 0 ? `, ${percent(bytes, wholePeak())} of the process's peak` : "");

/** Sentences on the figures of a line or a function, by column. */
const explain = {
  usage({ usage, kind }) {
    if (kind === "entry") return `${exactly(usage)} in use when the function was first entered. The function did not cause it.`;
    return `Up to ${exactly(usage)} in use after it ran: the highest of all executions.`;
  },
  increment({ increment, occurrences, isFunction, kind }) {
    if (kind === "entry") return "";
    if (increment === 0) return `No change: as much ${memory()} in use after as before.`;
    const runs = times(occurrences, isFunction ? "call" : "execution");
    const who = occurrences === 1 ? `its only ${runs.slice(2)}` : `its ${runs} together`;
    if (increment < 0) return `${who} reduced the memory in use by ${exactly(-increment)}.`;
    return `${who} left ${exactly(increment)} more in use than before.`;
  },
  peak({ peak, isFunction }) {
    if (peak === 0) return "Memory never rose above its level at the start.";
    const when = isFunction ? "one call" : "one execution";
    return `During ${when}, ${memory()} rose by up to ${exactly(peak)} above its start${shareOfPeak(peak)}.`;
  },
  at_peak({ at_peak: bytes, isFunction }) {
    const who = isFunction ? "its own lines" : "it";
    if (bytes === 0) return `At the process's peak, nothing that ${who} had allocated was in use.`;
    return `At the process's peak, ${exactly(bytes)} that ${who} had allocated were in use: ${percent(bytes, wholePeak())} of the peak.`;
  },
  live({ live, isFunction }) {
    const who = isFunction ? "its own lines" : "it";
    if (live === 0) return `Nothing that ${who} had allocated was in use ${atEnd()}.`;
    return `${exactly(live)} that ${who} had allocated were in use ${atEnd()}.`;
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

const atEnd = () => (page.is_complete ? "at the end" : "when this was recorded");

/** One sentence that begins with a capital. */
function sentence(column, figures) {
  if (figures[column] === null || figures[column] === undefined) return "";
  const text = explain[column](figures);
  return text && text[0].toUpperCase() + text.slice(1);
}
