// Markdown to nodes. Text becomes text nodes and a fixed set of elements: nothing that a
// model writes is parsed as HTML, no image is loaded, and links lead to http, https and
// mailto only. Text that is still growing renders as it stands: an open code block is
// a code block.

const maxDepth = 12; // of quotes, lists and emphasis within each other

const fence = /^( {0,3})(`{3,}|~{3,})([^`]*)$/;
const heading = /^ {0,3}(#{1,6})[ \t]+(.*)$/;
const rule = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const item = /^( *)([-*+]|\d{1,9}[.)])(?:[ \t]+|$)(.*)$/;
const quote = /^ {0,3}> ?(.*)$/;
const delimiterRow = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

// blocks returns the blocks of text: {kind, source, …}. Equal sources are equal blocks.
export function blocks(text) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const out = [];
  for (let i = 0; i < lines.length;) {
    const begin = i;
    const block = lines[i].trim() === "" ? null : blockAt(lines, i);
    i = block ? block.end : i + 1;
    if (block) out.push({ ...block, source: lines.slice(begin, i).join("\n") });
  }
  return out;
}

// blockAt returns the block that begins at line i, and the line after its end.
function blockAt(lines, i) {
  const line = lines[i];
  let m;
  if ((m = fence.exec(line))) return codeAt(lines, i, m);
  if ((m = heading.exec(line))) return { kind: "heading", level: m[1].length, text: headingText(m[2]), end: i + 1 };
  if (rule.test(line)) return { kind: "rule", end: i + 1 };
  if (quote.test(line)) return quoteAt(lines, i);
  if (item.test(line)) return listAt(lines, i);
  if (isTable(lines, i)) return tableAt(lines, i);
  return paragraphAt(lines, i);
}

// headingText returns the text of a heading without the marks that close it.
function headingText(text) {
  text = text.trim();
  let end = text.length;
  while (text[end - 1] === "#") end--;
  return end === 0 || /\s/.test(text[end - 1]) ? text.slice(0, end).trim() : text;
}

function codeAt(lines, i, [, indent, mark, info]) {
  const body = [];
  const closing = new RegExp(`^ {0,3}${mark[0]}{${mark.length},}[ \\t]*$`);
  let end = i + 1;
  for (; end < lines.length && !closing.test(lines[end]); end++) {
    let n = 0;
    while (n < indent.length && lines[end][n] === " ") n++;
    body.push(lines[end].slice(n));
  }
  const open = end >= lines.length;
  return { kind: "code", language: info.trim().split(/\s/)[0], text: body.join("\n"), open, end: open ? end : end + 1 };
}

function quoteAt(lines, i) {
  const body = [];
  let m;
  for (; i < lines.length && (m = quote.exec(lines[i])); i++) body.push(m[1]);
  return { kind: "quote", text: body.join("\n"), end: i };
}

// listAt reads a list: items of one kind, with the lines that are indented below them.
function listAt(lines, i) {
  const first = item.exec(lines[i]);
  const ordered = /\d/.test(first[2]);
  const base = first[1].length;
  const list = { kind: "list", ordered, start: ordered ? parseInt(first[2], 10) : 1, items: [] };
  let inside = 0; // indentation of the text of the item
  for (; i < lines.length; i++) {
    const line = lines[i];
    const m = item.exec(line);
    const indent = line.length - line.trimStart().length;
    if (m && m[1].length < base + 2 && !rule.test(line)) {
      if (/\d/.test(m[2]) !== ordered || m[1].length < base) break;
      inside = m[1].length + m[2].length + 1;
      list.items.push([m[3]]);
    } else if (line.trim() === "") {
      let next = i + 1;
      while (next < lines.length && lines[next].trim() === "") next++;
      if (!continues(lines[next], base)) break;
      list.items.at(-1).push("");
      i = next - 1;
    } else if (indent > base) {
      list.items.at(-1).push(line.slice(Math.min(indent, inside)));
    } else if (lines[i - 1].trim() !== "" && !begins(lines, i)) {
      list.items.at(-1).push(line); // a lazy line of the paragraph
    } else break;
  }
  return { ...list, items: list.items.map((l) => l.join("\n")), end: i };
}

// continues reports whether a list goes on with a line after empty ones.
function continues(line, base) {
  if (line === undefined) return false;
  return line.length - line.trimStart().length > base || (item.test(line) && !rule.test(line));
}

// begins reports whether a block other than a paragraph begins at line i.
function begins(lines, i) {
  const line = lines[i];
  return fence.test(line) || heading.test(line) || rule.test(line) || quote.test(line) || item.test(line) || isTable(lines, i);
}

function paragraphAt(lines, i) {
  const body = [lines[i++]];
  while (i < lines.length && lines[i].trim() !== "" && !begins(lines, i)) body.push(lines[i++]);
  return { kind: "paragraph", text: body.map((l) => l.trim()).join("\n"), end: i };
}

function isTable(lines, i) {
  return i + 1 < lines.length && lines[i].includes("|") && lines[i + 1].includes("-") && delimiterRow.test(lines[i + 1]) &&
    cells(lines[i]).length === cells(lines[i + 1]).length;
}

