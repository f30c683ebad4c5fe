// The page: which conversation is shown, what is sent, which key does what.

import { ChatView, button, fit, submits } from "./chat.js";
import { element } from "./markdown.js";
import { Parameters, ask, askKey, confirm, theme } from "./settings.js";
import { Store, download, keep, markdownOf, newConversation, setting, titleOf } from "./store.js";

const $ = (id) => document.getElementById(id);

// run shows the page, with the answers of a transport, and returns it.
export async function run(transport) {
  theme();
  const app = new App(await Store.open(), transport);
  await app.start();
  document.documentElement.dataset.ready = "";
  return app;
}

class App {
  constructor(store, transport) {
    this.store = store;
    this.transport = transport;
    this.params = new Parameters();
    this.view = new ChatView({ log: $("log"), scroll: $("scroll"), toEnd: $("to-end"), status: $("status") }, {
      edit: (index, text) => this.edit(index, text),
      regenerate: (index) => this.regenerate(index),
    });
    this.running = null; // the AbortController of the answer that is being written
    this.now = newConversation();
    this.listen();
  }

  // start shows the conversation that the address names, and asks for the models.
  async start() {
    if (!this.store.lasting) document.querySelector(".side-foot").textContent = "This browser keeps no chats: they end with the page.";
    await this.history();
    await this.open(location.hash.slice(1));
    await this.models();
  }

  listen() {
    const prompt = $("prompt");
    prompt.addEventListener("input", () => this.typed());
    prompt.addEventListener("keydown", (e) => {
      if (submits(e)) {
        e.preventDefault();
        $("composer").requestSubmit();
      }
    });
    $("composer").addEventListener("submit", (e) => {
      e.preventDefault();
      this.submit();
    });
    $("stop").addEventListener("click", () => this.stop());
    $("new").addEventListener("click", () => this.begin());
    $("ideas").addEventListener("click", (e) => {
      const idea = e.target.closest("button");
      if (!idea) return;
      prompt.value = idea.textContent;
      this.typed();
      prompt.focus();
    });
    $("model").addEventListener("change", () => keep("model", $("model").value));
    $("settings-open").addEventListener("click", () => ask($("settings")));
    $("export-one").addEventListener("click", () => download("chat.md", "text/markdown", markdownOf(this.now)));
    $("export-all").addEventListener("click", async () => download("chats.json", "application/json", JSON.stringify(await this.store.all(), null, 1)));
    $("delete-all").addEventListener("click", () => this.deleteAll());
    $("side-open").addEventListener("click", () => this.side(true));
    for (const id of ["side-close", "shade"]) $(id).addEventListener("click", () => this.side(false));
    matchMedia("(max-width: 899px)").addEventListener("change", () => this.side(false));
    addEventListener("hashchange", () => this.open(location.hash.slice(1)));
    document.addEventListener("keydown", (e) => this.key(e));
    this.side(false);
  }

  key(e) {
    if (document.querySelector("dialog[open]")) return;
    const writing = e.target.closest?.("input, textarea, select");
    if (e.key === "Escape") {
      if (document.body.classList.contains("side")) this.side(false);
      else if (this.running) this.stop();
    } else if (e.key === "/" && !writing && !e.ctrlKey && !e.metaKey && !e.altKey) {
      e.preventDefault();
      $("prompt").focus();
    }
  }

  // side opens or closes the list of conversations where it lies over the page.
  side(open) {
    const over = matchMedia("(max-width: 899px)").matches;
    const was = document.body.classList.contains("side");
    document.body.classList.toggle("side", over && open);
    $("side").inert = over && !open;
    $("page").inert = over && open;
    $("side-open").setAttribute("aria-expanded", String(over && open));
    if (over && open) $("new").focus();
    else if (was) $("side-open").focus();
  }

  typed() {
    fit($("prompt"));
    $("send").disabled = $("prompt").value.trim() === "" || $("model").disabled;
  }

  // models fills the list of models. Where a key is needed it asks for one.
  async models() {
    let list = [];
    try {
      list = await this.withKey(() => this.transport.models());
    } catch (err) {
      this.view.say(err.message);
      $("empty-model").textContent = err.message;
    }
    const select = $("model");
    select.replaceChildren(...list.map((m) => element("option", { value: m.id }, m.id)));
    select.disabled = list.length === 0;
    if (!list.length) select.append(element("option", {}, "no model"));
    const chosen = setting("model", "");
    if (list.some((m) => m.id === chosen)) select.value = chosen;
    this.typed();
  }

  // withKey calls f, and again with a key that the user gives when the server wants one.
  async withKey(f) {
    for (let note = "The operator of the server has it."; ; note = "That is not a key of this server.") {
      try {
        return await f();
      } catch (err) {
        if (err.status !== 401) throw err;
        const given = await askKey(note);
        if (!given) throw err;
        this.transport.setKey(given.key, given.keep);
      }
    }
  }

  // begin shows an empty conversation.
  begin() {
    history.pushState(null, "", location.pathname + location.search);
    this.open("");
    this.side(false);
    $("prompt").focus();
  }

  // open shows the conversation called id, or an empty one.
  async open(id) {
    const found = id ? await this.store.get(id) : undefined;
    if (found && found.id === this.now.id && this.running) return;
    this.stop();
    this.now = found ?? newConversation();
    this.view.show(this.now);
    this.titled();
  }

