import { streamOf } from "./stream.mjs";

// createFetch is a fetch for OpenAI's client: it answers requests of its API, at any
// address, with models of load. models is one of them or an object of several by name.
export function createFetch(models) {
	const all = typeof models.chatCompletions === "function" ? { [models.info.name]: models } : models;
	return async (input, init) => {
		const request = new Request(input, init);
		try {
			return await answer(all, request);
		} catch (err) {
			if (request.signal.aborted) throw request.signal.reason ?? err;
			return failure(statusOf(err), err.message, err.code);
		}
	};
}

// createdAt is when the models were made, as far as anybody asks.
const createdAt = Math.floor(Date.now() / 1000);

async function answer(models, request) {
	const path = new URL(request.url).pathname;
	const entry = (id) => ({ id, object: "model", created: createdAt, owned_by: "chord" });
	if (request.method === "GET" && path.endsWith("/models")) return Response.json({ object: "list", data: Object.keys(models).map(entry) });
	const call = Object.keys(calls).find((end) => path.endsWith(end));
	if (!call) return failure(404, `${request.method} ${path} is not answered here`, "not_found");
	if (request.method !== "POST") return failure(405, `${path} wants POST`, "method_not_allowed");
	let body;
	try {
		body = await request.json();
	} catch (err) {
		return failure(400, `the request is no JSON: ${err.message}`, "invalid");
	}
	if (typeof body !== "object" || body === null || Array.isArray(body)) return failure(400, "the request is no object", "invalid");
	const names = Object.keys(models);
	const name = body.model ?? (names.length === 1 ? names[0] : undefined);
	if (!Object.hasOwn(models, name)) return failure(404, `there is no model ${JSON.stringify(name)}`, "model_not_found");
	return calls[call](models[name], { ...body, model: name }, request.signal);
}

// calls are what is answered, by the end of the address.
const calls = {
	async "/chat/completions"(model, body, signal) {
		const reply = await model.chatCompletions(body, { signal });
		if (!body.stream) return Response.json(reply);
		const chunks = reply[Symbol.asyncIterator]();
		const first = await chunks.next(); // nothing fails before the second
		const second = await chunks.next();
		const events = async function* () {
			try {
				for (const { done, value } of [first, second]) if (!done) yield event(value);
				for await (const chunk of { [Symbol.asyncIterator]: () => chunks }) yield event(chunk);
				yield encoder.encode("data: [DONE]\n\n");
			} catch (err) {
				if (!signal.aborted) yield event(errorOf(err.message, err.code));
			} finally {
				await chunks.return();
			}
		};
		return new Response(streamOf(events()), { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
	},

	async "/embeddings"(model, { input, model: name, dimensions, encoding_format }) {
		const texts = typeof input === "string" ? [input] : input;
		if (!Array.isArray(texts) || texts.some((text) => typeof text !== "string")) return failure(400, "input is neither a text nor an array of texts", "invalid");
		const vectors = await model.embed(texts, dimensions == null ? {} : { dimensions });
		const form = encoding_format === "base64" ? base64 : (v) => v;
		const data = vectors.map((v, index) => ({ object: "embedding", index, embedding: form(v) }));
		let prompt_tokens = 0;
		for (const text of texts) prompt_tokens += (await model.tokenize(text)).length;
		return Response.json({ object: "list", data, model: name, usage: { prompt_tokens, total_tokens: prompt_tokens } });
	},
};

const encoder = new TextEncoder();
const event = (value) => encoder.encode(`data: ${JSON.stringify(value)}\n\n`);

// base64 are the float32 of a vector, as the client asks for them by itself.
function base64(vector) {
	const bytes = new Uint8Array(Float32Array.from(vector).buffer);
	let text = "";
	for (const b of bytes) text += String.fromCharCode(b);
	return btoa(text);
}

const errorOf = (message, code) => ({ error: { message, type: code === "invalid" ? "invalid_request_error" : "chord_error", param: null, code: code ?? "failed" } });
const failure = (status, message, code) => Response.json(errorOf(message, code), { status });

// statusOf is the status of an error.
function statusOf({ code }) {
	return { invalid: 400, context_full: 400, unsupported: 400, busy: 429, closed: 503, crashed: 503 }[code] ?? 500;
}
