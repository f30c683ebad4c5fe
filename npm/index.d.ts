// Types of @querent-ai/wasm-chord.

/** What {@link load} opens: "demo", a small model that is in the package; a URL, which may
 * be relative to the page; hf://org/name/file.gguf, of Hugging Face; in Node a path; a key
 * of {@link cache}; or the bytes of a GGUF file. */
export type Source = string | URL | Blob | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array>;

/** How far {@link load} is. */
export interface Progress {
	/** Bytes that are there. */
	loaded: number;
	/** All bytes, where that is known. */
	total?: number;
	/** "download": the files are fetched; "load": the engine reads them. */
	stage: "download" | "load";
}

export interface LoadOptions {
	/** Threads that compute, at most 64. Without it the number of cores, or 1 where threads cannot
	 * share memory: in pages that are not isolated from other origins. */
	threads?: number;
	/** What computes: the CPU, which is the default, or with "webgpu" or "auto" the GPU where
	 * it can, and else the CPU. {@link Info} says which it is. */
	backend?: "cpu" | "webgpu" | "auto";
	/** Weights lie in a memory with addresses of 64 bits, which leaves all of the other one,
	 * 4 GiB, to the cache of keys and values. Larger models do without being asked. It is an
	 * error where {@link Probe} says that there is none. */
	memory64?: boolean;
	/** Maximum tokens of a text, prompt and answer together; without it the model's, or
	 * fewer if there is less memory. */
	context?: number;
	/** Types of the cache of keys and values. Without them "f16". */
	cacheTypeK?: "f16" | "q8_0" | "q4_0" | "f32";
	cacheTypeV?: "f16" | "q8_0" | "q4_0" | "f32";
	/** Replaces the file's template of chats: the name of a built-in one, such as
	 * "chatml", or Jinja. */
	chatTemplate?: string;
	/** Keeps the file for the next time, and takes it from there; see {@link cache}. */
	cache?: boolean | CacheOptions;
	onProgress?(progress: Progress): void;
	/** Ends the load. What was fetched for the cache stays, and the next load goes on with it. */
	signal?: AbortSignal;
}

export interface CacheOptions {
	/** A name for the file, which is a key of {@link cache} after "cache:". Without it that
	 * is the URL, or "cache:" and the name of a File. Other sources need one. */
	key?: string;
	/** SHA-256 that the file must have, in hexadecimal digits. */
	sha256?: string;
}

export interface GenerateOptions {
	/** Maximum tokens; without it until the model ends the text or the context is full. */
	maxTokens?: number;
	/** Minimum tokens. */
	minTokens?: number;
	/** Without it 0.8; 0 always takes the likeliest token. */
	temperature?: number;
	/** Keeps the K likeliest tokens; without it 40, 0 keeps all. */
	topK?: number;
	/** Without it 0.95; 1 keeps all. */
	topP?: number;
	/** Without it 0.05; 0 keeps all. */
	minP?: number;
	repeatPenalty?: number;
	frequencyPenalty?: number;
	presencePenalty?: number;
	/** The same seed gives the same text, on every machine. Without it a random one. */
	seed?: number;
	/** Texts that end the text before them. */
	stop?: string | string[];
	/** Forbids the tokens that end a text. */
	ignoreEos?: boolean;
	/** The text is JSON of this schema. */
	jsonSchema?: object;
	/** The text follows this grammar: GBNF, or Lark after "%llguidance". */
	grammar?: string;
	/** Reports this number of likeliest tokens for each token of {@link Model.generate};
	 * true is 1. {@link Model.chat} has none. */
	logprobs?: number | boolean;
	/** Ends the text: the call is rejected with the code "aborted". */
	signal?: AbortSignal;
}

export interface Tool {
	type: "function";
	function: { name: string; description?: string; parameters?: object; strict?: boolean };
}

export interface ToolCall {
	id?: string;
	type: "function";
	function: { name: string; /** a JSON object, as text */ arguments: string };
}

export interface Message {
	role: string;
	content?: string | { type: "text"; text: string }[] | null;
	reasoning_content?: string;
	name?: string;
	tool_calls?: ToolCall[];
	tool_call_id?: string;
}

export interface ChatOptions extends GenerateOptions {
	tools?: Tool[];
	/** "auto", "none", "required", or the name of the tool to call. */
	toolChoice?: string;
	parallelToolCalls?: boolean;
	/** Whether the model reasons before the answer, or with how many tokens at most.
	 * Without it as its template says. */
	reasoning?: boolean | number;
}

export interface Token {
	/** Text that the token adds; "" where a character needs more tokens. */
	text: string;
	id: number;
	/** Natural logarithm of its probability, with the option logprobs. */
	logprob?: number;
	/** The likeliest tokens in its place, with the option logprobs. */
	top?: { text: string; id: number; logprob: number }[];
}

