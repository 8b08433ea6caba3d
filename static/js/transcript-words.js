// The words of a transcript and when each is said. Turns and words are found by binary search: two hours of speech are twenty thousand.
const timesOf = (word) => word.dataset.t.split("-").map((ms) => Number(ms) / 1000);

// The last place whose value is not above `wanted`; -1 when all are.
function lastNotAbove(values, wanted) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

export class Words {
  constructor(list) {
    this.list = list;
    this.read();
  }

  // After the list was written anew. What is inside a turn is read when it is needed.
  read() {
    this.turns = [...this.list.querySelectorAll(".words__turn")];
    this.starts = Float64Array.from(this.turns, (turn) => Number(turn.dataset.start) / 1000);
    this.inside = new WeakMap();
  }

  forget(turn) {
    this.inside.delete(turn);
  }

  of(turn) {
    let found = this.inside.get(turn);
    if (!found) {
      const words = [...turn.querySelectorAll(".w")];
      found = { words, starts: Float64Array.from(words, (word) => timesOf(word)[0]) };
      this.inside.set(turn, found);
    }
    return found;
  }

  // Who is said at this moment: {turn, word}, either may be missing.
  at(seconds) {
    const turn = this.turns[lastNotAbove(this.starts, seconds)];
    if (!turn) return {};
    const { words, starts } = this.of(turn);
    const word = words[lastNotAbove(starts, seconds + 0.01)];
    // In the silence after a turn nothing is said.
    return { turn, word: word && seconds < timesOf(word)[1] + 0.3 ? word : null };
  }

  // The next word in reading order, `step` -1 or 1, over empty turns.
  beside(word, step) {
    let turn = word.closest(".words__turn");
    const { words } = this.of(turn);
    const near = words[words.indexOf(word) + step];
    if (near) return near;
    for (let place = this.turns.indexOf(turn) + step; (turn = this.turns[place]); place += step) {
      const others = this.of(turn).words;
      if (others.length) return step > 0 ? others[0] : others.at(-1);
    }
    return null;
  }

  // The word above or below: at the same place in the next turn that has words.
  along(word, step) {
    let turn = word.closest(".words__turn");
    const column = this.of(turn).words.indexOf(word);
    for (let place = this.turns.indexOf(turn) + step; (turn = this.turns[place]); place += step) {
      const others = this.of(turn).words;
      if (others.length) return others[Math.min(column, others.length - 1)];
    }
    return null;
  }

  first() {
    for (const turn of this.turns) {
      const [word] = this.of(turn).words;
      if (word) return word;
    }
    return null;
  }

  // First and last word that a range of the document touches, with the turns between them; null when it touches none.
  within(range) {
    const place = (node) => this.turns.indexOf((node.nodeType === 1 ? node : node.parentElement)?.closest(".words__turn"));
    let from = place(range.startContainer);
    let to = place(range.endContainer);
    if (from < 0) from = this.turns.findIndex((turn) => range.intersectsNode(turn));
    if (to < 0) to = this.turns.findLastIndex((turn) => range.intersectsNode(turn));
    if (from < 0 || to < from) return null;
    const touched = (word) => range.intersectsNode(word) && !(range.endContainer === word && range.endOffset === 0);
    let first = null;
    let last = null;
    for (let index = from; index <= to && !first; index += 1) first = this.of(this.turns[index]).words.find(touched) ?? null;
    for (let index = to; index >= from && !last; index -= 1) last = this.of(this.turns[index]).words.findLast(touched) ?? null;
    return first && last ? { first, last, turns: this.turns.slice(from, to + 1).filter((turn) => this.of(turn).words.length) } : null;
  }

  // How many words lie from one to the other, and what they say.
  between(first, last) {
    const texts = [];
    for (let word = first; word; word = word === last ? null : this.beside(word, 1)) texts.push(word);
    return texts;
  }

  // Each place where the text is said: the words of it.
  find(text) {
    const wanted = text.trim().toLowerCase();
    if (!wanted) return [];
    const places = [];
    for (const turn of this.turns) {
      const line = turn.querySelector(".words__text");
      const said = line?.textContent.toLowerCase() ?? "";
      if (!said.includes(wanted)) continue;
      const { words } = this.of(turn);
      const ends = [];
      let length = 0;
      for (const node of line.childNodes) {
        length += node.textContent.length;
        if (node.classList?.contains("w")) ends.push(length);
      }
      for (let at = said.indexOf(wanted); at >= 0; at = said.indexOf(wanted, at + wanted.length)) {
        const hit = words.filter((word, index) => ends[index] > at && ends[index] - word.textContent.length < at + wanted.length);
        if (hit.length) places.push(hit);
      }
    }
    return places;
  }
}

// Writes a segment as the server would: words with their times, and what stands between them.
export function writeWords(line, text, words) {
  const parts = [];
  let at = 0;
  for (const { word, start, end } of words) {
    const place = text.indexOf(word, at);
    if (place < 0) break;
    if (place > at) parts.push(text.slice(at, place));
    const box = document.createElement("span");
    box.className = "w";
    box.dataset.t = `${Math.round(start * 1000)}-${Math.round(end * 1000)}`;
    box.textContent = word;
    parts.push(box);
    at = place + word.length;
  }
  parts.push(text.slice(at));
  line.replaceChildren(...parts.filter((part) => part !== ""));
}

export { timesOf };
