// The loader of Chrome's DevTools, bundled for Node.

import { build } from "esbuild";
import { createReadStream } from "node:fs";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { MessageChannel } from "node:worker_threads";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const WORKER = "chrome-devtools-frontend/front_end/entrypoints/heap_snapshot_worker";

/** Texts in other languages are made when DevTools is built. */
const withoutLocales = {
  name: "without locales",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /locales\.js$/ }, () => ({ path: "locales", namespace: "stub" }));
    onLoad({ filter: /.*/, namespace: "stub" }, () => ({ contents: "export const LOCALES = []; export const DEFAULT_LOCALE = 'en-US'; export const BUNDLED_LOCALES = []; export const LOCAL_FETCH_PATTERN = ''; export const REMOTE_FETCH_PATTERN = '';" }));
  },
};

/** Node 20 lacks it. */
const POLYFILL = `Promise.withResolvers ??= () => {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
};`;

let bundled;
async function worker() {
  bundled ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), "devtools-"));
    const outfile = join(folder, "worker.mjs");
    await build({
      stdin: { contents: `export * from "${WORKER}/HeapSnapshotLoader.ts"; export * from "${WORKER}/HeapSnapshot.ts";`, resolveDir: HERE },
      bundle: true, format: "esm", platform: "node", target: "node20", outfile, logLevel: "error",
      banner: { js: POLYFILL }, plugins: [withoutLocales],
    });
    const loaded = await import(pathToFileURL(outfile));
    rmSync(folder, { recursive: true });
    return loaded;
  })();
  return bundled;
}

/** Loads a file as the memory panel does. */
export async function load(path) {
  const { HeapSnapshotLoader, SecondaryInitManager } = await worker();
  const loader = new HeapSnapshotLoader({ sendEvent() {} });
  for await (const chunk of createReadStream(path, { encoding: "utf8" })) loader.write(chunk);
  loader.close();
  const { port1, port2 } = new MessageChannel();
  // In the panel this is another worker.
  new SecondaryInitManager(port2);
  const snapshot = await loader.buildSnapshot(port1);
  port1.close();
  port2.close();
  return snapshot;
}
