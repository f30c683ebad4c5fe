import { createFetch } from "./openai.mjs";
import { streamOf } from "./stream.mjs";

// A service worker that answers /v1/chat/completions and the like within a page's site:
// requests go to a page that has offered its models.

const offer = "chord: offer";

// serve makes the service worker that calls it answer requests whose path begins with
// prefix.
export function serve({ prefix = "/v1/" } = {}) {
	const pages = []; // ids of clients that have offered models, the last one last
	const forget = (id) => pages.includes(id) && pages.splice(pages.indexOf(id), 1);
	addEventListener("install", () => skipWaiting());
	addEventListener("activate", (event) => event.waitUntil(clients.claim()));
	addEventListener("message", ({ data, source }) => {
		if (data?.[offer] === undefined) return;
		forget(source.id);
		if (data[offer]) pages.push(source.id);
	});
	addEventListener("fetch", (event) => {
		const url = new URL(event.request.url);
		if (url.origin === location.origin && url.pathname.startsWith(prefix)) event.respondWith(passed(event.request, pages, forget));
	});
}

// passed is the answer of a page to a request.
async function passed(request, pages, forget) {
	if (pages.length === 0) { // this worker has been stopped meanwhile, and knows of none
		for (const page of await clients.matchAll()) page.postMessage({ [offer]: "again" });
		for (let tries = 0; pages.length === 0 && tries < 20; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
	}
	for (let id = pages.at(-1); id !== undefined; id = pages.at(-1)) {
		const page = await clients.get(id);
		if (page) return ask(page, request);
		forget(id);
	}
	return nobody();
}

// nobody is the answer where there is no model.
function nobody() {
	const error = { message: "no page of this site offers a model", type: "chord_error", param: null, code: "no_model" };
	return Response.json({ error }, { status: 503 });
}

// ask passes a request on to a page, and its answer back as it comes.
async function ask(page, request) {
	const body = request.method === "GET" ? undefined : await request.text();
	const { port1: port, port2 } = new MessageChannel();
	const next = messages(port);
	page.postMessage({ [offer]: "request", url: request.url, method: request.method, body }, [port2]);
	request.signal.addEventListener("abort", () => port.postMessage("abort"));
	const { status, headers } = await next();
	const chunks = async function* () {
		try {
			for (let bytes; (bytes = (await next()).bytes); ) yield bytes;
		} finally {
			port.postMessage("abort"); // whoever has asked wants no more
			port.close();
		}
	};
	return new Response(streamOf(chunks()), { status, headers });
}

// messages is a function that gives a promise of the next message of a port.
function messages(port) {
	const queue = [];
	let wake = () => {};
	port.onmessage = ({ data }) => (queue.push(data), wake());
	return async () => {
		while (queue.length === 0) await new Promise((resolve) => (wake = resolve));
		return queue.shift();
	};
}

const offered = []; // what this page offers; the last one answers

// offerModels lets the page's service worker have requests answered with models, as
// createFetch takes them. It returns a function that ends that.
export function offerModels(models) {
	const fetch = createFetch(models);
	if (offered.push(fetch) === 1) listen();
	tell();
	return () => {
		if (offered.includes(fetch)) offered.splice(offered.indexOf(fetch), 1);
		tell();
	};
}

const tell = () => navigator.serviceWorker.controller?.postMessage({ [offer]: offered.length > 0 });

// listen answers the service worker, for as long as the page is there: a request may come
// before the worker knows that the last offer has ended.
let listen = () => {
	const sw = navigator.serviceWorker;
	sw.addEventListener("message", ({ data, ports: [port] }) => {
		if (data?.[offer] === "again") tell();
		if (data?.[offer] === "request") answer(offered.at(-1) ?? nobody, data, port);
	});
	sw.addEventListener("controllerchange", tell);
	sw.startMessages?.();
	listen = () => {};
};

async function answer(fetch, { url, method, body }, port) {
	const stop = new AbortController();
	port.onmessage = () => stop.abort();
	try {
		const response = await fetch(url, { method, body, signal: stop.signal });
		port.postMessage({ status: response.status, headers: [...response.headers] });
		for (const reader = response.body.getReader(); ; ) {
			const { done, value } = await reader.read();
			if (done) break;
			port.postMessage({ bytes: value });
		}
	} catch {
		// whoever has asked has gone
	}
	port.postMessage({});
}
