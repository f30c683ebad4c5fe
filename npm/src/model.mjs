import { Stream } from "./calls.mjs";
import { chunks, completion } from "./completions.mjs";
import { ChordError, invalid } from "./error.mjs";
import { chatRequest, completionsRequest, embedRequest, generateRequest } from "./options.mjs";
import { deltasOf, infoOf, resultOf, tokenOf } from "./results.mjs";

// A Model is a model in an engine's thread.
export class Model {
	#calls;
	#closed;

	constructor(calls, info, threads) {
		this.#calls = calls;
		this.info = Object.freeze(infoOf(info, threads));
	}

	generate(prompt, options = {}) {
		const request = generateRequest(options);
		return this.#stream("generate", prompt, request, (t) => (t.Result ? [] : [tokenOf(t)]), options.signal);
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

	close() {
		this.#closed ??= this.#calls.call("close", []).catch(() => {}).then(() => this.#calls.end(new ChordError("chord: the model is closed", "closed")));
		return this.#closed;
	}

	[Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
		return this.close();
	}

	// stream is the stream of a call whose steps are JSON.
	#stream(method, what, request, elements, signal) {
		const start = async (step, signal) => {
			const result = await this.#calls.call(method, [what, request], { signal, step: (text) => step(JSON.parse(text)) });
			return resultOf(JSON.parse(result));
		};
		return new Stream(start, elements, signal);
	}
}
