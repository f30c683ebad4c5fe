// maxBytes is how large a model may be: the memory of WebAssembly with 32 bits is
// 4 GiB, and the caches and the rest of the engine take some of it.
export const maxBytes = 3.5 * 2 ** 30;

// maxThreads is how many threads the kernels have memory for.
export const maxThreads = 64;
