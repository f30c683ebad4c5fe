// Reads the largest file of the origin's storage, as the engine reads its model: in pieces
// of 4 MiB into the same memory.
async function* files(folder) {
	for await (const entry of folder.values()) {
		if (entry.kind === "directory") yield* files(entry);
		else yield entry;
	}
}

onmessage = async () => {
	let largest, most = 0;
	for await (const file of files(await navigator.storage.getDirectory())) {
		const { size } = await file.getFile();
		if (size > most) [largest, most] = [file, size];
	}
	const handle = await largest.createSyncAccessHandle();
	const buffer = new Uint8Array(4 << 20);
	const begun = performance.now();
	let at = 0;
	for (let n; (n = handle.read(buffer, { at })) > 0; ) at += n;
	const readMs = performance.now() - begun;
	handle.close();
	postMessage({ readMs, bytes: at });
};
