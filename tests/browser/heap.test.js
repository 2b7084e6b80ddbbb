// The page of a captured heap in a real browser. Rust writes the pages:
//   cargo test -p mem-profile-graph --features html --test pages

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { reading as readingIn, start, texts } from "./browser.js";
import { ROOT } from "./recordings.js";

let browser;
before(async () => { browser = await start(); });
after(async () => { await browser.close(); });

async function reading(name, use, options) {
  const path = join(ROOT, "target/tmp", `heap-${name}.html`);
  assert.ok(existsSync(path), `${path} is there`);
  await readingIn(browser, path, use, options);
}

const boxes = (page) => page.locator("#map > button");
const labels = (page) => boxes(page).evaluateAll((all) => all.map((box) => box.getAttribute("aria-label")));
const trail = (page) => texts(page.locator("#trail button, #trail b"));

test("suspects come first, in words that name who holds what", async () => {
  await reading("service", async (page) => {
    assert.equal(await page.locator("#total").innerText(), "33.0 MiB in 2,546 blocks");
    assert.deepEqual(await texts(page.locator(".suspects h3")), [
      "(alloc::string::String, shop::cache::Entry) retains 22.9 MiB, 69 % of the heap",
      "alloc::collections::btree::node::InternalNode<u64, shop::Posting> retains 5.1 MiB, 16 % of the heap",
    ]);
    const [cache] = await texts(page.locator(".suspects p"));
    assert.match(cache, /It is part of the 28\.0 MiB that shop::App at 0x[0-9a-f]+ retains\. It holds 400 × shop::cache::Entry, /);
    assert.match(cache, /Dropping it would free 22\.9 MiB in 1,201 blocks\.$/);
    const steps = await texts(page.locator(".steps").first().locator("li"));
    assert.deepEqual([steps[0], steps.at(-1)], ["static shop+0x2000", "–[+0]→ alloc::vec::Vec<u8>"]);
    const box = await page.locator(".suspects").boundingBox();
    assert.ok(box.y < 340, `suspects begin at ${box.y}`);
  });
});

test("the areas of boxes are what they retain, and none lies on another one", async () => {
  await reading("service", async (page) => {
    const found = await boxes(page).evaluateAll((all) => all.map((box) => {
      const { left, top, width, height } = box.getBoundingClientRect();
      const [, number, unit] = box.getAttribute("aria-label").match(/holds ([\d.]+) (\w+),/);
      return { left, top, right: left + width, bottom: top + height, area: (width + 3) * (height + 3), bytes: number * { KiB: 1, MiB: 1024 }[unit] };
    }));
    assert.equal(found.length, 5);
    const [area, bytes] = ["area", "bytes"].map((key) => found.reduce((sum, box) => sum + box[key], 0));
    for (const box of found) {
      assert.ok(Math.abs(box.area / area - box.bytes / bytes) < 0.005, JSON.stringify(box));
      const others = found.filter((other) => other !== box);
      assert.ok(others.every((other) => other.left >= box.right || other.right <= box.left || other.top >= box.bottom || other.bottom <= box.top));
    }
  });
});

test("a box opens what it alone holds, and the trail leads back", async () => {
  await reading("service", async (page) => {
    await boxes(page).first().click();
    await boxes(page).first().click();
    assert.deepEqual(await trail(page), ["all blocks", "static shop+0x2000", "App"]);
    // A third is too small to be drawn, and stands in the list.
    assert.deepEqual((await labels(page)).map((label) => label.split(/, (?:the first )?at /)[0]).map((label) => label.split(" at 0x")[0]), [
      "(alloc::string::String, shop::cache::Entry)", "300 × alloc::collections::btree::node::InternalNode<u64, shop::Posting>",
    ]);
    assert.deepEqual((await texts(page.locator("#level tbody tr"))).map((row) => row.slice(0, 14)), ["22.9 MiB 69 % ", "5.1 MiB 16 % 8", "4.0 KiB <1 % 4"]);
    await page.locator("#trail button").first().click();
    assert.deepEqual(await trail(page), ["all blocks"]);
    await page.locator("#level button", { hasText: "lost" }).click();
    assert.deepEqual(await trail(page), ["all blocks", "lost"]);
    assert.match((await labels(page))[0], /^240 × core::cell::RefCell<shop::graph::Node>, the first at 0x[0-9a-f]+, allocated at shop\+0x300: 2\.1 MiB, 6 % of the heap\.$/);
  });
});

