import { textStream } from "./calls.mjs";
import { ChordError, invalid } from "./error.mjs";
import { chatRequest, generateRequest } from "./options.mjs";
import { deltasOf, resultOf, tokensOf } from "./results.mjs";

// A Session is a text that grows, in an engine's thread.
export class Session {
	#calls;
	#number;
	#made;
	#closed = false;

	// made is a promise of the session in the thread, whose number is unique in it.
	constructor(calls, number, made) {
		this.#calls = calls;
		this.#number = number;
		this.#made = made;
		made.catch(() => {}); // told by the first call
	}

	async append(text, { signal } = {}) {
		if (typeof text?.[Symbol.iterator] !== "function") throw invalid("append: neither a text nor tokens");
		const what = typeof text === "string" ? text : { ids: JSON.stringify(Array.from(text)) };
		await this.#call("append", [what], { signal });
	}

	generate(options = {}) {
		const request = generateRequest(options);
		return textStream((how) => this.#call("generate", [request], how), tokensOf, options.signal);
	}

	chat(messages, options = {}) {
		if (!Array.isArray(messages)) throw invalid("chat: messages are no array");
		const args = [JSON.stringify(messages), chatRequest(options)];
		return textStream((how) => this.#call("chat", args, how), deltasOf, options.signal);
	}

	async tokens() {
		return JSON.parse(await this.#call("tokens", []));
	}

	async rewind(n) {
		await this.#call("rewind", [n]);
	}

	async fork() {
		const number = this.#calls.number();
		await this.#call("fork", [number]);
		return new Session(this.#calls, number, Promise.resolve());
	}

	async save() {
		return this.#call("save", []);
	}

	async close() {
		if (this.#closed) return;
		const closing = this.#call("close", []);
		this.#closed = true;
		await closing.catch(() => {}); // the model is closed
	}

	[Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
		return this.close();
	}

	// call calls a method of the session in the thread, after those before it.
	async #call(method, args, how) {
		if (this.#closed) throw new ChordError("chord: the session is closed", "closed");
		const call = this.#calls.call(method, args, { ...how, session: this.#number });
		call.catch(() => {}); // told below, or what made says before it
		await this.#made;
		return call;
	}
}
