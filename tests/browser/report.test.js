// The HTML report, used as a reader uses it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { open, start } from "./browser.js";
import { functionOf, killedLeak, many, pageOf, pageWith, ran, timelineOf } from "./recordings.js";

const MIB = 1 << 20;

let browser;
before(async () => {
  browser = await start();
});
after(() => browser?.close());

/** Three functions: one with an increment, one with a peak, one that calls the first. */
function shop() {
  const entry = (line) => ran(line, "#[mem_profile]", { usage: 512, increment: 512 });
  const held = { usage: 40 * MIB, increment: 40 * MIB, peak: MIB, allocations: 10, allocated: 40 * MIB, occurrences: 10 };
  return [
    functionOf("shop::load", [
      entry(10),
      ran(11, "    let all = read(path)?;", held),
      ran(12, "    drop(old);", { increment: -8 * MIB }),
      { ...ran(13, "    never();"), usage: null, increment: null, peak: null, allocations: null, allocated: null, occurrences: null },
    ]),
    functionOf("shop::parse", [entry(30), ran(31, "    scratch(9)", { peak: 90 * MIB, allocations: 1, allocated: 90 * MIB })], "src/parse.rs"),
    functionOf("shop::main", [entry(50), ran(51, "    load(path);", { ...held, increment: 32 * MIB })], "src/main.rs"),
  ];
}

async function reading(path, use, options) {
  const page = await open(browser, path, options);
  try {
    await use(page);
    assert.deepEqual(page.complaints, []);
  } finally {
    await page.context().close();
  }
}

const names = (page) => page.locator("tr.function:visible .path").allTextContents();