function tableAt(lines, i) {
  const head = cells(lines[i]);
  const align = cells(lines[i + 1]).map((c) => (c.endsWith(":") ? (c.startsWith(":") ? "center" : "right") : ""));
  const rows = [];
  for (i += 2; i < lines.length && lines[i].trim() !== "" && lines[i].includes("|"); i++) {
    const row = cells(lines[i]);
    rows.push(head.map((_, c) => row[c] ?? ""));
  }
  return { kind: "table", head, align, rows, end: i };
}

// cells splits a row of a table at the bars that are not escaped or in code.
function cells(line) {
  const out = [""];
  let code = false;
  const text = line.trim().replace(/^\|/, "").replace(/([^\\])\|$/, "$1");
  for (let i = 0; i < text.length; i++) {
    if (text[i] === "\\" && text[i + 1] === "|") out[out.length - 1] += text[++i];
    else if (text[i] === "|" && !code) out.push("");
    else {
      if (text[i] === "`") code = !code && text.indexOf("`", i + 1) > 0;
      out[out.length - 1] += text[i];
    }
  }
  return out.map((c) => c.trim());
}

// element returns an element with attributes and children, strings among them as text.
export function element(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(attributes ?? {})) if (v !== "" && v != null && v !== false) e.setAttribute(k, v);
  e.append(...children);
  return e;
}

// render returns the node of a block. top is the level of heading that becomes h3: the
// page has h1 and h2.
export function render(block, depth = 0, top = 1) {
  switch (block.kind) {
    case "heading":
      return element(`h${Math.max(3, Math.min(6, block.level - top + 3))}`, {}, ...inline(block.text));
    case "rule":
      return element("hr");
    case "quote":
      return element("blockquote", {}, ...nested(block.text, depth));
    case "list":
      return list(block, depth);
    case "table":
      return table(block);
    case "code":
      return code(block);
    default:
      return element("p", {}, ...inline(block.text));
  }
}

// nested returns the nodes of text within another block.
function nested(text, depth) {
  if (depth >= maxDepth) return [element("p", {}, text)];
  return blocks(text).map((b) => render(b, depth + 1));
}

function list(block, depth) {
  const out = element(block.ordered ? "ol" : "ul", block.ordered && block.start !== 1 ? { start: block.start } : {});
  for (const text of block.items) {
    const task = /^\[([ xX])\][ \t]+/.exec(text);
    const li = element("li", task ? { class: "task" } : {}, ...nested(task ? text.slice(task[0].length) : text, depth));
    if (li.firstChild?.tagName === "P") li.firstChild.replaceWith(...li.firstChild.childNodes); // tight
    if (task) li.prepend(element("span", { class: "box", role: "img", "aria-label": task[1] === " " ? "not done" : "done" }, task[1] === " " ? "" : "✓"));
    out.append(li);
  }
  return out;
}

function table(block) {
  const row = (name, texts) => element("tr", {}, ...texts.map((t, i) =>
    element(name, { class: block.align[i], scope: name === "th" ? "col" : null }, ...inline(t))));
  return element("div", { class: "table", tabindex: 0, role: "group", "aria-label": "Table" }, element("table", {},
    element("thead", {}, row("th", block.head)), element("tbody", {}, ...block.rows.map((r) => row("td", r)))));
}

// code returns a block of code; its button is handled by whoever shows it.
function code(block) {
  return element("figure", { class: "code" },
    element("figcaption", {}, element("span", {}, block.language || "text"), element("button", { type: "button", class: "copy-code" }, "Copy")),
    element("pre", { tabindex: 0, "aria-label": `Code, ${block.language || "text"}`, role: "group" }, element("code", {}, block.text)));
}

const special = /[\\`*_~[!h<\n]/g;
const escapable = /[!"#$%&'*+,\-./:;<=>?@^_`{|}~\\]/; // not ()[]: \( and \[ are mathematics
const address = /^https?:\/\/[^\s<>"`]+/;

// inline returns the nodes of a line of text. Each kind of search for an end that fails
// is not tried again in the text, so that time is linear.
export function inline(text, depth = 0, failed = new Set()) {
  const out = [];
  let plain = "";
  const push = (node) => {
    if (plain) out.push(document.createTextNode(plain));
    plain = "";
    out.push(node);
  };
  for (let i = 0; i < text.length;) {
    special.lastIndex = i;
    const at = special.exec(text)?.index ?? text.length;
    plain += text.slice(i, at);
    if ((i = at) >= text.length) break;
    const found = depth < maxDepth ? spanAt(text, i, depth, failed) : null;
    if (found) push(found.node);
    else if (text[i] === "\n") push(element("br"));
    else if (text[i] === "\\" && escapable.test(text[i + 1] ?? "")) {
      plain += text[i + 1];
      i += 2;
      continue;
    } else plain += text[i];
    i = found ? found.end : i + 1;
  }
  if (plain) out.push(document.createTextNode(plain));
  return out;
}

// spanAt returns the element that begins at i and where it ends, or null.
function spanAt(text, i, depth, failed) {
  switch (text[i]) {
    case "`":
      return codeSpan(text, i, failed);
    case "*":
    case "_":
    case "~":
      return emphasis(text, i, depth, failed);
    case "!":
      return text[i + 1] === "[" ? link(text, i + 1) : null;
    case "[":
      return link(text, i);
    case "<": {
      const m = /^<(https?:\/\/[^\s<>]{1,2000})>/.exec(text.slice(i, i + 2010));
      return m ? { node: anchor(m[1], [m[1]]), end: i + m[0].length } : null;
    }
    case "h":
      return bareAddress(text, i);
  }
  return null;
}

function codeSpan(text, i, failed) {
  const mark = /^`+/.exec(text.slice(i, i + 64))[0];
  let end = i + mark.length;
  if (!failed.has(mark)) {
    for (;;) {
      end = text.indexOf(mark, end);
      if (end < 0) break;
      let run = end;
      while (text[run] === "`") run++;
      if (run - end === mark.length) {
        let body = text.slice(i + mark.length, end).replace(/\n/g, " ");
        if (body.startsWith(" ") && body.endsWith(" ") && body.trim()) body = body.slice(1, -1);
        return { node: element("code", {}, body), end: run };
      }
      end = run;
    }
    failed.add(mark);
  }
  return { node: document.createTextNode(mark), end: i + mark.length };
}

