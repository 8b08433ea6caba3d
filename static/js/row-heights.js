// Heights of many rows, of which few were ever measured: where row n begins, and which row is at an offset, in logarithmic time.
export class RowHeights {
  constructor(count, estimate) {
    this.count = count;
    this.heights = new Float64Array(count).fill(estimate);
    this.sums = new Float64Array(count + 1);
    for (let row = 1; row <= count; row++) {
      this.sums[row] += estimate;
      const parent = row + (row & -row);
      if (parent <= count) this.sums[parent] += this.sums[row];
    }
  }

  set(row, height) {
    const more = height - this.heights[row];
    if (!more) return;
    this.heights[row] = height;
    for (let at = row + 1; at <= this.count; at += at & -at) this.sums[at] += more;
  }

  // Where `row` begins; of `count`, the height of all.
  top(row) {
    let sum = 0;
    for (let at = row; at > 0; at -= at & -at) sum += this.sums[at];
    return sum;
  }

  at(offset) {
    let row = 0;
    let left = offset;
    for (let size = 1 << Math.floor(Math.log2(this.count || 1)); size; size >>= 1) {
      if (row + size <= this.count && this.sums[row + size] <= left) {
        row += size;
        left -= this.sums[row];
      }
    }
    return Math.min(row, Math.max(0, this.count - 1));
  }
}
