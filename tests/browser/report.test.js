// The HTML report, used as a reader uses it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { reading as readingIn, start, texts } from "./browser.js";
import { functionOf, killedLeak, many, never, pageOf, pageWith, ran, timelineOf, withResident } from "./recordings.js";

const MIB = 1 << 20;

let browser;
before(async () => {
  browser = await start();
});
after(() => browser?.close());

const reading = (path, use, options) => readingIn(browser, path, use, options);

/** Three functions: one holds the peak, one has temporaries, one calls the first. */
function shop() {
  const entry = (line) => ran(line, "#[mem_profile]", { usage: 512, increment: 512 });
  const kept = { usage: 40 * MIB, increment: 40 * MIB, peak: MIB, allocations: 10, allocated: 40 * MIB, occurrences: 10 };
  return [
    functionOf("shop::load", [
      entry(10),
      ran(11, "    let all = read(path)?;", { ...kept, at_peak: 38 * MIB, live: 5 * MIB }),
      ran(12, "    drop(old);", { increment: -8 * MIB }),
      never(13, "    never();"),
      ran(14, "    let node =", { at_peak: 3 * MIB, allocations: 1, allocated: 3 * MIB }),
      never(15, "        Node { // fields"),
      never(16, "            weight,"),
      never(17, "        };"),
    ], { peak: 41 * MIB }),
    functionOf("shop::parse", [entry(30), ran(31, "    scratch(9)", { peak: 90 * MIB, allocations: 1, allocated: 90 * MIB })], { file: "src/parse.rs", peak: 90 * MIB }),
    functionOf("shop::main", [entry(50), ran(51, "    load(path);", { ...kept, increment: 32 * MIB })], { file: "src/main.rs", peak: 45 * MIB }),
  ];
}

/** The same without live blocks. */
function unheld() {
  const known = ({ at_peak, live, ...line }) => line;
  return shop().map((it) => ({ ...it, lines: it.lines.map(known) }));
}

/** The same with live blocks: 45 MiB at the peak, of which 4 MiB are outside. */
function held() {
  const own = (at_peak, live) => ({ at_peak, at_peak_blocks: 1, live, live_blocks: 1, allocated: 2 * at_peak, allocations: 1 });
  const path = (caller, index, line, figures) => ({ caller, function: index, line, is_recursive: false, own: figures });
  return {
    peak: { bytes: 45 * MIB, after: 1_234_000_000, uncertainty: 0 },
    resident_peak: 50 * MIB,
    paths: {
      all: [
        path(null, 2, 51, own(0, 0)),
        path(0, 0, 11, own(38 * MIB, 5 * MIB)),
        path(0, 0, 14, own(3 * MIB, 0)),
      ],
      outside: own(4 * MIB, 0),
      unattributed: own(0, 0),
    },
  };
}

const names = (page) => page.locator("tr.function:visible .path").allTextContents();

test("the process comes first, in figures of the whole program", async () => {
  await reading(pageWith("process", shop(), held()), async (page) => {
    assert.deepEqual(await texts(page.locator("#process div")), ["peak, after 1.23 s 45.0 MiB", "live at the end 1.0 MiB", "resident at most 50.0 MiB"]);
    const box = await page.locator("#held").boundingBox();
    assert.ok(box.y < 320, `the lines begin at ${box.y}`);
  });
});

