// far is a module that imports two memories that threads share, the second one with
// addresses of 64 bits: what kernels-far.wasm needs.
const far = new Uint8Array([
	0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 2, 17, 2,
	1, 0x61, 1, 0x61, 2, 3, 0, 1, 1, 0x61, 1, 0x62, 2, 7, 0, 1,
]);

// hasFar tells whether weights can lie in a memory with addresses of 64 bits.
export const hasFar = typeof SharedArrayBuffer !== "undefined" && globalThis.crossOriginIsolated !== false && WebAssembly.validate(far);

// nearBytes is how large a model may be without that: a memory with addresses of 32 bits has
// 4 GiB, and the caches and the rest of the engine take some of it.
export const nearBytes = 3.5 * 2 ** 30;

// maxBytes is how large a model may be: browsers give 16 GiB.
export const maxBytes = hasFar ? 15.5 * 2 ** 30 : nearBytes;

// maxThreads is how many threads the kernels have memory for.
export const maxThreads = 64;
