// Exported heaps in the viewers that they are for. Rust writes the files into the folder that HEAP_SNAPSHOTS names;
// `.ci/run heap_snapshots` does all of it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import memlab from "@memlab/core";
import { load } from "./devtools.js";

const file = (name) => join(process.env.HEAP_SNAPSHOTS, name);
const STRING = 102_403;
const CLOSURE = 24;
const LISTENER = STRING + CLOSURE + 16;

/** The blocks of the same heap as JSON lines: sizes and retained sizes as the analysis has them. */
const blocksOf = (name) => readFileSync(file(`${name}.jsonl`), "utf8").trim().split("\n")
  .map((line) => JSON.parse(line)).filter((line) => line.block !== undefined);

/** All nodes of a snapshot that are blocks, in their order. */
function nodesOf(snapshot) {
  const nodes = [];
  for (let at = 0; at < snapshot.nodes.length; at += snapshot.nodeFieldCount) {
    const node = snapshot.createNode(at);
    if (node.type() !== "synthetic") nodes.push(node);
  }
  return nodes;
}

/** From a block out to the root: the names of edges and nodes. */
function retainers(node) {
  const steps = [];
  for (let at = node; !at.isRoot();) {
    const ways = [];
    for (const iterator = at.retainers(); iterator.hasNext(); iterator.next()) {
      const edge = iterator.item();
      if (edge.type() !== "weak") ways.push([edge.type(), edge.name(), edge.node().name(), edge.node().itemIndex()]);
    }
    assert.equal(ways.length, 1, `${at.name()}: ${JSON.stringify(ways)}`);
    const [kind, name, holder, index] = ways[0];
    steps.push(`${holder} –${kind === "element" ? `[${name}]` : name}→ ${at.name()}`);
    at = at.snapshot.createNode(index);
  }
  return steps.reverse();
}

test("classes, counts and sizes are those of the program", async () => {
  const snapshot = await load(file("newer.heapsnapshot"));
  const blocks = blocksOf("newer");
  assert.equal(snapshot.totalSize, blocks.reduce((sum, { size }) => sum + size, 0));
  const classes = snapshot.getAggregatesByClassKey(true, "allObjects");
  const found = Object.values(classes).map(({ name, count, self, maxRet }) => [name, count, self, maxRet]);
  found.sort((one, other) => other[2] - one[2]);
  assert.deepEqual(found.slice(0, 4), [
    ["(string)", 501, 500 * STRING + 5, 500 * STRING + 5],
    ["Function", 500, 500 * CLOSURE, 500 * (STRING + CLOSURE)],
    ["(array)", 1, 500 * 16, 500 * LISTENER],
    ["Rc<Node>", 2, 112, 112 + 5],
  ]);
});

test("a string leads to its static by the names of fields", async () => {
  const snapshot = await load(file("newer.heapsnapshot"));
  const strings = nodesOf(snapshot).filter((node) => node.name() === "String" && node.selfSize() === STRING);
  assert.deepEqual(retainers(strings[250]), [
    " –[0]→ (statics)",
    "(statics) –static app::REGISTRY→ [Box<dyn Fn>]",
    "[Box<dyn Fn>] –[250]→ Box<subscribe::{closure#0}>",
    "Box<subscribe::{closure#0}> –payload.vec→ String",
  ]);
});

test("a string has the stack at which it was allocated", async () => {
  const snapshot = await load(file("newer.heapsnapshot"));
  const string = nodesOf(snapshot).find((node) => node.name() === "String");
  const stack = snapshot.allocationStack(string.itemIndex());
  const [innermost, outer, root] = stack;
  assert.match(innermost.functionName, /::remember$/);
  assert.match(innermost.scriptName, /tests\/exported\.rs$/);
  assert.ok(innermost.line > 0);
  assert.deepEqual([outer.functionName, root.functionName, stack.length], ["app+0x1234", "(root)", 3]);
  const tops = snapshot.allocationTracesTops();
  const remember = tops.find(({ name }) => name.endsWith("::remember"));
  assert.deepEqual([remember.liveCount, remember.liveSize], [501, 500 * STRING + 5]);
});

