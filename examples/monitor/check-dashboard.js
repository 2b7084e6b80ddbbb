// The dashboard as a constant of TypeScript, whose compiler compares it with Grafana's types.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = import.meta.dirname;
const dashboard = readFileSync(join(folder, "grafana-dashboard.json"), "utf8");

// Members of an enumeration are texts in JSON.
const types = `import type { Dashboard, Panel } from "@grafana/schema";
type Json<T> = T extends string ? \`\${T}\` : T extends number ? number
  : T extends object ? { [K in keyof T]: Json<T[K]> } : T;
type Checked = Omit<Json<Dashboard>, "panels"> & { panels: Json<Panel>[] };
`;

// What a change for the worse would look like: each must be found.
const mistakes = [
  [/"schemaVersion": \d+/, '"schemaVersion": "39"'],
  [/"title": "Live bytes by line"/, '"titel": "Live bytes by line"'],
  [/"gridPos": \{/, '"gridPos": { "z": 1,'],
  [/"graphTooltip": 1/, '"graphTooltip": "shared"'],
];

function errors(json) {
  const work = mkdtempSync(join(folder, "node_modules", ".dashboard-"));
  const file = join(work, "dashboard.ts");
  writeFileSync(file, `${types}export const dashboard: Checked = ${json};\n`);
  const compiler = join(folder, "node_modules", ".bin", "tsc");
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "esnext", "--moduleResolution", "bundler"];
  const { status, stdout } = spawnSync(compiler, [...options, file], { encoding: "utf8" });
  rmSync(work, { recursive: true });
  return status === 0 ? "" : stdout || "the compiler did not run";
}

const found = errors(dashboard);
if (found) {
  console.error(found);
  process.exit(1);
}
for (const [right, wrong] of mistakes) {
  const json = dashboard.replace(right, wrong);
  if (json === dashboard || !errors(json).includes("error TS")) {
    console.error(`not found: ${wrong}`);
    process.exit(1);
  }
}
console.log(`the dashboard has Grafana's types, and ${mistakes.length} mistakes are found`);