const word = /[\p{L}\p{N}]/u;

// emphasis reads *a*, **a**, ***a***, the same with _, and ~~a~~.
function emphasis(text, i, depth, failed) {
  const mark = text[i];
  let n = 1;
  while (n < 4 && text[i + n] === mark) n++;
  if (n > 3 || (mark === "~" && n !== 2) || /\s/.test(text[i + n] ?? " ")) return null;
  if (mark === "_" && word.test(text[i - 1] ?? "")) return null;
  const key = mark + n;
  if (failed.has(key)) return null;
  for (let end = text.indexOf(mark, i + n); end >= 0;) {
    let run = end;
    while (text[run] === mark) run++;
    const closes = run - end === n || (run - end > n && n < 3 && run - end !== 3 - n);
    if (text[end - 1] === "\\") end++; // escaped
    else if (closes && !/\s/.test(text[end - 1]) && !(mark === "_" && word.test(text[run] ?? ""))) {
      const stop = run - n;
      const inner = inline(text.slice(i + n, stop), depth + 1);
      return { node: emphasized(mark, n, inner), end: run };
    } else end = run;
    end = text.indexOf(mark, end);
  }
  failed.add(key);
  return null;
}

function emphasized(mark, n, inner) {
  if (mark === "~") return element("del", {}, ...inner);
  if (n === 3) return element("em", {}, element("strong", {}, ...inner));
  return element(n === 2 ? "strong" : "em", {}, ...inner);
}

// link reads [text](address), and ![text](address) as a link: images are not loaded.
function link(text, i) {
  const near = text.slice(i, i + 4096);
  const close = near.indexOf("](");
  const label = near.slice(1, close);
  if (close < 0 || label.includes("[") || label.includes("\n\n")) return null;
  const m = /^\(\s*<?([^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)>?(?:\s+(?:"[^"\n]*"|'[^'\n]*'))?\s*\)/.exec(near.slice(close + 1));
  if (!m || !/^(https?:\/\/|mailto:)/i.test(m[1])) return null;
  return { node: anchor(m[1], inline(label.trim() || m[1], maxDepth - 2)), end: i + close + 1 + m[0].length };
}

function bareAddress(text, i) {
  if (word.test(text[i - 1] ?? "")) return null;
  const m = address.exec(text.slice(i, i + 2048));
  if (!m) return null;
  let url = m[0].replace(/[.,;:!?'*_~]+$/, "");
  while (url.endsWith(")") && url.split(")").length > url.split("(").length) url = url.slice(0, -1);
  return { node: anchor(url, [url]), end: i + url.length };
}

function anchor(href, children) {
  return element("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

// A Document shows Markdown that grows: only blocks that have changed are made anew, so
// that what a reader has selected stays.
export class Document {
  constructor(root) {
    this.root = root;
    this.sources = [];
  }

  // update shows text.
  update(text) {
    const list = blocks(text);
    let same = 0;
    while (same < list.length && same < this.sources.length && this.sources[same] === list[same].source) same++;
    const last = same === this.sources.length - 1 && list[same];
    if (last && last.kind === "code" && this.grow(this.root.children[same], last)) {
      this.sources[same] = last.source;
      same++;
    }
    while (this.root.children.length > same) this.root.lastChild.remove();
    const top = list.find((b) => b.kind === "heading")?.level;
    for (const b of list.slice(same)) this.root.append(render(b, 0, top));
    this.sources = list.map((b) => b.source);
  }

  // grow adds to the text of a block of code, and reports whether it was one that grew.
  grow(node, block) {
    const shown = node.matches("figure.code") && node.querySelector("code");
    if (!shown || node.querySelector("figcaption span").textContent !== (block.language || "text")) return false;
    const before = shown.textContent;
    if (!block.text.startsWith(before)) return false;
    if (block.text.length > before.length) shown.append(block.text.slice(before.length));
    return true;
  }
}
