// Types of @querent-ai/wasm-chord/share.

import type { Model } from "./index.js";

/** A model that all pages of a site share which call share with the same name: one of them
 * has the engine, and source loads its model. When that page goes, calls that wait for an
 * answer end with the code "crashed", and another page loads the model; sessions are lost
 * then. close ends the page's part in it. */
export function share(name: string, source: () => Promise<Model>): Promise<Model>;
