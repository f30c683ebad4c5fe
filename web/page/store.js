// Conversations in IndexedDB and settings in localStorage. Where a browser keeps nothing,
// as in some private windows, conversations live until the page is left.
//
// A conversation is {id, title, created, updated, messages}, a message {role, content}
// and, of an answer, reasoning, model, finish, stats and error.

const version = 1;

export class Store {
  // open opens the store called name.
  static async open(name = "chord") {
    const store = new Store();
    store.memory = new Map();
    try {
      store.db = await new Promise((resolve, reject) => {
        const q = indexedDB.open(name, version);
        q.onupgradeneeded = () => q.result.createObjectStore("conversations", { keyPath: "id" });
        q.onsuccess = () => resolve(q.result);
        q.onerror = () => reject(q.error);
        q.onblocked = () => reject(new Error("blocked"));
      });
      store.db.onversionchange = () => store.db.close();
    } catch {
      store.db = null;
    }
    return store;
  }

  // lasting reports whether conversations stay when the page is left.
  get lasting() {
    return this.db !== null;
  }

  // all returns the conversations, the last changed first.
  async all() {
    const list = this.db ? await this.run("readonly", (s) => s.getAll()) : [...this.memory.values()];
    return list.sort((a, b) => b.updated - a.updated);
  }

  async get(id) {
    return this.db ? this.run("readonly", (s) => s.get(id)) : this.memory.get(id);
  }

  async put(conversation) {
    const copy = structuredClone(conversation);
    if (this.db) await this.run("readwrite", (s) => s.put(copy));
    else this.memory.set(copy.id, copy);
  }

  async delete(id) {
    if (this.db) await this.run("readwrite", (s) => s.delete(id));
    else this.memory.delete(id);
  }

  async clear() {
    if (this.db) await this.run("readwrite", (s) => s.clear());
    else this.memory.clear();
  }

  // run runs one request in a transaction that is durable when it resolves.
  run(mode, request) {
    return new Promise((resolve, reject) => {
      const t = this.db.transaction("conversations", mode);
      const q = request(t.objectStore("conversations"));
      t.oncomplete = () => resolve(q.result);
      t.onerror = t.onabort = () => reject(t.error ?? q.error);
    });
  }
}

// newConversation returns one without messages.
export function newConversation() {
  const now = Date.now();
  return { id: `${now.toString(36)}-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`, title: "", created: now, updated: now, messages: [] };
}

// titleOf returns a title of at most 60 characters from the first line of text.
export function titleOf(text) {
  const line = text.trim().split("\n")[0].trim();
  const characters = [...line];
  return characters.length > 60 ? `${characters.slice(0, 59).join("")}…` : line || "Chat";
}

// setting returns a setting, or what a first visitor has.
export function setting(name, initial) {
  try {
    return JSON.parse(localStorage.getItem(`chord.${name}`)) ?? initial;
  } catch {
    return initial;
  }
}

// keep keeps a setting.
export function keep(name, value) {
  try {
    localStorage.setItem(`chord.${name}`, JSON.stringify(value));
  } catch { /* storage is off or full */ }
}

// markdownOf returns a conversation as a text to read.
export function markdownOf(conversation) {
  const names = { user: "You", assistant: "Answer" };
  const turns = conversation.messages.map((m) => `## ${names[m.role] ?? m.role}\n\n${m.content}\n`);
  return `# ${conversation.title || "Chat"}\n\n${turns.join("\n")}`;
}

// download offers text as a file.
export function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const a = document.createElement("a");
  a.href = url;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
