// Pictures of a terminal, as SVG in the theme of the reader.

import xterm from "@xterm/headless";

const [WIDTH, HEIGHT, MARGIN] = [7.8, 17, 12];

/** The lines on the screen after this output of a program. */
export async function screenOf(output, columns) {
  const terminal = new xterm.Terminal({ cols: columns, rows: 60, allowProposedApi: true, convertEol: true });
  await new Promise((resolve) => terminal.write(output, resolve));
  const lines = Array.from({ length: 60 }, (_, row) => terminal.buffer.active.getLine(row));
  return lines.slice(0, lines.findLastIndex((line) => line.translateToString(true)) + 1);
}

const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

/** Neighbouring cells of one style, as `[column, text, classes, color]`. */
function* runs(line) {
  let run = null;
  for (let column = 0; column < line.length; column += 1) {
    const cell = line.getCell(column);
    const classes = [cell.isBold() && "b", cell.isDim() && "d", cell.isInverse() && "i"].filter(Boolean).join(" ");
    const color = cell.isFgRGB() ? `#${cell.getFgColor().toString(16).padStart(6, "0")}` : "";
    if (run?.[2] === classes && run[3] === color) {
      run[1] += cell.getChars() || " ";
      continue;
    }
    if (run) yield run;
    run = [column, cell.getChars() || " ", classes, color];
  }
  yield run;
}

/** An SVG of these lines of a screen. */
export function pictureOf(lines) {
  const [width, height] = [lines[0].length * WIDTH + 2 * MARGIN, lines.length * HEIGHT + 2 * MARGIN];
  const texts = [];
  for (const [row, line] of lines.entries()) {
    for (const [column, text, classes, color] of runs(line)) {
      const [x, y] = [MARGIN + column * WIDTH, MARGIN + row * HEIGHT];
      const length = text.length * WIDTH;
      if (classes.includes("i")) texts.push(`<rect class="ink" x="${x.toFixed(1)}" y="${y}" width="${length.toFixed(1)}" height="${HEIGHT}"/>`);
      const start = text.length - text.trimStart().length;
      const shown = text.trim();
      if (!shown) continue;
      const style = (classes ? ` class="${classes}"` : "") + (color ? ` style="fill:${color}"` : "");
      const at = (x + start * WIDTH).toFixed(1);
      texts.push(`<text${style} x="${at}" y="${y + 13}" textLength="${(shown.length * WIDTH).toFixed(1)}">${escaped(shown)}</text>`);
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<style>
text{font:13px "DejaVu Sans Mono",Menlo,Consolas,monospace;fill:#1f1e1b;white-space:pre}
.paper{fill:#fdfcfa;stroke:#dedbd3}.ink{fill:#1f1e1b}.b{font-weight:bold}.d{fill:#75726a}.i{fill:#fdfcfa}
@media(prefers-color-scheme:dark){text{fill:#e8e6e1}.paper{fill:#17181c;stroke:#35363c}.ink{fill:#e8e6e1}.d{fill:#8f8c84}.i{fill:#17181c}}
</style>
<rect class="paper" x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="8"/>
${texts.join("\n")}
</svg>
`;
}
