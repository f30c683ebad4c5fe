import { ChordError } from "./error.mjs";

// digestOf is the SHA-256 that an ETag is, as at Hugging Face, or undefined.
export const digestOf = (etag) => /^(?:W\/)?"?([0-9a-f]{64})"?$/.exec(etag ?? "")?.[1];

// check throws an error if a file has another SHA-256 than was announced.
export function check(what, got, want) {
	if (want !== undefined && got !== want) throw new ChordError(`chord: ${what}: SHA-256 ${got}, want ${want}`, "source");
}