/** An element of an answer, with one of its fields. */
export interface Delta {
	content?: string;
	reasoning?: string;
	toolCall?: ToolCall;
}

/** The outcome of a text. */
export interface Result {
	/** "length": maxTokens, or a full context. */
	finishReason: "stop" | "length" | "tool_calls";
	/** As the option seed it repeats the text. */
	seed: number;
	usage: { promptTokens: number; cachedTokens: number; completionTokens: number; totalTokens: number };
	timings: { queueMs: number; promptMs: number; tokensMs: number; promptPerSecond: number; tokensPerSecond: number };
}

/** What a call gives, step by step. The call begins when it is first iterated over, or
 * asked for its result. Leaving the loop ends it. */
export interface Stream<T> extends AsyncIterable<T> {
	readonly result: Promise<Result>;
}

export interface EmbedOptions {
	/** Without it the file's. */
	pooling?: "mean" | "cls" | "last" | "none";
	/** Vectors as pooled, not normalised. */
	raw?: boolean;
	/** Cuts off what is longer than the context, instead of an error. */
	truncate?: boolean;
	/** Cuts vectors off, for models that are trained so. */
	dimensions?: number;
}

export interface Info {
	name: string;
	/** The file's general.architecture. */
	arch: string;
	layers: number;
	dim: number;
	/** Elements of a vector of {@link Model.embed}. */
	vectorDim: number;
	/** Number of tokens. */
	vocab: number;
	/** Maximum tokens of a text. */
	context: number;
	/** The context that the model was trained for. */
	trained: number;
	/** It gives vectors instead of text. */
	embedder: boolean;
	reranker: boolean;
	/** It has a template of chats. */
	chat: boolean;
	weightBytes: number;
	cacheBytes: number;
	threads: number;
	/** Weights are in a memory with addresses of 64 bits. */
	memory64: boolean;
	loadMs: number;
	/** What computes now. */
	backend: "cpu" | "webgpu";
	/** Why the CPU computes though the GPU was asked for. */
	backendReason?: string;
}

/** A request of OpenAI's API of chat completions. n, logprobs, audio and functions are
 * not supported; others that chord does not know are passed over. */
export interface ChatCompletionRequest {
	messages: Message[];
	model?: string;
	stream?: boolean;
	stream_options?: { include_usage?: boolean } | null;
	max_tokens?: number | null;
	max_completion_tokens?: number | null;
	temperature?: number | null;
	top_p?: number | null;
	seed?: number | null;
	stop?: string | string[] | null;
	frequency_penalty?: number | null;
	presence_penalty?: number | null;
	tools?: Tool[];
	tool_choice?: string | { type: "function"; function: { name: string } };
	parallel_tool_calls?: boolean;
	response_format?: { type: "text" } | { type: "json_object" } | { type: "json_schema"; json_schema: { name?: string; schema?: object } };
	[name: string]: unknown;
}

export interface Usage {
	prompt_tokens: number;
	completion_tokens: number;
	total_tokens: number;
	prompt_tokens_details: { cached_tokens: number };
}

export interface ChatCompletion {
	id: string;
	object: "chat.completion";
	created: number;
	model: string;
	choices: {
		index: number;
		message: { role: "assistant"; content: string | null; reasoning_content?: string; tool_calls?: ToolCall[] };
		finish_reason: Result["finishReason"];
	}[];
	usage: Usage;
}

export interface ChatCompletionChunk {
	id: string;
	object: "chat.completion.chunk";
	created: number;
	model: string;
	choices: {
		index: number;
		delta: {
			role?: "assistant";
			content?: string;
			reasoning_content?: string;
			tool_calls?: { index: number; id?: string; type?: "function"; function: { name?: string; arguments: string } }[];
		};
		finish_reason: Result["finishReason"] | null;
	}[];
	usage?: Usage | null;
}

/** A model, in a thread of its own. */
export interface Model {
	readonly info: Readonly<Info>;
	/** The tokens that continue a prompt. */
	generate(prompt: string, options?: GenerateOptions): Stream<Token>;
	/** The answer to the last message. */
	chat(messages: Message[], options?: ChatOptions): Stream<Delta>;
	/** The text that continues a prompt, as a whole. */
	complete(prompt: string, options?: GenerateOptions): Promise<{ text: string } & Result>;
	/** The answer to a request of OpenAI's API. */
	chatCompletions(body: ChatCompletionRequest & { stream: true }, options?: { signal?: AbortSignal }): Promise<AsyncIterable<ChatCompletionChunk>>;
	chatCompletions(body: ChatCompletionRequest & { stream?: false }, options?: { signal?: AbortSignal }): Promise<ChatCompletion>;
	/** The tokens of a text, without special ones at its ends. */
	tokenize(text: string): Promise<number[]>;
	detokenize(ids: Iterable<number>): Promise<string>;
	/** A vector for each text. */
	embed(texts: string | string[], options?: EmbedOptions): Promise<number[][]>;
	/** An empty session. */
	session(): Session;
	/** The session that {@link Session.save} has written, of the same model. Who can forge
	 * one decides what it says. */
	restore(bytes: ArrayBuffer | ArrayBufferView, options?: { signal?: AbortSignal }): Promise<Session>;
	/** Ends all calls and the thread, and frees their memory. */
	close(): Promise<void>;
}

