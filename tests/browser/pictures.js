// Makes the pictures in docs/images from recordings of the examples:
//   .ci/run pictures

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { open, start } from "./browser.js";
import { COMMAND, ROOT, folder, pageOf } from "./recordings.js";
import { pictureOf, screenOf } from "./terminal.js";

const IMAGES = join(ROOT, "docs/images");
const command = (...words) => execFileSync(COMMAND, words, { cwd: ROOT, maxBuffer: 1 << 24, stdio: ["ignore", "pipe", "inherit"] });

/** Every function of an example, measured without a change of it. */
function recorded() {
  const recording = join(folder, "search_index.mprof");
  command("run", "--quiet", "--timeline", "--output", recording, "-p", "examples_with_crates", "--example", "search_index");
  return recording;
}

/** The page, up to the end of the first open table. */
async function page(report) {
  const browser = await start();
  for (const colorScheme of ["light", "dark"]) {
    const viewport = { width: 1000, height: 900 };
    const page = await open(browser, report, { colorScheme, viewport });
    const { y, height } = await page.locator("table.lines").first().boundingBox();
    const clip = { x: 0, y: 0, width: viewport.width, height: Math.ceil(y + height) + 12 };
    await page.screenshot({ path: join(IMAGES, `page-${colorScheme}.png`), clip, fullPage: true });
  }
  await browser.close();
  execFileSync("pngquant", ["--force", "--ext", ".png", "24", ...["light", "dark"].map((theme) => join(IMAGES, `page-${theme}.png`))]);
}

/** A script with children, sampled. */
function plot() {
  const samples = join(folder, "script.dat");
  const examples = ["search_index", "leak", "real_json"].map((name) => `target/debug/examples/${name} > /dev/null 2>&1`);
  const script = join(folder, "measure.sh");
  writeFileSync(script, `${examples[0]} &\nsleep 0.3\n${examples[1]}\n${examples[2]}\nwait\n`);
  command("exec", "--multiprocess", "--interval", "10ms", "--quiet", "--output", samples, "sh", script);
  command("plot", samples, "--width", "900", "--title", "sh measure.sh", "--output", join(IMAGES, "plot.svg"));
}

/** What programs draw in a terminal. */
async function terminals(recording) {
  const draw = async (name, columns, output) =>
    writeFileSync(join(IMAGES, `${name}.svg`), pictureOf(await screenOf(output, columns)));
  const inside = (columns, rows, ...words) => {
    const run = ["stty", "cols", columns, "rows", rows, ";", "exec", COMMAND, ...words].join(" ");
    // `top` ends at the key, and its screen with it.
    const line = `{ sleep 2; printf q; } | script --quiet --return --command "${run}" /dev/null`;
    const output = execFileSync("sh", ["-c", line], { cwd: folder, env: { ...process.env, TERM: "xterm-256color" } });
    return output.toString().split("\x1b[?1049l")[0];
  };
  await draw("terminal", 100, inside(100, 30, "plot", "search_index.mprof", "--title", "search_index"));
  await draw("top", 110, inside(110, 12, "top", "search_index.mprof"));
}

const recording = recorded();
await page(pageOf(recording));
writeFileSync(join(IMAGES, "flame.svg"), command("flame", recording, "--output", "/dev/stdout"));
plot();
await terminals(recording);
