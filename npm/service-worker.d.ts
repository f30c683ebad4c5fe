// Types of @querent-ai/wasm-chord/service-worker.

import type { Model } from "./index.js";

/** Makes the service worker that calls it answer OpenAI's API within its site: requests whose
 * path begins with prefix, "/v1/" without it, go to a page that has offered models. */
export function serve(options?: { prefix?: string }): void;

/** Lets the page's service worker have requests answered with models of load. It returns a
 * function that ends that. */
export function offerModels(models: Model | Record<string, Model>): () => void;