test("keys alone are enough", async () => {
  await reading("service", async (page) => {
    assert.equal(await page.locator("#map > button[tabindex='0']").count(), 1, "one stop of the tabulator");
    await boxes(page).first().focus();
    const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-label"));
    assert.match(await focused(), /^static shop\+0x2000 holds 28\.0 MiB/);
    assert.match(await page.locator("#detail").innerText(), /^static shop\+0x2000 holds 28\.0 MiB, 85 % of the heap\.$/);
    await page.keyboard.press("ArrowRight");
    const right = await focused();
    assert.notEqual(right, await labels(page).then(([first]) => first));
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    assert.deepEqual(await trail(page), ["all blocks", "static shop+0x2000"]);
    assert.match(await focused(), /^shop::App at /, "the focus stays in the map");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Escape");
    assert.deepEqual(await trail(page), ["all blocks"]);
    await page.keyboard.press("Escape");
    assert.deepEqual(await trail(page), ["all blocks"]);
  });
});

test("nothing is cut off and no text is too faint, narrow and wide, in both themes", async () => {
  for (const width of [320, 400, 900, 1600]) {
    for (const colorScheme of ["light", "dark"]) {
      await reading("service", async (page) => {
        const [content, room] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
        assert.ok(content <= room, `${content} px in ${room}`);
        const faint = await page.evaluate(contrasts);
        assert.deepEqual(faint, [], `${width} ${colorScheme}`);
      }, { viewport: { width, height: 900 }, colorScheme });
    }
  }
});

/** The texts of boxes and paragraphs whose contrast is below 4.5. Runs in the page. */
function contrasts() {
  const pixels = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const over = (colors) => {
    pixels.clearRect(0, 0, 1, 1);
    for (const color of colors) {
      pixels.fillStyle = color;
      pixels.fillRect(0, 0, 1, 1);
    }
    return [...pixels.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (color) => color
    .map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const faint = [];
  for (const element of document.querySelectorAll(".label b, .label span, p, td, th, h2, h3, li, code, dd, button.quiet")) {
    const backs = [];
    for (let at = element; at; at = at.parentElement) backs.unshift(getComputedStyle(at).backgroundColor);
    const back = over(backs);
    const [one, other] = [luminance(back), luminance(over([`rgb(${back})`, getComputedStyle(element).color]))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5 && element.textContent.trim()) faint.push(`${element.textContent.slice(0, 40)}: ${contrast.toFixed(2)}`);
  }
  return faint;
}

test("what is left out of a large heap, or is too small to be drawn, is a box that says so", async () => {
  await reading("many", async (page) => {
    await boxes(page).first().click();
    await boxes(page).first().click();
    const all = await labels(page);
    assert.equal(all.length, 2);
    assert.match(all[0], /^9000 more, too small for the map: 4\.\d MiB, \d+ % of the heap\.$/);
    assert.equal(all[1], "list itself: 70.3 KiB");
    assert.match((await texts(page.locator("#level p")))[0], /^… 8988 more, [\d.]+ MiB; 6003 of them are left out of this page$/);
  });
});

test("a name is text everywhere", async () => {
  await reading("names", async (page) => {
    assert.equal(await page.locator("main script, b b").count(), 0);
    assert.match(await page.locator(".suspects h3").innerText(), /^<\/script><script>alert\(1\)<\/script><b>&"'\\u\{202e\} retains 1000 B/);
  });
});

test("the report can be copied for an issue", async () => {
  await reading("service", async (page) => {
    await page.locator("#issue summary").click();
    const text = await page.locator("#markdown").innerText();
    assert.match(text, /^## `app --fast`: 33\.0 MiB in 2,546 blocks\n/);
    await page.getByRole("button", { name: "Copy" }).click();
    await page.getByRole("button", { name: /Copied|Selected/ }).waitFor();
  }, { permissions: ["clipboard-write"] });
});

test("without scripts the report is still there", async () => {
  await reading("service", async (page) => {
    assert.equal(await page.locator(".suspects > li").count(), 2);
    assert.ok(await page.locator("#map").isHidden());
  }, { javaScriptEnabled: false });
});
