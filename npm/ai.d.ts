// Types of @querent-ai/wasm-chord/ai.

import type { EmbeddingModelV3, LanguageModelV3 } from "@ai-sdk/provider";
import type { Model } from "./index.js";

/** A model of load for the AI SDK: generateText, streamText, generateObject. Options of
 * chat that the SDK has no names for go into providerOptions.chord. */
export function languageModel(model: Model, options?: { modelId?: string }): LanguageModelV3;

/** A model of load for embed and embedMany. */
export function embeddingModel(model: Model, options?: { modelId?: string }): EmbeddingModelV3;

export interface ChordProvider {
	(modelId: string): LanguageModelV3;
	readonly specificationVersion: "v3";
	languageModel(modelId: string): LanguageModelV3;
	embeddingModel(modelId: string): EmbeddingModelV3;
	textEmbeddingModel(modelId: string): EmbeddingModelV3;
	imageModel(modelId: string): never;
}

/** A provider of models by name. */
export function createChord(models: Record<string, Model>): ChordProvider;
