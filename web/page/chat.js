// The view of one conversation: its messages, their buttons, and how it scrolls.

import { Document, element } from "./markdown.js";

const nearEnd = 48; // px from the end within which the view follows a growing answer

// icon returns an icon of the document's set.
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

// button returns a button that is an icon with a name.
export function button(name, label, onclick) {
  const b = element("button", { type: "button", class: "ghost small", "aria-label": label, title: label }, icon(name));
  b.addEventListener("click", () => onclick(b));
  return b;
}

// copy copies text and shows for a moment that it has.
async function copy(text, done) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // a page that is not of a secure origin has no clipboard
    const area = element("textarea", { class: "hidden" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  done();
}

// ChatView shows a conversation in the elements {log, scroll, toEnd, status}. Of actions
// it calls edit(index, text) and regenerate(index).
export class ChatView {
  constructor(elements, actions) {
    Object.assign(this, elements);
    this.actions = actions;
    this.messages = [];
    this.follow = true;
    this.scroll.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.toEnd.addEventListener("click", () => this.end());
    this.log.addEventListener("click", (e) => this.copyCode(e));
    new ResizeObserver(() => this.keepEnd()).observe(this.log);
  }

  // show shows a conversation from its beginning.
  show(conversation) {
    this.log.replaceChildren();
    this.messages = [];
    for (const m of conversation.messages) this.add(m);
    this.end();
  }

  // add shows one more message and returns its view.
  add(message) {
    const index = this.messages.length;
    const view = message.role === "user" ? new UserMessage(this, message, index) : new Answer(this, message, index);
    this.messages.push(view);
    this.log.append(view.root);
    return view;
  }

  // cut removes the messages from index on.
  cut(index) {
    for (const m of this.messages.splice(index)) m.root.remove();
  }

  // say tells a screen reader.
  say(text) {
    this.status.textContent = text;
  }

  end() {
    this.follow = true;
    this.keepEnd();
  }

  keepEnd() {
    if (this.follow) this.scroll.scrollTop = this.scroll.scrollHeight;
    this.scrolled();
  }

  // scrolled notes whether the reader has left the end.
  scrolled() {
    const away = this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight;
    this.follow = away < nearEnd;
    this.toEnd.hidden = this.follow;
  }

  copyCode(event) {
    const b = event.target.closest(".copy-code");
    if (!b) return;
    copy(b.closest("figure").querySelector("code").textContent, () => {
      b.textContent = "Copied";
      this.say("Copied");
      setTimeout(() => (b.textContent = "Copy"), 1500);
    });
  }

  // copyButton returns a button that copies text().
  copyButton(text) {
    return button("copy", "Copy", (b) => copy(text(), () => {
      b.replaceChildren(icon("check"));
      this.say("Copied");
      setTimeout(() => b.replaceChildren(icon("copy")), 1500);
    }));
  }
}

// UserMessage is what the user wrote, and can write again.
class UserMessage {
  constructor(chat, message, index) {
    this.chat = chat;
    this.message = message;
    this.index = index;
    this.text = element("div", { class: "text" }, message.content);
    this.buttons = element("div", { class: "actions" }, button("edit", "Edit", () => this.edit()), chat.copyButton(() => message.content));
    this.root = element("article", { class: "message user" }, element("h2", { class: "hidden" }, "You"), this.text, this.buttons);
  }

  // edit makes a field of the message. Sending it ends what came after.
  edit() {
    const area = element("textarea", { rows: 1, "aria-label": "Edit the message" });
    area.value = this.message.content;
    const cancel = element("button", { type: "button" }, "Cancel");
    const form = element("form", { class: "edit" }, area, element("div", { class: "row" },
      element("span", { class: "faint" }, "What follows is answered anew."), element("span", { class: "space" }), cancel, element("button", { class: "primary" }, "Send")));
    const leave = () => {
      form.replaceWith(this.text, this.buttons);
      this.buttons.firstChild.focus();
    };
    cancel.addEventListener("click", leave);
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      if (area.value.trim()) this.chat.actions.edit(this.index, area.value.trim());
    });
    area.addEventListener("input", () => fit(area));
    area.addEventListener("keydown", (e) => {
      if (e.key === "Escape") {
        e.stopPropagation();
        leave();
      } else if (submits(e)) {
        e.preventDefault();
        form.requestSubmit();
      }
    });
    this.text.replaceWith(form);
    this.buttons.remove();
    fit(area);
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }
}

// Answer is what a model wrote, or writes.
class Answer {
  constructor(chat, message, index) {
    this.chat = chat;
    this.message = message;
    this.index = index;
    this.thoughts = element("div", { class: "thoughts" });
    this.summary = element("span");
    this.reasoning = element("details", { class: "reasoning", hidden: "" }, element("summary", {}, icon("fold"), this.summary), this.thoughts);
    this.body = element("div", { class: "body" });
    this.document = new Document(this.body);
    this.note = element("p", { class: "note", hidden: "" });
    this.stats = element("span", { class: "stats" });
    this.buttons = element("div", { class: "actions" }, chat.copyButton(() => message.content),
      button("again", "Answer again", () => chat.actions.regenerate(index)), this.stats);
    this.heading = element("h2", { class: "hidden" }, `Answer${message.model ? ` of ${message.model}` : ""}`);
    this.root = element("article", { class: "message answer" }, this.heading, this.reasoning, this.body, this.note, this.buttons);
    this.draw();
  }

  // start says that the answer is being written, and finish that it is not any more.
  start() {
    this.root.classList.add("busy");
    this.root.setAttribute("aria-busy", "true");
    this.changed();
  }

  finish() {
    this.root.classList.remove("busy");
    this.root.removeAttribute("aria-busy");
    cancelAnimationFrame(this.frame);
    this.draw();
    this.chat.keepEnd();
    this.chat.say(this.message.error ? `Error: ${this.message.error}` : `Answer: ${this.body.textContent}`);
  }

  // changed draws the message before the next paint.
  changed() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      this.draw();
      this.chat.keepEnd();
    });
  }

  draw() {
    const m = this.message;
    this.reasoning.hidden = !m.reasoning;
    if (m.reasoning) {
      this.thoughts.textContent = m.reasoning;
      this.summary.textContent = m.content || !this.root.classList.contains("busy") ? "Reasoning" : "Thinking …";
    }
    this.document.update(m.content);
    const note = m.error || notes[m.finish] || m.waiting || m.reading || "";
    this.note.hidden = !note;
    this.note.textContent = note;
    this.note.classList.toggle("error", Boolean(m.error));
    this.stats.textContent = statsOf(m.stats);
  }
}

const notes = {
  length: "The answer reached the maximum of tokens.",
  stopped: "Stopped.",
  content_filter: "The answer was withheld.",
};

// statsOf says how long an answer took.
function statsOf(s) {
  if (!s) return "";
  const out = [`${s.tokens} token${s.tokens === 1 ? "" : "s"}`];
  if (s.rate) out.push(`${s.rate < 10 ? s.rate.toFixed(1) : Math.round(s.rate)} tokens/s`);
  if (s.first >= 0.05) out.push(`first after ${s.first.toFixed(1)} s`);
  return out.join(" · ");
}

// fit makes a text field as high as its text.
export function fit(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + area.offsetHeight - area.clientHeight}px`;
}

// submits reports whether a key in a text field sends it: Enter alone, and not the one
// that ends the input of a character.
export function submits(e) {
  return e.key === "Enter" && !e.shiftKey && !e.altKey && !e.isComposing && e.keyCode !== 229;
}
