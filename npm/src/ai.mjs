import { streamOf } from "./stream.mjs";

// Models for the AI SDK, by its specification LanguageModelV3.

// createChord is a provider of models by name: its models are those of load.
export function createChord(models) {
	const named = (id) => {
		if (!Object.hasOwn(models, id)) throw new Error(`chord: there is no model ${JSON.stringify(id)}`);
		return models[id];
	};
	const language = (id) => languageModel(named(id), { modelId: id });
	const embedding = (id) => embeddingModel(named(id), { modelId: id });
	const none = (id) => {
		throw new Error(`chord: ${JSON.stringify(id)} makes no images`);
	};
	return Object.assign((id) => language(id), {
		specificationVersion: "v3", languageModel: language, embeddingModel: embedding, textEmbeddingModel: embedding, imageModel: none,
	});
}

// languageModel is a model of load for generateText, streamText and generateObject.
export function languageModel(model, { modelId = model.info.name } = {}) {
	const start = (options) => {
		const { request, warnings } = requestOf(options);
		return { answer: model.chat(messagesOf(options.prompt), request), warnings };
	};
	const about = () => ({ modelId, timestamp: new Date() });
	return {
		specificationVersion: "v3", provider: "chord", modelId, supportedUrls: {},

		async doGenerate(options) {
			const { answer, warnings } = start(options);
			const content = [];
			for await (const delta of answer) add(content, delta);
			return { content, ...endOf(await answer.result), warnings, response: about() };
		},

		async doStream(options) {
			const { answer, warnings } = start(options);
			return { stream: streamOf(parts(answer, warnings, about())) };
		},
	};
}

// embeddingModel is a model of load for embed and embedMany.
export function embeddingModel(model, { modelId = model.info.name } = {}) {
	return {
		specificationVersion: "v3", provider: "chord", modelId, maxEmbeddingsPerCall: undefined, supportsParallelCalls: false,
		async doEmbed({ values, abortSignal }) {
			abortSignal?.throwIfAborted();
			return { embeddings: await model.embed(values), warnings: [] };
		},
	};
}

// add adds a delta to the content of an answer.
function add(content, { content: text, reasoning, toolCall }) {
	const append = (type, text) => {
		if (content.at(-1)?.type === type) content.at(-1).text += text;
		else content.push({ type, text });
	};
	if (reasoning) append("reasoning", reasoning);
	if (text) append("text", text);
	if (toolCall) content.push(callOf(toolCall, content.length));
}

const callOf = ({ id, function: { name, arguments: input } }, i) => ({ type: "tool-call", toolCallId: id ?? `call-${i}-${crypto.randomUUID()}`, toolName: name, input });

// parts are the parts of a streamed answer.
async function* parts(answer, warnings, about) {
	yield { type: "stream-start", warnings };
	yield { type: "response-metadata", ...about };
	let open; // the type of the text that has begun
	let n = 0;
	const end = () => ({ type: `${open}-end`, id: String(n) });
	try {
		for await (const { content, reasoning, toolCall } of answer) {
			const type = toolCall ? undefined : reasoning ? "reasoning" : "text";
			if (open !== undefined && open !== type) yield end();
			if (type !== open && type !== undefined) yield { type: `${type}-start`, id: String(++n) };
			open = type;
			if (type) yield { type: `${type}-delta`, id: String(n), delta: content ?? reasoning };
			if (!toolCall) continue;
			const call = callOf(toolCall, ++n);
			const id = call.toolCallId;
			yield { type: "tool-input-start", id, toolName: call.toolName };
			yield { type: "tool-input-delta", id, delta: call.input };
			yield { type: "tool-input-end", id };
			yield call;
		}
		if (open !== undefined) yield end();
		yield { type: "finish", ...endOf(await answer.result) };
	} catch (error) {
		yield { type: "error", error };
	}
}

// endOf is how a result says that an answer ended.
function endOf({ finishReason: raw, usage: { promptTokens, cachedTokens, completionTokens } }) {
	return {
		finishReason: { unified: raw === "tool_calls" ? "tool-calls" : raw, raw },
		usage: {
			inputTokens: { total: promptTokens, noCache: promptTokens - cachedTokens, cacheRead: cachedTokens, cacheWrite: undefined },
			outputTokens: { total: completionTokens, text: undefined, reasoning: undefined },
		},
	};
}

// requestOf is the options of chat for a call, and what of the call chat cannot do.
function requestOf(o) {
	const warnings = [];
	const tools = [];
	for (const tool of o.tools ?? []) {
		if (tool.type !== "function") warnings.push({ type: "unsupported", feature: `tool ${tool.name ?? tool.id}` });
		else tools.push({ type: "function", function: { name: tool.name, description: tool.description, parameters: tool.inputSchema, strict: tool.strict } });
	}
	const request = {
		maxTokens: o.maxOutputTokens, temperature: o.temperature, topK: o.topK, topP: o.topP, seed: o.seed, stop: o.stopSequences,
		presencePenalty: o.presencePenalty, frequencyPenalty: o.frequencyPenalty, signal: o.abortSignal, ...o.providerOptions?.chord,
	};
	if (tools.length > 0) Object.assign(request, { tools, toolChoice: o.toolChoice?.type === "tool" ? o.toolChoice.toolName : o.toolChoice?.type });
	if (o.responseFormat?.type === "json") request.jsonSchema = o.responseFormat.schema ?? { type: "object" };
	return { request, warnings };
}

// messagesOf are chord's messages of a prompt.
function messagesOf(prompt) {
	return prompt.flatMap(({ role, content }) => {
		if (role === "system") return [{ role, content }];
		if (role === "tool") return content.filter((part) => part.type === "tool-result").map(resultOf);
		const text = content.filter((part) => part.type === "text").map((part) => part.text).join("");
		const file = content.find((part) => part.type === "file");
		if (file) throw new Error(`chord: a file of type ${file.mediaType}: models read text only`);
		if (role === "user") return [{ role, content: text }];
		const reasoning = content.filter((part) => part.type === "reasoning").map((part) => part.text).join("");
		const calls = content.filter((part) => part.type === "tool-call").map((part) => ({
			id: part.toolCallId, type: "function", function: { name: part.toolName, arguments: JSON.stringify(part.input) },
		}));
		return [{ role, content: text, ...(reasoning && { reasoning_content: reasoning }), ...(calls.length > 0 && { tool_calls: calls }) },
			...content.filter((part) => part.type === "tool-result").map(resultOf)];
	});
}

// resultOf is the message of a tool's result.
function resultOf({ toolCallId, toolName, output: { type, value, reason } }) {
	const content = type === "execution-denied" ? (reason ?? "denied") : typeof value === "string" ? value : JSON.stringify(value);
	return { role: "tool", tool_call_id: toolCallId, name: toolName, content };
}
