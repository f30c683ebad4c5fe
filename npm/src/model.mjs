import { textStream } from "./calls.mjs";
import { chunks, completion } from "./completions.mjs";
import { ChordError, invalid } from "./error.mjs";
import { chatRequest, completionsRequest, embedRequest, generateRequest } from "./options.mjs";
import { deltasOf, tokensOf } from "./results.mjs";
import { Session } from "./session.mjs";

// A Model is a model in an engine's thread.
export class Model {
	#calls;
	#closed;
	#info;

	constructor(calls, info) {
		this.#calls = calls;
		this.#info = info;
	}

	get info() {
		return Object.freeze({ ...this.#info, ...this.#calls.backend });
	}

	// callsOf are the calls of a model.
	static callsOf(model) {
		return model.#calls;
	}

	generate(prompt, options = {}) {
		const request = generateRequest(options);
		return this.#stream("generate", prompt, request, tokensOf, options.signal);
	}

	chat(messages, options = {}) {
		if (!Array.isArray(messages)) throw invalid("chat: messages are no array");
		return this.#stream("chat", JSON.stringify(messages), chatRequest(options), deltasOf, options.signal);
	}

	async complete(prompt, options = {}) {
		const stream = this.generate(prompt, options);
		let text = "";
		for await (const token of stream) text += token.text;
		return { text, ...(await stream.result) };
	}

	async chatCompletions(body, { signal } = {}) {
		const request = completionsRequest(body);
		const model = body.model ?? this.info.name;
		const deltas = this.#stream("chat", JSON.stringify(body.messages), request, (d) => [d], signal);
		return body.stream ? chunks(model, deltas, body.stream_options?.include_usage) : completion(model, deltas);
	}

	async tokenize(text) {
		return JSON.parse(await this.#calls.call("tokenize", [text])) ?? [];
	}

	async detokenize(ids) {
		return this.#calls.call("detokenize", [JSON.stringify(Array.from(ids))]);
	}

	async embed(texts, options = {}) {
		const list = typeof texts === "string" ? [texts] : texts;
		if (!Array.isArray(list)) throw invalid("embed: texts are neither a string nor an array");
		return JSON.parse(await this.#calls.call("embed", [JSON.stringify(list), embedRequest(options)]));
	}

	session() {
		const number = this.#calls.number();
		return new Session(this.#calls, number, this.#calls.call("session", [], { session: number }));
	}

	async restore(bytes, { signal } = {}) {
		if (!(bytes instanceof ArrayBuffer || ArrayBuffer.isView(bytes))) throw invalid("restore: no bytes of a session");
		const copy = (ArrayBuffer.isView(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : new Uint8Array(bytes)).slice();
		const number = this.#calls.number();
		await this.#calls.call("restore", [copy], { session: number, signal, transfer: [copy.buffer] });
		return new Session(this.#calls, number, Promise.resolve());
	}

	close() {
		this.#closed ??= this.#calls.call("close", []).catch(() => {}).then(() => this.#calls.end(new ChordError("chord: the model is closed", "closed")));
		return this.#closed;
	}

	[Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
		return this.close();
	}

	// stream is the stream of a call.
	#stream(method, what, request, elements, signal) {
		return textStream((how) => this.#calls.call(method, [what, request], how), elements, signal);
	}
}

export const { callsOf } = Model;
