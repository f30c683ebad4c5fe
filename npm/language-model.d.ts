// Types of @querent-ai/wasm-chord/language-model.

import type { Model } from "./index.js";

export interface LanguageModelMessage {
	role?: "system" | "user" | "assistant";
	content: string | { type: "text"; value: string }[];
}

export interface LanguageModelPromptOptions {
	/** A JSON Schema, or a regular expression, that the answer follows. */
	responseConstraint?: object | RegExp;
	signal?: AbortSignal;
}

/** A session of the browsers' Prompt API. */
export interface LanguageModelSession extends EventTarget {
	readonly inputUsage: number;
	readonly inputQuota: number;
	readonly topK: number;
	readonly temperature: number;
	prompt(input: string | LanguageModelMessage[], options?: LanguageModelPromptOptions): Promise<string>;
	promptStreaming(input: string | LanguageModelMessage[], options?: LanguageModelPromptOptions): ReadableStream<string>;
	append(input: string | LanguageModelMessage[]): Promise<void>;
	measureInputUsage(input: string | LanguageModelMessage[]): Promise<number>;
	clone(options?: { signal?: AbortSignal }): Promise<LanguageModelSession>;
	destroy(): void;
}

export interface LanguageModelClass {
	availability(options?: object): Promise<"available" | "downloadable">;
	params(): Promise<{ defaultTopK: number; maxTopK: number; defaultTemperature: number; maxTemperature: number }>;
	create(options?: {
		initialPrompts?: LanguageModelMessage[];
		temperature?: number;
		topK?: number;
		signal?: AbortSignal;
		monitor?(monitor: EventTarget): void;
	}): Promise<LanguageModelSession>;
}

/** A class like the browsers' LanguageModel. source is asked for its model when the first
 * session is created. */
export function createLanguageModel(source: () => Model | Promise<Model>): LanguageModelClass;

/** Makes that globalThis.LanguageModel if the page has none, and tells whether it did. */
export function install(source: () => Model | Promise<Model>): boolean;