test("the line with the highest increment comes first", async () => {
  await reading(pageOf(killedLeak()), async (page) => {
    const first = page.locator("#hottest li").first();
    assert.match(await first.innerText(), /^47\.7 MiB\s+Increment\s+examples\/leak\.rs:35 in leak::process\s+let document = "x"\.repeat\(100_000\);/);
    const box = await first.boundingBox();
    assert.ok(box.y + box.height < 450, `it ends at ${box.y + box.height}`);
    assert.match(await page.locator("[role=alert]").innerText(), /^Incomplete: the process ended without closing it/);
    assert.ok(await page.locator("tr.hot, tr.warm").first().isVisible(), "its function is open");
    const words = await page.locator(".peak-words").innerText();
    assert.match(words, /^Peak: 95\.4 MiB \(.* bytes\) in use after .*, in leak::process\. /);
    assert.match(await page.locator(".spans li").innerText(), /^leak::process\s+1 call · not ended$/);
    if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/leak.png`, fullPage: true });
  });
});

test("lines that only call another function are not ranked, and lead to it", async () => {
  await reading(pageWith("calls", shop()), async (page) => {
    const places = await page.locator("#hottest .place").allTextContents();
    assert.deepEqual(places, ["src/lib.rs:11"]);
    await page.getByRole("button", { name: "shop::main" }).click();
    await page.getByRole("button", { name: "→ shop::load" }).click();
    const focused = await page.evaluate(() => document.activeElement.textContent);
    assert.match(focused, /shop::load/);
  });
});

test("columns sort both ways and say so", async () => {
  await reading(pageWith("sorting", shop()), async (page) => {
    const head = (name) => page.getByRole("columnheader", { name, exact: false }).first();
    assert.deepEqual(await names(page), ["shop::load", "shop::main", "shop::parse"]);
    assert.equal(await head("Increment").getAttribute("aria-sort"), "descending");
    await head("Peak").getByRole("button").click();
    assert.deepEqual(await names(page), ["shop::parse", "shop::load", "shop::main"]);
    assert.equal(await head("Increment").getAttribute("aria-sort"), "none");
    await head("Peak").getByRole("button").press("Enter");
    assert.equal(await head("Peak").getAttribute("aria-sort"), "ascending");
    await head("Function").getByRole("button").click();
    assert.deepEqual(await names(page), ["shop::load", "shop::main", "shop::parse"]);
  });
});

test("the filter searches names, files and source, and counts", async () => {
  await reading(pageWith("filter", shop()), async (page) => {
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
    assert.equal((await found(""))[0], "3 functions");
  });
});

test("figures are explained to the pointer and to the keyboard", async () => {
  await reading(pageWith("words", shop()), async (page) => {
    await page.locator("table.lines td.increment").nth(1).hover();
    const tip = page.getByRole("tooltip");
    const words = "Its 10 executions together left 40.0 MiB (41,943,040 bytes) more in use than before, 100 % of the positive increments in its function.";
    assert.equal(await tip.innerText(), words);
    await page.keyboard.press("Escape");
    assert.ok(await tip.isHidden());

    const button = page.getByRole("button", { name: "Explain line 12" });
    await button.focus();
    await page.keyboard.press("Enter");
    assert.equal(await button.getAttribute("aria-expanded"), "true");
    const said = await page.locator("tr.words li").allTextContents();
    assert.equal(said[0], "Its only execution reduced the memory in use by 8.0 MiB (8,388,608 bytes).");
    await page.keyboard.press("Enter");
    assert.equal(await page.locator("tr.words").count(), 0);
    assert.equal(await page.getByRole("button", { name: "Explain line 13" }).count(), 0);
  });
});

test("the measure of the hottest lines can be chosen", async () => {
  await reading(pageWith("measures", shop()), async (page) => {
    const peak = page.getByRole("button", { name: "Peak", exact: true }).first();
    await peak.click();
    assert.equal(await peak.getAttribute("aria-pressed"), "true");
    const first = await page.locator("#hottest li").first().innerText();
    assert.match(first, /^90\.0 MiB\s+Peak\s+src\/parse\.rs:31/);
  });
});

test("memory that the function frees itself is not ranked", async () => {
  const local = [
    ran(1, "fn f() {"),
    ran(2, "    let all = read();", { increment: 80 * MIB }),
    ran(3, "}", { increment: -79 * MIB }),
  ];
  await reading(pageWith("local", [functionOf("local::f", local)]), async (page) => {
    const first = await page.locator("#hottest li").first().innerText();
    assert.match(first, /^1\.0 MiB/);
    assert.match(first, /Its function freed the rest: 1\.0 MiB \(1,048,576 bytes\) is left\.$/);
  });
});

test("resident memory has fewer columns", async () => {
  await reading(pageWith("resident", shop(), { backend: "rss" }), async (page) => {
    const heads = await page.locator("#ranking > thead th").allInnerTexts();
    assert.deepEqual(heads.map((head) => head.trim()), ["Function", "Increment", "Occurrences"]);
    assert.ok(await page.locator("#measures").isHidden());
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
    assert.match(await rows.nth(1).innerText(), /^a block <b>\s+50 runs$/);
    const drawn = await rows.nth(0).locator("path").getAttribute("d");
    assert.equal(drawn.split("M").length - 1, 50);
    await rows.nth(0).getByRole("button", { name: "shop::load" }).click();
    assert.match(await page.evaluate(() => document.activeElement.textContent), /shop::load/);
    assert.equal(await page.locator(".spans button").count(), 1, "the others have no table");
  });
});

test("the peak of the chart is marked and explained, and each moment can be read with keys", async () => {
  const path = pageWith("moments", shop(), { timeline: timelineOf(["shop::load"], 10) });
  await reading(path, async (page) => {
    const words = "Peak: 60.0 MiB (62,914,560 bytes) in use after 600 ms. It is the highest of 121 readings: one every 10 ms, and one where each call begins and ends. Changes between two readings are not visible.";
    assert.equal(await page.locator(".peak-words").innerText(), words);
    assert.equal(await page.getByRole("img", { name: "Peak: 60.0 MiB" }).count(), 1);
    const [mark, plot] = [await page.locator(".peak-mark").boundingBox(), await page.locator(".plot").boundingBox()];
    assert.ok(Math.abs((mark.x - plot.x) / plot.width - 0.6) < 0.01);
    const moment = page.getByRole("slider", { name: "Moment" });
    await moment.focus();
    await page.keyboard.press("Home");
    const said = () => moment.getAttribute("aria-valuetext");
    assert.match(await said(), /^After 0 ns: /);
    await page.keyboard.press("End");
    assert.equal(await said(), "After 1 s: 0 B in use.");
    await page.mouse.move(plot.x + plot.width / 4, plot.y + 9);
    assert.match(await said(), /^After 2[45]\d ms: 2[45]\.0 MiB in use\.$/);
  });
});

test("text of a recording never becomes markup", async () => {
  const hostile = `</script><img src="x" onerror="alert(1)">&amp;'"\u2028<b>`;
  const lines = [ran(1, hostile), ran(2, `    ${hostile} // ${hostile}`, { increment: 5 })];
  const timeline = timelineOf([hostile], 3);
  await reading(pageWith("hostile", [functionOf(hostile, lines, hostile)], { timeline }), async (page) => {
    assert.match(await page.locator(".spans .label").innerText(), /<img src="x"/);
    assert.equal(await page.locator("img, main b b, .source b, .spans b").count(), 0);
    assert.match(await page.locator("tr.function .path").innerText(), /<img src="x" onerror="alert\(1\)">&amp;/);
    assert.match(await page.locator("td.source").nth(1).innerText(), /<img src="x"/);
  });
});

test("an empty recording has a message", async () => {
  await reading(pageWith("nothing", []), async (page) => {
    assert.equal(await page.locator("#count").innerText(), "0 functions");
    assert.ok(await page.getByText("No line has a positive increment.").isVisible());
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
  ...["page", "surface", "sunken", "hot", "increment-bar", "peak-bar", "freed-bar"].map((page) => ["text", page]),
  ...["page", "surface", "sunken"].map((page) => ["muted", page]),
  ...["comment", "keyword", "type", "call", "string", "number"].flatMap((kind) => [[kind, "page"], [kind, "surface"], [kind, "hot"], [kind, "sunken"]]),
  ["increment", "hot"], ["peak", "surface"], ["freed", "freed-bar"], ["freed", "page"], ["alert", "alert-page"],
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

test("a hundred thousand lines open at once", async () => {
  const path = pageWith("large", many(500, 200));
  await reading(path, async (page) => {
    const times = await page.evaluate(() => {
      const { domContentLoadedEventEnd } = performance.getEntriesByType("navigation")[0];
      const [paint] = performance.getEntriesByName("first-contentful-paint");
      return { loaded: domContentLoadedEventEnd, painted: paint?.startTime };
    });
    console.log(`500 functions of 200 lines: ${JSON.stringify(times)} ms`);
    assert.equal(await page.locator("tr.function").count(), 500);
    assert.equal(await page.locator("table.lines").count(), 1, "only what is open is made");
    await page.getByRole("searchbox").fill("compute::<199>");
    assert.equal(await page.locator("#count").innerText(), "500 of 500 functions");
  });
});
