// Who answers. A transport has
//
//	models()                   the models: [{id, context, loaded}]
//	chat(request, signal)      the answer as it comes, an async iterator of parts
//	setKey(key, keep)          the key for it, "" for none
//
// where request is {model, messages, params} and a part has some of
//
//	content, reasoning         text that is added
//	progress: {read, total}    tokens of the prompt that have been read
//	again: true                the answer begins anew; what came is void
//	waiting: true              the connection is cut and tried again
//	finish                     why the answer ended: "stop", "length", …
//	usage: {prompt, generated, cached}    tokens
//
// Errors are TransportErrors; a signal that stops is an AbortError.

// A TransportError says why there is no answer. status is that of HTTP, 0 if the server
// was not reached.
export class TransportError extends Error {
  constructor(message, status = 0, code = "") {
    super(message);
    this.name = "TransportError";
    this.status = status;
    this.code = code;
  }
}

const attempts = 5; // to go on with a stream that was cut
const firstWait = 400; // ms before the second of them; each further one waits twice as long

// HTTPTransport asks a server with the API of OpenAI at a base address.
export class HTTPTransport {
  constructor(base) {
    this.base = base;
    this.key = read(sessionStorage) || read(localStorage);
  }

  // setKey sets the API key, kept for this tab or, with keep, in the browser.
  setKey(key, keep) {
    this.key = key;
    write(sessionStorage, keep ? "" : key);
    write(localStorage, keep ? key : "");
  }

  async models() {
    const body = await (await this.fetch("v1/models")).json();
    return (body.data ?? []).map((m) => ({ id: String(m.id), context: m.context_length ?? 0, loaded: m.loaded === true }));
  }

  // chat sends a request. A stream that is cut is asked for again from its last event;
  // a server that cannot do so begins anew.
  async *chat(request, signal) {
    const body = JSON.stringify(bodyOf(request));
    let last = ""; // id of the last event
    let begun = false; // some attempt has got a stream
    for (let attempt = 0; ; attempt++) {
      const before = last;
      try {
        const response = await this.fetch("v1/chat/completions", { method: "POST", body, signal, last });
        begun = true;
        for await (const event of events(response.body)) {
          if (event.id) last = event.id;
          if (event.comment !== undefined) {
            const m = /^prompt (\d+)\/(\d+)$/.exec(event.comment);
            if (m) yield { progress: { read: Number(m[1]), total: Number(m[2]) } };
            continue;
          }
          if (event.data === "[DONE]") return;
          yield* parts(JSON.parse(event.data));
        }
        throw new TransportError("The connection ended before the answer did.");
      } catch (err) {
        if (signal?.aborted || !begun || !cut(err)) throw err;
        if (last !== before) attempt = 0;
        if (attempt + 1 >= attempts) throw err;
        yield { waiting: true };
        await wait(firstWait * 2 ** attempt, signal);
      }
    }
  }

  async fetch(path, { method = "GET", body, signal, last } = {}) {
    const headers = {};
    if (body) headers["Content-Type"] = "application/json";
    if (this.key) headers.Authorization = `Bearer ${this.key}`;
    if (last) headers["Last-Event-ID"] = last;
    let response;
    try {
      response = await fetch(new URL(path, this.base), { method, body, signal, headers, cache: "no-store", credentials: "omit" });
    } catch (err) {
      if (err.name === "AbortError") throw err;
      throw new TransportError("The server cannot be reached.");
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }
}

// cut reports whether an error is one of the connection, or of a server that is leaving.
function cut(err) {
  return err.name === "TypeError" || (err instanceof TransportError && (err.code === "draining" || [0, 502, 503, 504].includes(err.status)));
}

function wait(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("stopped", "AbortError"));
    }, { once: true });
  });
}

// bodyOf returns the body of a request. Parameters that are not set are the server's.
function bodyOf({ model, messages, params }) {
  const { system, json, ...numbers } = params;
  const body = { model, stream: true, stream_options: { include_usage: true }, messages: [...messages], ...numbers };
  if (system) body.messages.unshift({ role: "system", content: system });
  if (json) body.response_format = { type: "json_object" };
  return body;
}

// parts yields what a chunk of the stream says.
function* parts(chunk) {
  if (chunk.error) throw new TransportError(chunk.error.message ?? "The server reports an error.", 500, chunk.error.code ?? "");
  const choice = chunk.choices?.[0];
  const delta = choice?.delta ?? {};
  if (delta.role && !delta.content) yield { again: true }; // the first chunk of a stream
  const reasoning = delta.reasoning_content ?? delta.reasoning;
  if (reasoning) yield { reasoning };
  if (delta.content) yield { content: delta.content };
  if (choice?.finish_reason) yield { finish: choice.finish_reason };
  if (chunk.usage) {
    const u = chunk.usage;
    yield { usage: { prompt: u.prompt_tokens, generated: u.completion_tokens, cached: u.prompt_tokens_details?.cached_tokens ?? 0 } };
  }
}

// errorOf returns the error of an answer that is none.
async function errorOf(response) {
  let message = "", code = "";
  try {
    const { error } = await response.json();
    message = error?.message ?? String(error ?? "");
    code = error?.code ?? "";
  } catch { /* not JSON */ }
  const after = response.headers.get("Retry-After");
  if (after && response.status !== 401) message += ` (try again in ${after} s)`;
  return new TransportError(message || `The server answers with status ${response.status}.`, response.status, code);
}

// events yields the events of a stream: {id, data} and, for comments, {comment}.
export async function* events(stream) {
  const reader = stream.getReader(); // a TextDecoderStream would lose what came before an error
  const decoder = new TextDecoder();
  let rest = "", id = "", data = [];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop();
      for (const raw of lines) {
        const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
        if (line === "") {
          if (data.length) yield { id, data: data.join("\n") };
          data = [];
        } else if (line.startsWith(":")) yield { comment: line.slice(1).trim() };
        else if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
        else if (line.startsWith("id:")) id = line.slice(3).trim();
      }
    }
  } finally {
    reader.cancel().catch(() => {}); // also of a reader who stopped half-way
  }
}

const keyName = "chord.key";

function read(storage) {
  try {
    return storage.getItem(keyName) ?? "";
  } catch {
    return "";
  }
}

function write(storage, key) {
  try {
    if (key) storage.setItem(keyName, key);
    else storage.removeItem(keyName);
  } catch { /* storage is off: the key is known until the page is left */ }
}
