// Types of @querent-ai/wasm-chord/openai.

import type { Model } from "./index.js";

/** A fetch that answers OpenAI's API with models of load, at any address: models,
 * chat/completions, whole and streamed, and embeddings. models is one of them or several by name. */
export function createFetch(models: Model | Record<string, Model>): (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;
