// Renders docs/report-light.png and docs/report-dark.png, the pictures of the HTML report in the README:
//   cargo build -p cargo-mem-profile -p mem-profile --bins --example leak
//   cd tests/browser && npm ci && npm run picture
//   pngquant --force --ext .png 64 ../../docs/report-*.png    # a third of the size

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { open, start } from "./browser.js";
import { ROOT, folder, pageOf } from "./recordings.js";

const recording = join(folder, "leak.mprof");
const env = { ...process.env, MEM_PROFILE_LIVE: "1", MEM_PROFILE_OUTPUT: recording };
execFileSync("target/debug/examples/leak", { cwd: ROOT, env });
const report = pageOf(recording);

const browser = await start();
for (const colorScheme of ["light", "dark"]) {
  const viewport = { width: 1280, height: 900 };
  const page = await open(browser, report, { colorScheme, viewport, deviceScaleFactor: 1.4 });
  // Up to the end of the table. The explanations below it are in the guides.
  const { y, height } = await page.locator("tr.function").last().locator("xpath=ancestor::table").boundingBox();
  const clip = { x: 0, y: 0, width: viewport.width, height: Math.ceil(y + height) + 24 };
  await page.screenshot({ path: join(ROOT, "docs", `report-${colorScheme}.png`), clip, fullPage: true });
}
await browser.close();
