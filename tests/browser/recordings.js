// Recordings for the tests, and their pages.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const COMMAND = process.env.CARGO_MEM_PROFILE ?? join(ROOT, "target/debug/cargo-mem-profile");

/** A folder that is removed when the process ends. */
export const folder = mkdtempSync(join(tmpdir(), "mem-profile-pages-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** The page of the recording at `path`. */
export function pageOf(path) {
  const page = path.replace(/\.[a-z]+$/, ".html");
  execFileSync(COMMAND, ["report", path, "--output", page], { stdio: "pipe" });
  return page;
}

/** The page of these functions. */
export function pageWith(name, functions, others = {}) {
  const path = join(folder, `${name}.json`);
  const recording = { schema_version: 2, backend: "heap", process_bytes: 1 << 20, functions, notes: [], ...others };
  writeFileSync(path, JSON.stringify(recording));
  return pageOf(path);
}

/** A line that ran; omitted figures are zero. */
export function ran(line, source, figures = {}) {
  const zero = { usage: 0, increment: 0, peak: 0, allocations: 0, allocated: 0, occurrences: 1 };
  return { line, source, ...zero, ...figures };
}

/** A line that did not run. */
export function never(line, source) {
  return { line, source, usage: null, increment: null, peak: null, allocations: null, allocated: null, occurrences: null };
}

/** A function of this name, whose first row is its entry unless the row has another kind. */
export function functionOf(name, lines, { file = "src/lib.rs", peak = null } = {}) {
  const rows = lines.map((line, at) => ({ kind: at === 0 ? "entry" : "body", ...line }));
  return { name, file, line: lines[0].line, calls: 1, reading_at_entry: lines[0].usage, peak, lines: rows };
}

/** Functions with figures on every line. */
export function many(functions, lines) {
  const source = (at) => `    let value_${at} = compute::<${at}>(&input[..${at}], "text", 'c')?; // ${at}`;
  const line = (index, at) =>
    ran(at + 1, source(at), { increment: index * at, peak: at * 100, allocations: at, allocated: at * 9, usage: at });
  const body = (index) => Array.from({ length: lines }, (_, at) => line(index, at));
  return Array.from({ length: functions }, (_, index) =>
    functionOf(`app::module_${index % 20}::function_${index}`, body(index), { file: `src/module_${index % 20}.rs` }));
}

/** A second of memory that rises and falls, with calls of the named functions. */
export function timelineOf(names, calls) {
  const second = 1e9;
  const bytesAt = (at) => (at <= 60 ? at : 100 - at) * (1 << 20);
  const samples = Array.from({ length: 101 }, (_, at) => ({ time: at === 0 ? 1 : (at * second) / 100, bytes: bytesAt(at) }));
  const spans = Array.from({ length: calls }, (_, at) => {
    const start = Math.floor((at * second) / calls) + 1;
    const bytes = bytesAt(Math.floor((100 * at) / calls));
    return { label: at % names.length, start, end: start + 2000, bytes_at_start: bytes, bytes_at_end: bytes, level: 0, thread: 0 };
  });
  const labels = names.map((name) => ({ name, is_block: name.startsWith("a block"), omitted: 0 }));
  return { started: 1.7e18, interval: second / 100, samples, spans, labels };
}

/** The same with a resident set: 10 MiB of files, 2 of the profiler, and `resident(bytes)` beside them. */
export function withResident(timeline, resident) {
  const [files, profiler] = [10 << 20, 2 << 20];
  const samples = timeline.samples.map((sample) => ({ ...sample, resident: { bytes: files + profiler + resident(sample.bytes), files, profiler } }));
  return { ...timeline, samples };
}

/** The recording of the leak example, killed after its leak, where it blocks on a full pipe. */
export function killedLeak() {
  const path = join(folder, "leak.mprof");
  const script = `
    mkfifo pipe
    exec 3<>pipe
    head -c 65536 /dev/zero >&3
    MEM_PROFILE_TIMELINE=1 MEM_PROFILE_INTERVAL=2ms MEM_PROFILE_OUTPUT=${path} "$PROGRAM" >&3 2>/dev/null &
    until "$COMMAND" report ${path} --format csv 2>/dev/null | grep println | grep -qv ,,,,; do sleep 0.02; done
    kill -9 $!
    wait $! || true`;
  const PROGRAM = join(ROOT, "target/debug/examples/leak");
  const env = { ...process.env, PROGRAM, COMMAND };
  const ran = spawnSync("bash", ["-c", script], { cwd: folder, env, timeout: 60_000 });
  if (ran.status !== 0) throw new Error(`the leak was not killed: ${ran.stderr}`);
  return path;
}
