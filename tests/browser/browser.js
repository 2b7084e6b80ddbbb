// A browser of the system, driven without one of playwright's own.

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const PLACES = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Starts the browser, with a profile of its own that is gone with it. */
export function start() {
  const executablePath = PLACES.find((place) => place && existsSync(place));
  if (!executablePath) throw new Error("no Chromium: install it, or set CHROMIUM to its path");
  return chromium.launch({ executablePath, args: FLAGS });
}

/** Opens a page and notes everything that it complains of or asks the network for. */
export async function open(browser, path, options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.complaints = [];
  page.on("console", (message) => page.complaints.push(message.text()));
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("request", (request) => {
    if (request.url() !== `file://${path}` && !request.url().startsWith("data:")) {
      page.complaints.push(`requested ${request.url()}`);
    }
  });
  await page.goto(`file://${path}`);
  return page;
}
