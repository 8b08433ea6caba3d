// Three-way merge of cue lists. Cues that only one side changed are taken from that side; a cue that both changed is a question.
const same = (one, other) => one.text === other.text && one.settings === other.settings && at(one) === at(other);
const at = (cue) => `${Math.round(cue.start * 1000)}-${Math.round(cue.end * 1000)}`;
const shared = (one, other) => Math.min(one.end, other.end) - Math.max(one.start, other.start);

// Which cue of `other` each cue of `base` became: unchanged ones first, in order, then what is left by the time they share.
function pair(base, other) {
  const pairs = new Map();
  const height = base.length;
  const width = other.length;
  const best = Array.from({ length: height + 1 }, () => new Uint32Array(width + 1));
  for (let i = height - 1; i >= 0; i--) {
    for (let j = width - 1; j >= 0; j--) {
      best[i][j] = same(base[i], other[j]) ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
    }
  }
  for (let i = 0, j = 0; i < height && j < width; ) {
    if (same(base[i], other[j])) pairs.set(i++, j++);
    else if (best[i + 1][j] >= best[i][j + 1]) i++;
    else j++;
  }
  const taken = new Set(pairs.values());
  base.forEach((cue, i) => {
    if (pairs.has(i)) return;
    let found = -1;
    other.forEach((candidate, j) => {
      if (taken.has(j) || shared(cue, candidate) <= 0) return;
      if (found < 0 || shared(cue, candidate) > shared(cue, other[found])) found = j;
    });
    if (found >= 0) {
      pairs.set(i, found);
      taken.add(found);
    }
  });
  return { pairs, added: other.filter((_, j) => !taken.has(j)) };
}

// -> {cues, conflicts: [{base, mine, theirs}], mine: n, theirs: n}. A side that deleted the cue is null. Conflicts stand in `cues` as mine until decided.
export function merge(base, mine, theirs) {
  const ours = pair(base, mine);
  const other = pair(base, theirs);
  const result = { cues: [], conflicts: [], mine: ours.added.length, theirs: 0 };
  base.forEach((cue, i) => {
    const m = ours.pairs.has(i) ? mine[ours.pairs.get(i)] : null;
    const t = other.pairs.has(i) ? theirs[other.pairs.get(i)] : null;
    const changed = !m || !same(cue, m);
    const changedThere = !t || !same(cue, t);
    if (changed) result.mine++;
    if (changedThere) result.theirs++;
    if (changed && changedThere && !(m && t && same(m, t)) && (m || t)) result.conflicts.push({ base: cue, mine: m, theirs: t });
    else if (changedThere && t) result.cues.push(t);
    else if (!changedThere && m) result.cues.push(m);
  });
  result.cues.push(...ours.added);
  for (const cue of other.added) {
    if (ours.added.some((added) => same(added, cue))) continue;
    result.theirs++;
    result.cues.push(cue);
  }
  return result;
}

export const inOrder = (cues) => [...cues].sort((one, other) => one.start - other.start || one.end - other.end);
