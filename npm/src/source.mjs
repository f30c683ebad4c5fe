import { ChordError } from "./error.mjs";
import { maxBytes } from "./limits.mjs";

const block = 4 << 20;

// Blocks are bytes in blocks, so that none needs as much memory in one piece.
export class Blocks {
	#blocks = [];
	size = 0;

	// push appends bytes.
	push(bytes) {
		if (this.size + bytes.length > maxBytes) throw tooLarge(this.size + bytes.length);
		for (let from = 0; from < bytes.length; ) {
			const at = this.size % block;
			if (at === 0) this.#blocks.push(new Uint8Array(block));
			const some = bytes.subarray(from, from + block - at);
			this.#blocks.at(-1).set(some, at);
			from += some.length;
			this.size += some.length;
		}
	}

	// read sets to, which ends within the size, to the bytes from at on.
	read(to, at) {
		for (let done = 0; done < to.length; ) {
			const from = (at + done) % block;
			const some = this.#blocks[Math.floor((at + done) / block)].subarray(from, from + to.length - done);
			to.set(some, done);
			done += some.length;
		}
	}
}

// tooLarge is the error of a model that does not fit.
export const tooLarge = (size) => new ChordError(`chord: a file of ${size} bytes, at most ${maxBytes} fit`, "memory");

// fetched is what url has; progress is told of bytes and, where it is known, their
// number.
export async function fetched(url, progress) {
	const blocks = new Blocks();
	try {
		const response = await fetch(url);
		if (!response.ok) throw new ChordError(`chord: ${url}: status ${response.status}`, "source");
		const total = response.headers.has("content-encoding") ? 0 : Number(response.headers.get("content-length"));
		if (total > maxBytes) {
			response.body.cancel().catch(() => {});
			throw tooLarge(total);
		}
		for (let reader = response.body.getReader(); ; ) {
			const { done, value } = await reader.read();
			if (done) break;
			blocks.push(value);
			progress(blocks.size, total || undefined);
		}
	} catch (err) {
		if (err instanceof ChordError) throw err;
		throw new ChordError(`chord: ${url}: ${err.cause?.message ?? err.message}`, "source", { cause: err });
	}
	return blocks;
}
