// What an answer says while it is being written, as elements: built node by node, so nothing in the text can become markup, a request or a script.
// The grammar is the one in chat/services/grammar.py; the server shows the finished text.
const FENCE = /^ {0,3}(```+|~~~+)/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^ {0,3}([-*+]|\d{1,9}[.)])\s+(.*)$/;
const QUOTE = /^ {0,3}>\s?(.*)$/;
const RULE = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;
const CLIP = /^\s*\[\[clip\s+(\d+)(?:\s+"([^"]*)")?[^\]]*\]\]\s*(?:[—–-]\s*)?(.*)$/;
const GAP = /^\s*\[\[gap:?\s*([^\]]*)\]\]\s*$/;
// A line of grammar that has not come to its end yet is not shown half.
const UNFINISHED = /\[\[[^\]]*\]?$/;
const INLINE = /(`+)(.+?)\1|\*\*(.+?)\*\*|__(.+?)__|\*([^*\s][^*]*?)\*|(?<!\w)_([^_\s][^_]*?)_(?!\w)|!\[([^\]]*)\]\([^)]*\)|\[([^\]]+)\]\(([^)\s]+)[^)]*\)|\[(\d{1,4}(?:\s*,\s*\d{1,4})*)\]/g;
// Words inside of words inside of words: nobody writes that, so it ends somewhere.
const DEEPEST = 6;

const el = (name, kind, ...content) => {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.append(...content);
  return made;
};

// cite(n) gives the element for a citation of source n.
export function inline(text, cite, depth = 0) {
  if (depth > DEEPEST) return [text];
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(INLINE)) {
    const [whole, , code, strong, strong2, em, em2, alt, label, address, numbers] = found;
    if (found.index > at) parts.push(text.slice(at, found.index));
    at = found.index + whole.length;
    const inner = (words) => inline(words, cite, depth + 1);
    if (code !== undefined) parts.push(el("code", "", code));
    else if (strong ?? strong2) parts.push(el("strong", "", ...inner(strong ?? strong2)));
    else if (em ?? em2) parts.push(el("em", "", ...inner(em ?? em2)));
    else if (alt !== undefined) parts.push(alt);
    else if (label !== undefined) parts.push(link(label, address, inner));
    else for (const number of numbers.split(",")) parts.push(cite(Number(number)));
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
}

function link(label, address, inner) {
  if (!/^https?:\/\//i.test(address)) return label;
  const made = el("a", "", ...inner(label));
  made.href = address;
  made.rel = "noopener noreferrer nofollow";
  return made;
}

// Text -> pieces that stand for themselves: as the text grows, only the last of them changes.
export function blocks(text) {
  const found = [];
  let now = [];
  let fence = "";
  const end = () => {
    if (now.length) found.push(now.join("\n"));
    now = [];
  };
  for (const line of text.replace(/\r\n?/g, "\n").split("\n")) {
    const opens = line.match(FENCE);
    if (fence) {
      now.push(line);
      if (opens?.[1].startsWith(fence)) {
        end();
        fence = "";
      }
      continue;
    }
    if (opens) {
      end();
      fence = opens[1];
      now.push(line);
    } else if (!line.trim()) end();
    else if (HEADING.test(line) || CLIP.test(line) || GAP.test(line) || RULE.test(line)) {
      end();
      found.push(line);
    } else {
      const kind = (one) => (ITEM.test(one) ? "item" : QUOTE.test(one) ? "quote" : "words");
      if (now.length && kind(line) !== kind(now[0]) && !(kind(now[0]) === "item" && kind(line) === "words")) end();
      now.push(line);
    }
  }
  end();
  return found;
}

// `base` is the level of the text's first heading, which stands below the page's own.
export function block(source, cite, base = 1) {
  const first = source.split("\n", 1)[0];
  if (FENCE.test(first)) {
    const lines = source.split("\n").slice(1);
    if (lines.length && FENCE.test(lines.at(-1))) lines.pop();
    return el("pre", "", el("code", "", lines.join("\n")));
  }
  if (RULE.test(first)) return el("hr");
  const heading = first.match(HEADING);
  if (heading) return el(`h${Math.min(6, 3 + Math.max(0, heading[1].length - base))}`, "", ...inline(heading[2], cite));
  const clip = first.match(CLIP);
  if (clip) return el("p", "msg__clip", cite(Number(clip[1])), ` ${clip[2] || "Clip"}`, ...(clip[3] ? [" — ", ...inline(clip[3], cite)] : []));
  const gap = first.match(GAP);
  if (gap) return el("p", "msg__gap", `Narration to be written: ${gap[1]}`);
  if (ITEM.test(first)) return list(source.split("\n"), cite);
  if (QUOTE.test(first)) return el("blockquote", "", el("p", "", ...inline(source.split("\n").map((line) => line.match(QUOTE)?.[1] ?? line).join(" "), cite)));
  return el("p", "", ...lines(source, cite));
}

function lines(source, cite) {
  const parts = [];
  for (const line of source.split("\n")) {
    if (parts.length) parts.push(" ");
    parts.push(...inline(line.trim(), cite));
    if (/ {2}$/.test(line)) parts.push(el("br"));
  }
  return parts;
}

function list(source, cite) {
  const items = [];
  for (const line of source) {
    const found = line.match(ITEM);
    if (found) items.push(found[2]);
    else items[items.length - 1] += ` ${line.trim()}`;
  }
  const numbered = /^\s*\d/.test(source[0]);
  const made = el(numbered ? "ol" : "ul", "", ...items.map((item) => el("li", "", ...inline(item, cite))));
  if (numbered) made.start = Number.parseInt(source[0].trim(), 10);
  return made;
}

// An element that keeps up with a text that grows. What stands already is not touched, so a selection in it lives on.
export class GrowingText {
  constructor(place, cite) {
    Object.assign(this, { place, cite, shown: [] });
    place.replaceChildren();
  }

  write(text, { whole = false } = {}) {
    const wanted = blocks(whole ? text : text.replace(UNFINISHED, ""));
    let same = 0;
    while (same < this.shown.length && same < wanted.length && this.shown[same] === wanted[same]) same++;
    while (this.place.children.length > same) this.place.lastElementChild.remove();
    const base = wanted.find((source) => HEADING.test(source))?.match(HEADING)[1].length;
    for (const source of wanted.slice(same)) this.place.append(block(source, this.cite, base));
    this.shown = wanted;
  }
}