  // titled shows the title where it is shown, and the greeting where there is nothing else.
  titled() {
    const title = this.now.title || "New chat";
    $("title").textContent = title;
    document.title = this.now.title ? `${title} · chord` : "chord";
    $("empty").hidden = this.now.messages.length > 0;
    for (const a of $("history").querySelectorAll("a")) {
      if (a.hash === `#${this.now.id}`) a.setAttribute("aria-current", "page");
      else a.removeAttribute("aria-current");
    }
  }

  // history shows the list of conversations.
  async history() {
    const list = await this.store.all();
    $("history").replaceChildren(...list.map((c) => {
      const link = element("a", { href: `#${c.id}`, title: c.title }, c.title);
      link.addEventListener("click", () => this.side(false));
      return element("li", {}, link, button("trash", `Delete “${c.title}”`, () => this.delete(c)));
    }));
    $("history-none").hidden = list.length > 0;
    this.titled();
  }

  async delete(conversation) {
    if (!(await confirm(`Delete “${conversation.title}”?`))) return;
    await this.store.delete(conversation.id);
    if (conversation.id === this.now.id) this.begin();
    await this.history();
    (matchMedia("(max-width: 899px)").matches ? $("side-open") : $("new")).focus();
  }

  async deleteAll() {
    if (!(await confirm("Delete all conversations of this browser?"))) return;
    await this.store.clear();
    $("settings").close();
    this.begin();
    await this.history();
  }

  async save() {
    this.now.updated = Date.now();
    await this.store.put(this.now).catch((err) => this.view.say(`This chat is not kept: ${err.message}`));
    await this.history();
  }

  submit() {
    const text = $("prompt").value.trim();
    if (!text || this.running || $("send").disabled) return;
    $("prompt").value = "";
    this.typed();
    this.send(text);
  }

  // send adds what the user says and has it answered.
  async send(text) {
    const message = { role: "user", content: text };
    this.now.messages.push(message);
    this.view.add(message);
    if (!this.now.title) {
      this.now.title = titleOf(text);
      history.pushState(null, "", `#${this.now.id}`);
    }
    this.titled();
    await this.answer();
  }

  // edit replaces the user's message at index, and what followed it.
  async edit(index, text) {
    this.stop();
    this.now.messages.length = index;
    this.view.cut(index);
    if (index === 0) this.now.title = titleOf(text);
    $("prompt").focus();
    await this.send(text);
  }

  async regenerate(index) {
    this.stop();
    this.now.messages.length = index;
    this.view.cut(index);
    $("prompt").focus();
    await this.answer();
  }

  stop() {
    this.running?.abort();
  }

  // answer has the conversation answered by the model and shows it as it comes.
  async answer() {
    const conversation = this.now;
    const request = { model: $("model").value, params: this.params.value(),
      messages: turns(conversation.messages) };
    const message = { role: "assistant", content: "", reasoning: "", model: request.model };
    conversation.messages.push(message);
    const view = this.view.add(message);
    const running = new AbortController();
    this.busy(running);
    view.start();
    this.view.end();
    try {
      this.save(); // the question is kept even if the page is left before the answer ends
      await this.withKey(() => receive(this.transport.chat(request, running.signal), message, view));
    } catch (err) {
      if (running.signal.aborted) message.finish = "stopped";
      else message.error = err.message;
    }
    delete message.waiting;
    delete message.reading;
    if (this.running === running) this.busy(null);
    view.finish();
    conversation.updated = Date.now();
    if (this.now === conversation) await this.save();
    else if (await this.store.get(conversation.id)) await this.store.put(conversation);
  }

  busy(running) {
    this.running = running;
    const focused = document.activeElement === $("stop") || document.activeElement === $("send");
    $("stop").hidden = !running;
    $("send").hidden = Boolean(running);
    if (focused) $("prompt").focus();
  }
}

// turns returns what a model is told: answers that failed are left out, and what the user
// said on both sides of one is one turn, since templates want turns to alternate.
function turns(messages) {
  const out = [];
  for (const { role, content } of messages) {
    if (!content) continue;
    if (out.at(-1)?.role === role) out.at(-1).content += `\n\n${content}`;
    else out.push({ role, content });
  }
  return out;
}

const shortest = 20; // ms of an answer whose rate says something

// receive adds the parts of an answer to a message and counts its tokens.
async function receive(parts, message, view) {
  const begun = performance.now();
  let first = 0, last = 0, count = 0;
  const rate = (tokens) => (tokens > 1 && last > first + shortest ? ((tokens - 1) * 1000) / (last - first) : 0);
  for await (const part of parts) {
    if (part.again) {
      message.content = message.reasoning = "";
      count = first = 0;
    }
    if (part.progress) message.reading = `Reading the prompt: ${part.progress.read} of ${part.progress.total} tokens`;
    if (part.waiting) message.waiting = "The connection was cut; trying to go on …";
    else delete message.waiting;
    if (part.content || part.reasoning) {
      delete message.reading;
      message.content += part.content ?? "";
      message.reasoning += part.reasoning ?? "";
      last = performance.now();
      first ||= last;
      count++;
    }
    if (part.finish) message.finish = part.finish;
    const tokens = part.usage?.generated ?? count;
    if (tokens) message.stats = { tokens, rate: rate(tokens), first: (first - begun) / 1000 };
    view.changed();
  }
}
