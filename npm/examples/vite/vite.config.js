// The package starts its threads as modules, beside files that the development server
// must not bundle into one. Threads share memory in pages with these headers.
const headers = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

export default {
	base: "./",
	build: { target: "es2022" },
	worker: { format: "es" },
	optimizeDeps: { exclude: ["@querent-ai/wasm-chord"] },
	server: { headers },
	preview: { headers },
};