test("a weak pointer and a lost block hold nothing that a static holds", async () => {
  const snapshot = await load(file("newer.heapsnapshot"));
  const parent = nodesOf(snapshot).find((node) => node.name() === "Rc<Node>");
  assert.equal(parent.retainedSize(), 2 * 56 + 5);
  assert.deepEqual(retainers(parent), [" –[0]→ (statics)", "(statics) –static app::PARENT→ Rc<Node>"]);
});

test("two captures of a process are compared block by block", async () => {
  const [older, newer] = [await load(file("older.heapsnapshot")), await load(file("newer.heapsnapshot"))];
  const diff = Object.values(newer.calculateSnapshotDiff(1, older.aggregatesForDiff("[]")));
  const strings = diff.find(({ name }) => name === "(string)");
  // The registry has grown, and so moved; the parent's name lies behind it.
  assert.deepEqual([strings.addedCount, strings.removedCount], [101, 1]);
  assert.equal(strings.sizeDelta, 100 * STRING);
  const closures = diff.find(({ name }) => name === "Function");
  assert.deepEqual([closures.addedCount, closures.removedCount, closures.sizeDelta], [100, 0, 100 * CLOSURE]);
});

for (const name of ["newer", "service"]) {
  test(`all retained sizes of ${name} are those of our own analysis, in DevTools`, async () => {
    const nodes = nodesOf(await load(file(`${name}.heapsnapshot`)));
    const blocks = blocksOf(name);
    assert.deepEqual(nodes.map((node) => node.selfSize()), blocks.map(({ size }) => size));
    assert.deepEqual(nodes.map((node) => node.retainedSize()), blocks.map(({ retained }) => retained));
  });

  test(`all retained sizes of ${name} are those of our own analysis, in memlab`, async () => {
    const path = file(`${name}.heapsnapshot`);
    const snapshot = await memlab.utils.getSnapshotFromFile(path, { buildNodeIdIndex: true, verbose: false });
    memlab.analysis.preparePathFinder(snapshot);
    const nodes = [];
    snapshot.nodes.forEach((node) => { if (node.type !== "synthetic") nodes.push(node); });
    const blocks = blocksOf(name);
    assert.equal(nodes.length, blocks.length);
    assert.deepEqual(nodes.map((node) => node.retainedSize), blocks.map(({ retained }) => retained));
  });
}

/** A program that leaks listeners, captured for real: `tests/graph/src/bin/listeners.rs`. */
test("a captured program has its types, its static, its fields and its stacks", async () => {
  const snapshot = await load(file("captured.heapsnapshot"));
  const classes = Object.values(snapshot.getAggregatesByClassKey(true, "allObjects"));
  const of = (wanted) => classes.filter(({ name }) => name === wanted).map(({ count, self, maxRet }) => [count, self, maxRet])[0];
  const [count, self] = of("(string)");
  assert.ok(count >= 500 && self >= 500 * STRING && self < 500 * STRING + 1000, `${count}, ${self}`);
  assert.deepEqual(of("Function").slice(0, 2), [500, 500 * 32]);
  const strings = nodesOf(snapshot).filter((node) => node.name() === "String" && node.selfSize() === STRING);
  const [root, ...steps] = retainers(strings[250]);
  assert.match(root, /→ \(statics\)$/);
  const rows = "[Box<dyn Fn() -> usize + Send>]";
  assert.deepEqual(steps, [
    `(statics) –static listeners::REGISTRY→ ${rows}`,
    `${rows} –[250]→ Box<subscribe::{closure#0}>`,
    "Box<subscribe::{closure#0}> –payload→ String",
  ]);
  const registry = nodesOf(snapshot).find((node) => node.name().startsWith("[Box<dyn Fn"));
  const retained = 500 * (STRING + 32) + registry.selfSize();
  assert.equal(registry.retainedSize(), retained);
  const stack = snapshot.allocationStack(strings[250].itemIndex());
  const subscribe = stack.find(({ functionName }) => functionName === "listeners::subscribe");
  assert.equal(subscribe.scriptName, "src/bin/listeners.rs");
  const line = readFileSync(new URL("../graph/src/bin/listeners.rs", import.meta.url), "utf8").split("\n")[subscribe.line - 1];
  assert.match(line, /"x"\.repeat/);
  assert.ok(stack.some(({ functionName }) => functionName === "listeners::main"), JSON.stringify(stack));
});
