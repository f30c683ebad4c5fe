// A ChordError is an error with a code: those of the engine, and "source", "memory" and
// "crashed", which index.d.ts explains.
export class ChordError extends Error {
	constructor(message, code, options) {
		super(message, options);
		this.name = "ChordError";
		this.code = code;
	}
}

// plain is err as a message to another thread has it.
export const plain = (err) => ({ message: String(err?.message ?? err), code: err?.code });

// revived is the error that plain has made a message of.
export function revived({ message, code }) {
	const known = typeof code === "string" && /^[a-z_]+$/.test(code);
	return new ChordError(message, known ? code : "failed");
}

// invalid is the error of a wrong argument.
export const invalid = (message) => new ChordError(message, "invalid");
