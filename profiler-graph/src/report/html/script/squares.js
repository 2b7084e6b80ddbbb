// Lays out rectangles whose areas are given, as square as they can be.

/** The longest side by the shortest one of the worst rectangle of a row. */
function worst(row, sum, side) {
  const [most, least] = [row[0].area, row[row.length - 1].area];
  return Math.max((side * side * most) / (sum * sum), (sum * sum) / (side * side * least));
}

/** `[{item, x, y, width, height}]` of items with a `weight`, the heaviest first. */
function squares(items, { x, y, width, height }) {
  const whole = items.reduce((sum, { weight }) => sum + weight, 0);
  if (whole === 0 || width <= 0 || height <= 0) return [];
  const scale = (width * height) / whole;
  const waiting = items.filter(({ weight }) => weight > 0).map((item) => ({ item, area: item.weight * scale }));
  waiting.sort((one, other) => other.area - one.area);
  const placed = [];
  for (let next = 0; next < waiting.length;) {
    const side = Math.min(width, height);
    const row = [waiting[next]];
    let sum = row[0].area;
    while (next + row.length < waiting.length) {
      const more = waiting[next + row.length];
      if (worst([...row, more], sum + more.area, side) > worst(row, sum, side)) break;
      row.push(more);
      sum += more.area;
    }
    next += row.length;
    const depth = sum / side;
    let along = 0;
    for (const { item, area } of row) {
      const length = area / depth;
      placed.push(width >= height
        ? { item, x, y: y + along, width: depth, height: length }
        : { item, x: x + along, y, width: length, height: depth });
      along += length;
    }
    if (width >= height) [x, width] = [x + depth, width - depth];
    else [y, height] = [y + depth, height - depth];
  }
  return placed;
}