/** A text that grows, with its cache: what it has already is not computed again. Calls of
 * a session wait for each other. */
export interface Session {
	/** Adds a text, or tokens; names of control tokens in a text become control tokens. */
	append(text: string | Iterable<number>, options?: { signal?: AbortSignal }): Promise<void>;
	/** The tokens that continue the session, which keeps them. */
	generate(options?: GenerateOptions): Stream<Token>;
	/** The answer to the last message. messages are the whole chat: the session keeps what
	 * it has in common with them, and drops the rest. */
	chat(messages: Message[], options?: ChatOptions): Stream<Delta>;
	/** Another session with the same tokens, which shares their cache. */
	fork(): Promise<Session>;
	/** Drops all tokens but the first n. */
	rewind(n: number): Promise<void>;
	tokens(): Promise<number[]>;
	/** The session as a file, which chord reads wherever it runs. */
	save(): Promise<Uint8Array>;
	/** Frees its cache. */
	close(): Promise<void>;
}

/** Opens a model; the parts of a split one are an array, in their order. */
export function load(source: Source | Source[], options?: LoadOptions): Promise<Model>;

/** A file that is kept, or was begun to be. */
export interface CacheEntry {
	/** What {@link load} opens and {@link cache.delete} deletes. */
	key: string;
	/** Bytes that are there. */
	bytes: number;
	/** Bytes of the whole file, where that is known. */
	size?: number;
	/** Whether all are there. The next load of the key goes on with one that is not. */
	complete: boolean;
	added: Date;
	/** Of the file, in hexadecimal digits. */
	sha256?: string;
}

/** Models that are kept: in pages in the origin's private file system, or the Cache API
 * where there is none; in Node in the folder that chord pull and Python's huggingface_hub
 * use, only files of the web. A file that was damaged is fetched again. */
export const cache: {
	list(): Promise<CacheEntry[]>;
	/** Tells whether there was something. An entry that a page has loaded is "busy". */
	delete(key: string): Promise<boolean>;
	/** Bytes that are used, of all that the page may use; in Node by the folder. */
	estimate(): Promise<{ usage: number; quota: number }>;
	/** Asks the browser not to clear the cache by itself. */
	persist(): Promise<boolean>;
};

export interface Probe {
	runtime: "browser" | "node" | "deno" | "bun";
	/** There is WebAssembly with SIMD128, which chord needs. */
	wasm: boolean;
	/** Threads that {@link load} uses. */
	threads: number;
	/** Threads can share memory. */
	isolated: boolean;
	/** There is a memory with addresses of 64 bits, for models of more than 3.5 GiB. Only where
	 * threads share memory can there be one. */
	memory64: boolean;
	/** How large a model may be at most: 3.5 GiB without memory64, and 15.5 GiB with it. */
	maxBytes: number;
	/** Whether a model of the bytes asked about may be loaded. There can still be too
	 * little memory for it. */
	fits?: boolean;
}

/** What can be done here, before anything is loaded. */
export function probe(options?: { /** size of a model */ bytes?: number }): Probe;

/** What went wrong:
 * - "format": the file is no GGUF file, or a broken one
 * - "unsupported": a model that chord does not run, or a call that the model has no way to answer
 * - "source": a file that cannot be fetched or read
 * - "memory": too large, or no memory is left
 * - "invalid": a wrong argument
 * - "context_full": the prompt is longer than the context
 * - "quota": the cache has no room
 * - "mismatch": a session of another model
 * - "busy": too many calls wait, or an entry of the cache is in use
 * - "aborted": by the signal, whose reason is the error's cause, or the end of a loop
 * - "closed": the model is closed
 * - "crashed": the engine has ended; the model must be loaded again
 * - "deadline", "failed": anything else */
export type ErrorCode =
	| "format" | "unsupported" | "source" | "memory" | "invalid" | "context_full" | "mismatch" | "quota"
	| "busy" | "aborted" | "closed" | "crashed" | "deadline" | "failed";

export class ChordError extends Error {
	readonly name: "ChordError";
	readonly code: ErrorCode;
	constructor(message: string, code: ErrorCode, options?: { cause?: unknown });
}
