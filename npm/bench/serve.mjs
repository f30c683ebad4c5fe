// A server of folders whose pages are isolated from other origins, so that threads share
// memory.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";

const types = { ".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm" };

// serve serves folders by the beginnings of paths, the first that fits.
export async function serve(folders) {
	const server = http.createServer((request, response) => {
		response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
		response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
		const { pathname } = new URL(request.url, "http://localhost");
		if (pathname === "/") return response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>chord</title><link rel=icon href=data:,>");
		const [from, to] = Object.entries(folders).find(([from]) => pathname.startsWith(from));
		const file = path.join(to, path.normalize("/" + pathname.slice(from.length)));
		const stat = fs.statSync(file, { throwIfNoEntry: false });
		if (!stat?.isFile()) return response.writeHead(404).end();
		response.writeHead(200, { "Content-Type": types[path.extname(file)] ?? "application/octet-stream", "Content-Length": stat.size, ETag: `"${stat.size}-${stat.mtimeMs}"` });
		fs.createReadStream(file, { highWaterMark: 1 << 20 }).pipe(response);
	});
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	return { url: `http://127.0.0.1:${server.address().port}/`, close: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))) };
}
