import { streamOf } from "./stream.mjs";

// The browsers' LanguageModel, where a page has none: its models are those of load.

// createLanguageModel is a class like the browsers' LanguageModel. source() is a promise
// of the model, which is asked for when the first session is created.
export function createLanguageModel(source) {
	let model;
	const loaded = () => {
		model ??= Promise.resolve(source()).catch((err) => {
			model = undefined; // the next may have it
			throw err;
		});
		return model;
	};

	return class LanguageModel extends EventTarget {
		#model;
		#messages;
		#options;
		#usage = 0;
		#ended = new AbortController();

		static async availability() {
			return model ? "available" : "downloadable";
		}

		static async params() {
			return { defaultTopK: 40, maxTopK: 1000, defaultTemperature: 0.8, maxTemperature: 2 };
		}

		static async create({ initialPrompts = [], temperature, topK, tools = [], signal, monitor } = {}) {
			signal?.throwIfAborted();
			if (tools.length > 0) throw new DOMException("tools are not supported", "NotSupportedError");
			const messages = initialPrompts.map(messageOf);
			const target = new EventTarget();
			monitor?.(target);
			const session = new LanguageModel();
			session.#model = await loaded();
			signal?.throwIfAborted();
			target.dispatchEvent(progress());
			session.#messages = messages;
			session.#options = { temperature, topK };
			signal?.addEventListener("abort", () => session.destroy(), { once: true });
			return session;
		}

		get inputUsage() {
			return this.#usage;
		}

		get inputQuota() {
			return this.#model.info.context;
		}

		get topK() {
			return this.#options.topK ?? 40;
		}

		get temperature() {
			return this.#options.temperature ?? 0.8;
		}

		async prompt(input, options) {
			let text = "";
			for await (const piece of this.#answer(input, options)) text += piece;
			return text;
		}

		promptStreaming(input, options) {
			return streamOf(this.#answer(input, options));
		}

		async append(input) {
			this.#alive();
			this.#messages.push(...messagesOf(input));
		}

		async measureInputUsage(input) {
			this.#alive();
			const texts = messagesOf(input).map(({ content }) => content);
			return (await this.#model.tokenize(texts.join("\n"))).length;
		}

		async clone({ signal } = {}) {
			signal?.throwIfAborted();
			this.#alive();
			const other = new LanguageModel();
			other.#model = this.#model;
			other.#messages = structuredClone(this.#messages);
			other.#options = this.#options;
			other.#usage = this.#usage;
			return other;
		}

		destroy() {
			this.#ended.abort(new DOMException("the session is destroyed", "AbortError"));
		}

		#alive() {
			if (this.#ended.signal.aborted) throw new DOMException("the session is destroyed", "InvalidStateError");
		}

		// answer are the pieces of the answer to input.
		async *#answer(input, { responseConstraint, signal } = {}) {
			this.#alive();
			signal?.throwIfAborted();
			const form = responseConstraint === undefined ? {} : constraintOf(responseConstraint);
			const added = messagesOf(input);
			const stop = AbortSignal.any([this.#ended.signal, ...(signal ? [signal] : [])]);
			const stream = this.#model.chat([...this.#messages, ...added], { ...this.#options, ...form, signal: stop });
			let text = "";
			try {
				for await (const { content } of stream) {
					if (content === undefined) continue;
					text += content;
					yield content;
				}
			} catch (err) {
				throw stop.aborted ? stop.reason : exceptionOf(err);
			}
			this.#messages.push(...added, { role: "assistant", content: text });
			this.#usage = (await stream.result).usage.totalTokens;
		}
	};
}

// install gives a page a LanguageModel if it has none, and tells whether it did.
export function install(source) {
	if (globalThis.LanguageModel !== undefined) return false;
	globalThis.LanguageModel = createLanguageModel(source);
	return true;
}

// messageOf is chord's message of one.
function messageOf({ role = "user", content, prefix }) {
	if (prefix) throw new DOMException("prefixes are not supported", "NotSupportedError");
	if (typeof content === "string") return { role, content };
	if (!Array.isArray(content)) throw new TypeError("a message without content");
	for (const { type } of content) if (type !== "text") throw new DOMException(`input of type ${type}`, "NotSupportedError");
	return { role, content: content.map(({ value }) => value).join("") };
}

const messagesOf = (input) => (typeof input === "string" ? [{ role: "user", content: input }] : input.map(messageOf));

// constraintOf is how chat says a responseConstraint.
function constraintOf(constraint) {
	if (!(constraint instanceof RegExp)) return { jsonSchema: constraint };
	return { grammar: `%llguidance {}\nstart: /${constraint.source.replace(/^\^|\$$/g, "")}/` };
}

// progress is the event of a model that is there.
const progress = () => Object.assign(new Event("downloadprogress"), { loaded: 1, total: 1, lengthComputable: true });

// exceptionOf is the browsers' exception for an error of chord.
function exceptionOf(err) {
	const name = { context_full: "QuotaExceededError", invalid: "NotSupportedError", unsupported: "NotSupportedError", aborted: "AbortError" }[err.code];
	return new DOMException(err.message, name ?? "UnknownError");
}