test("the lines at the peak, the rest and the outside add up to it", async () => {
  await reading(pageWith("held", shop(), held()), async (page) => {
    const shown = () => texts(page.locator("#held li"));
    assert.deepEqual(await shown(), [
      "38.0 MiB 84 % src/lib.rs:11 in shop::load let all = read(path)?;",
      "3.0 MiB 7 % src/lib.rs:14 in shop::load let node = Node { weight };",
      "4.0 MiB 9 % outside of measured functions",
      "45.0 MiB 100 % the peak",
    ]);
    const widths = await page.locator("#held .meter").evaluateAll((meters) =>
      meters.map((meter) => parseFloat(getComputedStyle(meter, "::before").width) / meter.clientWidth));
    assert.ok(Math.abs(widths[0] - 38 / 45) < 0.01 && Math.abs(widths[1] - 3 / 45) < 0.01, `${widths}`);
    await page.getByRole("button", { name: "Live", exact: true }).first().click();
    assert.deepEqual(await shown(), ["5.0 MiB 100 % src/lib.rs:11 in shop::load let all = read(path)?;", "5.0 MiB 100 % all that is live"]);
    assert.equal(await page.getByRole("heading", { level: 2 }).first().innerText(), "Live at the end, by line");
  });
});

test("without live blocks the page says how to get them", async () => {
  await reading(pageWith("unknown", unheld(), { peak: { bytes: 91 * MIB, after: null, uncertainty: 0 } }), async (page) => {
    assert.match(await page.locator("#held").innerText(), /^This run did not record which lines held it\. Set MEM_PROFILE_LIVE=1, /);
    assert.deepEqual(await names(page), ["shop::parse", "shop::main", "shop::load"]);
    assert.equal(await page.locator("tr.function td.peak").first().textContent(), "90.0\u00a0MiB 99 %");
    assert.ok(await page.locator("#measures").isHidden());
  });
});

