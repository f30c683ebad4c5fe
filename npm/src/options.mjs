import { ChordError, invalid } from "./error.mjs";
import { hasFar } from "./limits.mjs";

// Names of options, by those of the engine's fields.
const sampling = {
	maxTokens: "max_tokens", temperature: "temperature", topK: "top_k", topP: "top_p", minP: "min_p",
	repeatPenalty: "repeat_penalty", frequencyPenalty: "frequency_penalty", presencePenalty: "presence_penalty",
	minTokens: "min_tokens", ignoreEos: "ignore_eos", seed: "seed", stop: "stop", logprobs: "logprobs",
};
const chatting = { ...sampling, tools: "tools", toolChoice: "tool_choice", parallelToolCalls: "parallel_tool_calls" };
const opening = { context: "context", cacheTypeK: "cache_type_k", cacheTypeV: "cache_type_v", chatTemplate: "chat_template" };
const embedding = { pooling: "pooling", raw: "raw", truncate: "truncate", dimensions: "dimensions" };

// take sets fields of the engine from options; rest are names that others look at.
function take(what, options, names, rest) {
	const fields = {};
	if (typeof options !== "object" || options === null) throw invalid(`${what}: options are no object`);
	for (const [name, value] of Object.entries(options)) {
		if (value === undefined || rest.includes(name)) continue;
		if (!Object.hasOwn(names, name)) throw invalid(`${what}: there is no option ${JSON.stringify(name)}`);
		fields[names[name]] = value;
	}
	return fields;
}

// seeded sets what the engine wants in another form. A seed drawn here is a number
// that JavaScript holds exactly, which those that the engine draws are not.
function seeded(params) {
	params.seed ??= Math.floor(Math.random() * 2 ** 48) + 1;
	if (!Number.isSafeInteger(params.seed)) throw invalid(`seed: ${params.seed} is no safe integer`);
	if (typeof params.stop === "string") params.stop = [params.stop];
	if (typeof params.logprobs === "boolean") params.logprobs = Number(params.logprobs);
	return params;
}

// constrained is the request of params, with a grammar or a schema.
function constrained(params, { grammar, jsonSchema }) {
	const request = { params: seeded(params) };
	if (grammar !== undefined) request.grammar = grammar;
	if (jsonSchema !== undefined) request.json_schema = jsonSchema;
	return JSON.stringify(request);
}

const apart = ["signal", "grammar", "jsonSchema"];

// generateRequest is what the engine's generate gets.
export const generateRequest = (options) => constrained(take("generate", options, sampling, apart), options);

// chatRequest is what the engine's chat gets.
export function chatRequest(options) {
	const params = take("chat", options, chatting, [...apart, "reasoning"]);
	const { reasoning } = options;
	switch (typeof reasoning) {
	case "undefined":
		break;
	case "boolean":
		params.enable_thinking = reasoning;
		break;
	case "number":
		params.reasoning_budget = reasoning;
		break;
	default:
		throw invalid("chat: reasoning is neither a boolean nor a number of tokens");
	}
	return constrained(params, options);
}

// openRequest is the options of the engine's open.
export const openRequest = (options) => JSON.stringify(take("load", options, opening, ["threads", "backend", "memory64", "cache", "onProgress", "signal"]));

// backendOf is load's option backend.
export function backendOf({ backend = "cpu" }) {
	if (!["cpu", "webgpu", "auto"].includes(backend)) throw invalid(`backend: ${JSON.stringify(backend)}, want "cpu", "webgpu" or "auto"`);
	return backend;
}

// memory64Of is load's option memory64.
export function memory64Of({ memory64 = false }) {
	if (typeof memory64 !== "boolean") throw invalid(`memory64: ${JSON.stringify(memory64)} is no boolean`);
	if (memory64 && !hasFar) throw new ChordError("chord: memory64: there is no memory with addresses of 64 bits that threads share", "unsupported");
	return memory64;
}

// cacheRequest is what load's option cache says, undefined if nothing is to be kept.
export function cacheRequest(cache, parts) {
	if (cache === undefined || cache === false) return undefined;
	const { key, sha256 } = cache === true ? {} : take("load: cache", cache, { key: "key", sha256: "sha256" }, []);
	if (key !== undefined && (typeof key !== "string" || key === "")) throw invalid("load: cache: the key is no text");
	if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) throw invalid(`load: cache: sha256 ${JSON.stringify(sha256)}`);
	if (sha256 !== undefined && parts > 1) throw invalid("load: cache: one SHA-256, but several files");
	return { key, sha256: sha256?.toLowerCase() };
}

// embedRequest is the options of the engine's embed.
export const embedRequest = (options) => JSON.stringify(take("embed", options, embedding, []));

// completionsRequest is what the engine's chat gets for a request of OpenAI's API.
export function completionsRequest(body) {
	if (typeof body !== "object" || body === null || !Array.isArray(body.messages)) throw invalid("chatCompletions: messages are no array");
	for (const name of ["logprobs", "top_logprobs", "audio", "functions"]) {
		if (body[name]) throw invalid(`chatCompletions: ${name} is not supported`);
	}
	if ((body.n ?? 1) !== 1) throw invalid("chatCompletions: n is not 1");
	const { messages, model, stream, stream_options, response_format, max_completion_tokens, signal, ...params } = body;
	for (const name of Object.keys(params)) if (params[name] === null) delete params[name];
	if (max_completion_tokens != null) params.max_tokens = max_completion_tokens;
	return constrained(params, formOf(response_format));
}

// formOf is what constrains an answer to a response_format.
function formOf(format) {
	switch (format?.type ?? "text") {
	case "text":
		return {};
	case "json_object":
		return { jsonSchema: { type: "object" } };
	case "json_schema":
		return { jsonSchema: format.json_schema?.schema ?? {} };
	}
	throw invalid(`chatCompletions: response_format of type ${JSON.stringify(format.type)}`);
}