test("a killed run shows its leak", async () => {
  await reading(pageOf(killedLeak()), async (page) => {
    assert.match(await page.locator("[role=alert]").innerText(), /^Incomplete: the process ended without closing it/);
    assert.ok(await page.locator("table.lines").first().isVisible(), "its function is open");
    const words = await page.locator(".peak-words").innerText();
    assert.match(words, /^(Peak|Highest reading): 95\.4 MiB \(.* bytes\) in use after .*, in leak::process\. /);
    assert.match(await page.locator(".spans li").innerText(), /^leak::process\s+1 call · not ended$/);
    if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/leak.png`, fullPage: true });
  });
});

test("a line of the summary leads to its row", async () => {
  await reading(pageWith("leads", shop(), held()), async (page) => {
    await page.getByRole("button", { name: "src/lib.rs:14" }).click();
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "14");
  });
});

test("who calls whom is in the words of a line", async () => {
  await reading(pageWith("calls", shop(), held()), async (page) => {
    await page.locator("tr.function", { hasText: "shop::main" }).getByRole("button").click();
    await page.getByRole("button", { name: "Explain line 51" }).click();
    assert.equal((await page.locator("tr.words li").allTextContents()).at(-1), "It calls shop::load: 41.0 MiB at the peak, with all that calls in turn.");
    await page.getByRole("button", { name: "Explain line 51" }).click();
    await page.getByRole("button", { name: "Explain line 10" }).click();
    assert.equal((await page.locator("tr.words li").allTextContents()).at(-1), "Called by shop::main at src/main.rs:51: 41.0 MiB at the peak.");
  });
});

test("columns stand in the order of the tables in text", async () => {
  await reading(pageWith("columns", shop(), held()), async (page) => {
    const heads = await page.locator("table.lines").first().locator("th[scope=col]").allTextContents();
    assert.deepEqual(heads, ["Line", "Mem usage", "Increment", "Peak", "At peak", "Live", "Allocs", "Occurrences", "Line Contents"]);
  });
});

test("the reading on entry has no bar and no increment", async () => {
  await reading(pageWith("entry", shop(), held()), async (page) => {
    const entry = page.locator("tr.entry").first();
    assert.equal(await entry.locator("td.usage").textContent(), "512\u00a0B");
    assert.equal(await entry.locator("td.increment, td.bar").count(), 0);
    assert.deepEqual(await texts(page.locator("table.lines td.bar")), ["38.0 MiB 84 %", "3.0 MiB 7 %"]);
  });
});

test("later lines of a statement are not shown as unused", async () => {
  await reading(pageWith("statement", shop(), held()), async (page) => {
    const kinds = await page.locator("table.lines").first().locator("tbody tr").evaluateAll((rows) => rows.map((row) => row.classList[0]));
    assert.deepEqual(kinds, ["ran", "ran", "ran", "unused", "ran", "more", "more", "more"]);
  });
});

test("long runs of lines without memory are folded", async () => {
  const lines = [ran(1, "fn f() {"), ran(2, "    a();", { increment: 5 }), ...Array.from({ length: 40 }, (_, at) => ran(at + 3, "    b();")), ran(43, "}", { increment: 5 })];
  await reading(pageWith("folded", [functionOf("f", lines)]), async (page) => {
    assert.equal(await page.locator("table.lines tbody tr:visible").count(), 8);
    await page.getByRole("button", { name: "36 lines without memory" }).click();
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "5");
    assert.equal(await page.locator("table.lines tbody tr:visible").count(), 43);
  });
});

test("no part of a statement that has memory is folded", async () => {
  const fields = Array.from({ length: 10 }, (_, at) => never(at + 3, `        field_${at},`));
  const lines = [ran(1, "fn f() {"), ran(2, "    push(Node {", { increment: 5 }), ...fields, never(13, "    });"), ran(14, "}")];
  await reading(pageWith("fields", [functionOf("f", lines)]), async (page) => {
    assert.equal(await page.locator("table.lines tbody tr:visible").count(), 14);
  });
});

test("the notes of a recording are on the page", async () => {
  await reading(pageWith("notes", shop(), { notes: ["lines <b> are missing"] }), async (page) => {
    assert.equal(await page.locator("#notes").innerText(), "lines <b> are missing.");
  });
});

test("a peak of several threads may be lower than a reading", async () => {
  const timeline = timelineOf([], 0);
  await reading(pageWith("threads", shop(), { timeline, peak: { bytes: 59 * MIB, after: null, uncertainty: 2 * MIB } }), async (page) => {
    assert.match(await page.locator(".peak-words").innerText(), / The peak is 59\.0 MiB, to within 2\.0 MiB, since several threads ran\.$/);
  });
});

for (const width of [400, 900, 1600]) {
  test(`at ${width} pixels nothing is off the screen, and figures keep their names`, async () => {
    await reading(pageWith(`width-${width}`, shop(), { ...held(), timeline: withResident(timelineOf(MANY, 200), () => 30 * MIB) }), async (page) => {
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      const right = await page.locator("td.source code, #held code, .figure:visible").evaluateAll((all) => Math.max(...all.map((it) => it.getBoundingClientRect().right)));
      assert.ok(right <= width, `${right}`);
      const title = await page.locator("tr.hot td.at_peak").first().evaluate((td) => getComputedStyle(td, "::before").content);
      assert.equal(title, width < 1200 ? '"At peak "' : "none");
      // The front of a path is cut, not its end.
      const label = page.locator(".spans li:visible .label").last();
      await label.evaluate((it) => { it.firstChild.textContent = "a::".repeat(99) + "end"; });
      const [box, inner] = [await label.boundingBox(), await label.locator("bdi").boundingBox()];
      assert.ok(inner.x < box.x && Math.abs(inner.x + inner.width - box.x - box.width) < 20, `${inner.x + inner.width} of ${box.x + box.width}`);
    }, { viewport: { width, height: 900 } });
  });
}

test("columns sort both ways and say so", async () => {
  await reading(pageWith("sorting", shop(), held()), async (page) => {
    const head = (name) => page.locator("#ranking > thead").getByRole("columnheader", { name });
    assert.deepEqual(await names(page), ["shop::load", "shop::main", "shop::parse"]);
    assert.equal(await head("At peak").getAttribute("aria-sort"), "descending");
    await head(/^Peak/).getByRole("button").click();
    assert.deepEqual(await names(page), ["shop::parse", "shop::main", "shop::load"]);
    assert.equal(await head("At peak").getAttribute("aria-sort"), "none");
    await head(/^Peak/).getByRole("button").press("Enter");
    assert.equal(await head(/^Peak/).getAttribute("aria-sort"), "ascending");
    await head("Function").getByRole("button").click();
    assert.deepEqual(await names(page), ["shop::load", "shop::main", "shop::parse"]);
  });
});

test("the filter searches names, files and source, and counts", async () => {
  await reading(pageWith("filter", shop(), held()), async (page) => {
    const filter = page.getByRole("searchbox");
    const found = async (text) => {
      await filter.fill(text);
      return [await page.locator("#count").innerText(), await names(page)];
    };
    assert.deepEqual(await found("MAIN"), ["1 of 3 functions", ["shop::main"]]);
    assert.deepEqual(await found("parse.rs"), ["1 of 3 functions", ["shop::parse"]]);
    assert.deepEqual(await found("scratch("), ["1 of 3 functions", ["shop::parse"]]);
    assert.deepEqual(await found("nowhere"), ["0 of 3 functions", []]);
    assert.ok(await page.getByText("No function matches.").isVisible());
    assert.equal((await found(""))[0], "3 functions; the first holds 91 % of the peak");
  });
});

test("figures are explained to the pointer and to the keyboard", async () => {
  await reading(pageWith("words", shop(), held()), async (page) => {
    await page.locator("tr.hot td.at_peak").hover();
    const tip = page.getByRole("tooltip");
    const words = "At the process's peak, 38.0 MiB (39,845,888 bytes) that it had allocated were in use: 84 % of the peak.";
    assert.equal(await tip.innerText(), words);
    await page.keyboard.press("Escape");
    assert.ok(await tip.isHidden());

    const button = page.getByRole("button", { name: "Explain line 12" });
    await button.focus();
    await page.keyboard.press("Enter");
    assert.equal(await button.getAttribute("aria-expanded"), "true");
    const said = await page.locator("tr.words li").allTextContents();
    assert.equal(said[1], "Its only execution reduced the memory in use by 8.0 MiB (8,388,608 bytes).");
    await page.keyboard.press("Enter");
    assert.equal(await page.locator("tr.words").count(), 0);
    assert.equal(await page.getByRole("button", { name: "Explain line 13" }).count(), 0);
  });
});

test("resident memory has fewer columns", async () => {
  await reading(pageWith("resident", unheld(), { backend: "rss", resident_peak: 64 * MIB }), async (page) => {
    const heads = await page.locator("#ranking > thead th").allInnerTexts();
    assert.deepEqual(heads.map((head) => head.trim()), ["Function", "Increment", "Occurrences"]);
    assert.ok(await page.locator("#measures").isHidden());
    assert.deepEqual(await texts(page.locator("#process div")), ["resident at most 64.0 MiB", "resident at the end 1.0 MiB"]);
  });
});

test("a peak that is not known is not replaced by another figure", async () => {
  await reading(pageWith("peakless", unheld()), async (page) => {
    assert.deepEqual(await texts(page.locator("#process div")), ["peak not recorded", "live at the end 1.0 MiB"]);
  });
});

test("without a timeline there is no chart", async () => {
  await reading(pageWith("timeless", shop()), async (page) => {
    assert.ok(await page.locator("#time").isHidden());
  });
});

const MANY = ["shop::load", "a block <b>", ...Array.from({ length: 38 }, (_, at) => `shop::deep::function_${at}`)];

test("two thousand calls have a row for each function, which leads to it", async () => {
  const path = pageWith("calls-over-time", shop(), { timeline: timelineOf(MANY, 2000) });
  await reading(path, async (page) => {
    const rows = page.locator(".spans li:visible");
    assert.equal(await rows.count(), 12);
    await page.getByRole("button", { name: "Show all 40" }).click();
    assert.equal(await rows.count(), 40);
    assert.match(await rows.nth(0).innerText(), /^shop::load\s+50 calls$/);
    assert.match(await rows.nth(1).innerText(), /^a block <b>\s+50 blocks$/);
    const drawn = await rows.nth(0).locator("path").getAttribute("d");
    assert.equal(drawn.split("M").length - 1, 50);
    await rows.nth(0).getByRole("button", { name: "shop::load" }).click();
    assert.match(await page.evaluate(() => document.activeElement.textContent), /shop::load/);
    assert.equal(await page.locator(".spans button").count(), 1, "the others have no table");
  });
});

test("the peak of the chart is marked and explained, and each moment can be read with keys", async () => {
  const peak = { bytes: 60 * MIB + 9, after: 603_000_000, uncertainty: 0 };
  const path = pageWith("moments", shop(), { timeline: timelineOf(["shop::load"], 10), peak });
  await reading(path, async (page) => {
    assert.equal((await texts(page.locator("#process div")))[0], "peak, after 600 ms 60.0 MiB");
    const words = "Peak: 60.0 MiB (62,914,569 bytes) in use after 0.600 s. There are 121 readings: one every 10 ms, and one where each call begins and ends.";
    assert.equal(await page.locator(".peak-words").innerText(), words);
    assert.equal(await page.getByRole("img", { name: "Peak: 60.0 MiB" }).count(), 1);
    const [mark, plot] = [await page.locator(".peak-mark").boundingBox(), await page.locator(".plot").boundingBox()];
    assert.ok(Math.abs((mark.x - plot.x) / plot.width - 0.6) < 0.01);
    const moment = page.getByRole("slider", { name: "Moment" });
    await moment.focus();
    await page.keyboard.press("Home");
    const said = () => moment.getAttribute("aria-valuetext");
    assert.match(await said(), /^After 0.000 s: /);
    await page.keyboard.press("End");
    assert.equal(await said(), "After 1.000 s: 0 B in use.");
    await page.mouse.move(plot.x + plot.width / 4, plot.y + 9);
    assert.match(await said(), /^After 0\.2[45]\d s: 2[45]\.0 MiB in use\.$/);
  });
});

test("lanes of one method of two types can be told apart", async () => {
  const timeline = timelineOf(["<app::shapes::Circle<a::B> as app::draw::Draw>::draw", "app::shapes::sum", "app::parse::<impl app::Text>::next", "app::Parser<'_, _>::next", "app::one::new", "app::two::one::new"], 6);
  await reading(pageWith("lanes", shop(), { timeline }), async (page) => {
    assert.deepEqual(await texts(page.locator(".spans .label")), ["<Circle<B> as Draw>::draw", "shapes::sum", "<impl Text>::next", "Parser::next", "app::one::new", "app::two::one::new"]);
  });
});

test("the words below the chart never contradict its mark", async () => {
  // The lowest and the highest reading are at about the same time.
  const timeline = timelineOf([], 0);
  timeline.samples.splice(61, 0, { time: timeline.samples[60].time + 1000, bytes: MIB });
  await reading(pageWith("mark", shop(), { timeline, peak: { bytes: 70 * MIB, after: null, uncertainty: 0 } }), async (page) => {
    assert.equal(await page.locator(".peak-mark").innerText(), "highest reading 60.0 MiB");
    assert.match(await page.locator(".peak-words").innerText(), / The peak of 70\.0 MiB lay between two of them\.$/);
    assert.equal(await page.locator("#moment-words").innerText(), "After 0.600 s: 1.0 MiB to 60.0 MiB in use.");
  });
});

/** The corners of a path, as `[x, y]`. */
const cornersOf = async (path) => (await path.getAttribute("d")).match(/[\d.]+ [\d.]+/g).map((corner) => corner.split(" ").map(Number));

test("the parts of the resident set are stacked, and add up to it", async () => {
  // 28 MiB are kept, and of 60 MiB of live blocks 40 are resident.
  const timeline = withResident(timelineOf([], 0), (bytes) => Math.max(Math.min(bytes, 40 * MIB), 28 * MIB));
  await reading(pageWith("stack", shop(), { timeline }), async (page) => {
    const bands = page.locator(".stacked path:not(.grid)");
    const kinds = await bands.evaluateAll((all) => all.map((it) => it.getAttribute("class")));
    assert.deepEqual(kinds, ["live", "own", "files", "rest", "untouched", "top"]);
    // The lower edge of each is the upper one of the next lower; the uppermost is the resident set.
    const edges = await Promise.all([0, 1, 2, 3].map(async (at) => {
      const corners = await cornersOf(bands.nth(at));
      return [corners.slice(0, 101), corners.slice(101).reverse()];
    }));
    edges.slice(1).forEach(([, lower], at) => assert.deepEqual(lower, edges[at][0]));
    assert.deepEqual(await cornersOf(bands.nth(5)), edges[3][0]);
    assert.ok(edges[0][1].every(([, y]) => y === 100));
    const height = (at, y) => ((100 - y) / (100 - edges[3][0][60][1])) * 52;
    assert.ok(Math.abs(height(10, edges[3][0][10][1]) - 40) < 0.1, "12 MiB, and 28 MiB that are kept");
    // Only where more is live than can be resident: above 40 MiB, with the moments around.
    const dashed = await cornersOf(bands.nth(4));
    assert.deepEqual([dashed.length, dashed[0][0], dashed[21][0]], [44, 400, 610]);
    const key = () => texts(page.locator(".key-list li"));
    assert.deepEqual(await key(), ["After 0.600 s:", "live, but not resident 20.0 MiB", "free and other, at least 0 B", "code and files 10.0 MiB", "the profiler itself 2.0 MiB", "live blocks, at most 40.0 MiB"]);
    await page.getByRole("slider", { name: "Moment" }).press("End");
    assert.equal(await page.locator("#moment-words").innerText(), "After 1.000 s: 0 B in use. Resident set: 40.0 MiB.");
    assert.deepEqual((await key()).slice(1, 3), ["live, but not resident 0 B", "free and other, at least 28.0 MiB"]);
    assert.equal(await page.getByRole("img", { name: "Resident set. At most 52.0 MiB in a sample, after 0.400 s." }).count(), 1);
  });
});

test("much more live than resident does not flatten the stack, and it says so", async () => {
  const timeline = withResident(timelineOf([], 0), () => MIB);
  timeline.samples[50].bytes = 900 * MIB;
  await reading(pageWith("cut", shop(), { timeline }), async (page) => {
    assert.match(await page.locator(".stack-words").innerText(), / They go on above the picture\.$/);
    const corners = await cornersOf(page.locator(".stacked .top"));
    assert.ok(corners.every(([, y]) => Math.abs(y - (100 - 100 / 2.3)) < 0.1));
  });
});

test("without a resident set there is no stack", async () => {
  await reading(pageWith("unstacked", shop(), { timeline: timelineOf([], 0) }), async (page) => {
    assert.equal(await page.locator(".stacked").count(), 0);
    assert.equal(await page.locator("#resident").isHidden(), true);
  });
  const resident = { bytes: 247 * MIB, files: 3 * MIB, profiler: MIB };
  await reading(pageWith("explained", shop(), { resident }), async (page) => {
    assert.equal(await page.locator("#resident").innerText(), "Resident set 247.0 MiB at the end: live blocks at most 1.0, code and files 3.0, the profiler itself 1.0, free and other at least 242.0.");
  });
});

test("text of a recording never becomes markup", async () => {
  const hostile = `</script><img src="x" onerror="alert(1)">&amp;'"\u2028<b>`;
  const lines = [ran(1, hostile), ran(2, `    ${hostile} // ${hostile}`, { increment: 5 })];
  const timeline = timelineOf([hostile], 3);
  await reading(pageWith("hostile", [functionOf(hostile, lines, { file: hostile })], { timeline }), async (page) => {
    assert.match(await page.locator(".spans .label").innerText(), /<img src="x"/);
    assert.equal(await page.locator("img, main b b, .source b, .spans b").count(), 0);
    assert.match(await page.locator("tr.function .path").innerText(), /<img src="x" onerror="alert\(1\)">&amp;/);
    assert.match(await page.locator("td.source").nth(1).innerText(), /<img src="x"/);
  });
});

test("an empty recording has a message", async () => {
  await reading(pageWith("nothing", []), async (page) => {
    assert.equal(await page.locator("#count").innerText(), "0 functions");
    assert.ok(await page.getByText("This run did not record which lines held it.").isVisible());
  });
});

/** The relative luminance of WCAG 2, of `rgb(…)`. */
function luminance(color) {
  const parts = color.match(/[\d.]+/g).slice(0, 3).map((part) => Number(part) / 255);
  const [r, g, b] = parts.map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a, b) {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

/** Every pair of text and background colours. */
const PAIRS = [
  ...["page", "surface", "sunken", "hot"].map((page) => ["text", page]),
  ...["page", "surface", "sunken", "hot"].map((page) => ["muted", page]),
  ...["comment", "keyword", "type", "call", "string", "number"].flatMap((kind) => [[kind, "page"], [kind, "surface"], [kind, "hot"], [kind, "sunken"]]),
  ["held", "page"], ["peak", "surface"], ["freed", "hot"], ["freed", "page"], ["alert", "alert-page"],
];

for (const scheme of ["light", "dark"]) {
  test(`the ${scheme} theme follows the system, has contrast, and gives way to the button`, async () => {
    const timeline = timelineOf(MANY, 2000);
    await reading(pageWith(`theme-${scheme}`, shop(), { timeline }), async (page) => {
      const colors = () => page.evaluate((pairs) => {
        const probe = document.body.appendChild(document.createElement("i"));
        const color = (name) => {
          probe.style.color = `var(--${name})`;
          return getComputedStyle(probe).color;
        };
        return pairs.map((pair) => pair.map(color));
      }, PAIRS);
      for (const current of [scheme, scheme === "dark" ? "light" : "dark"]) {
        const isDark = luminance((await colors())[0][1]) < 0.5;
        assert.equal(isDark, current === "dark");
        (await colors()).forEach(([text, behind], index) => {
          const ratio = contrast(text, behind);
          assert.ok(ratio >= 4.5, `${current}: ${PAIRS[index].join(" on ")} is ${ratio.toFixed(2)}`);
        });
        if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${current}.png`, fullPage: true });
        await page.locator("#theme").click();
      }
    }, { colorScheme: scheme });
  });
}

test("three thousand functions with a hundred thousand lines open at once", async () => {
  const path = pageWith("large", many(3000, 34));
  await reading(path, async (page) => {
    const times = await page.evaluate(() => {
      const { domContentLoadedEventEnd } = performance.getEntriesByType("navigation")[0];
      const [paint] = performance.getEntriesByName("first-contentful-paint");
      return { loaded: domContentLoadedEventEnd, painted: paint?.startTime };
    });
    assert.equal(await page.locator("tr.function").count(), 100);
    assert.equal(await page.locator("table.lines").count(), 10, "only what is open is made");
    const took = async (use) => {
      const began = Date.now();
      await use();
      return Date.now() - began;
    };
    times.filtered = await took(() => page.getByRole("searchbox").fill("compute::<33>"));
    assert.equal(await page.locator("#count").innerText(), "3,000 of 3,000 functions");
    times.all = await took(() => page.getByRole("button", { name: "Show all 3,000" }).click());
    assert.equal(await page.locator("tr.function").count(), 3000);
    console.log(`3,000 functions of 34 lines: ${JSON.stringify(times)} ms`);
    assert.ok(times.loaded < 5000 && times.filtered < 5000 && times.all < 5000);
  });
});
