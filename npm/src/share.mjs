import { Calls } from "./calls.mjs";
import { ChordError, plain } from "./error.mjs";
import { callsOf, Model } from "./model.mjs";

// share is a model that all pages of a site share which call it with the same name: one of
// them has the engine, whose model source loads. When that page goes, another one loads it
// again.
export async function share(name, source) {
	const link = new Link(name, source);
	try {
		return new Model(link, await link.info);
	} catch (err) {
		link.end(err);
		throw err;
	}
}

// A Link is calls to the page that has the engine, whichever that is.
class Link {
	info; // a promise of that of the first model
	#calls; // a promise of those to the page that has the engine now
	#connected;
	#failed;
	#broker;
	#source;
	#last = 0; // number of a session
	#closed = new AbortController();

	constructor(name, source) {
		this.#source = source;
		this.info = new Promise((resolve, reject) => ([this.#connected, this.#failed] = [resolve, reject]));
		this.#broker = new SharedWorker(new URL("./share-worker.mjs", import.meta.url), { type: "module", name: "chord:" + name }).port;
		this.#broker.onmessage = ({ data }) => (data.host ? this.#connect(data.host) : this.#hosted?.(data));
		const id = "chord:" + crypto.randomUUID();
		const { signal } = this.#closed;
		const until = new Promise((resolve) => signal.addEventListener("abort", resolve));
		navigator.locks.request(id, () => (this.#broker.postMessage({ join: id }), until)); // it is held as long as the page is there
		this.#stand("chord:leader:" + name, until).catch((err) => signal.aborted || this.#failed(err));
	}

	number() {
		return ++this.#last;
	}

	send() {}

	async call(method, args, how) {
		await this.info;
		return this.#calls.call(method, args, how);
	}

	// end ends the link, and the engine if this page has it.
	end(err) {
		this.#closed.abort();
		this.#broker.postMessage({ leave: true });
		this.#calls?.end(err);
	}

	#hosted; // takes a guest while this page has the engine

	// stand makes this page the one that has the engine once no other has.
	async #stand(lock, until) {
		while (!this.#closed.signal.aborted) {
			await navigator.locks.request(lock, { signal: this.#closed.signal }, async () => {
				const model = await this.#source();
				const calls = callsOf(model);
				this.#hosted = ({ guest, id }) => host(calls, model.info, guest, id);
				this.#broker.postMessage({ lead: true });
				await Promise.race([until, calls.ended]);
				this.#hosted = undefined;
				await model.close();
			});
		}
	}

	// connect makes a port to the page that has the engine that of the calls.
	#connect(port) {
		this.#calls?.end(new ChordError("chord: the page with the engine has gone", "crashed"));
		const calls = new Calls({ postMessage: (message) => port.postMessage(message), terminate: () => port.close() }, () => {}, false);
		this.#calls = calls;
		port.onmessage = ({ data }) => (data.info ? this.#connected(data.info) : calls.take(data));
	}
}

// host answers the calls of a guest with those of an engine, until the guest has gone: then
// nobody holds the lock of its id.
function host(calls, info, port, id) {
	const open = new Map(); // AbortControllers, by the calls' ids
	const sessions = new Map(); // the engine's numbers, by the guest's
	const numberOf = (n) => {
		if (!sessions.has(n)) sessions.set(n, calls.number());
		return sessions.get(n);
	};
	const closeAll = () => Promise.all([...sessions.values()].map((session) => calls.call("close", [], { session }).catch(() => {})));
	port.onmessage = async ({ data: { id, method, args, session, abort } }) => {
		if (abort !== undefined) return open.get(abort)?.abort();
		const stop = new AbortController();
		open.set(id, stop);
		try {
			if (method === "open") throw new ChordError("chord: a shared model is open", "invalid");
			if (method === "close" && session === undefined) return void port.postMessage({ id, value: await closeAll() });
			const how = { step: (step) => port.postMessage({ id, step }), signal: stop.signal, session: session === undefined ? undefined : numberOf(session) };
			port.postMessage({ id, value: await calls.call(method, method === "fork" ? [numberOf(args[0])] : args, how) });
		} catch (err) {
			port.postMessage({ id, error: plain(err) });
		} finally {
			open.delete(id);
		}
	};
	port.postMessage({ info });
	navigator.locks.request(id, () => {
		for (const stop of open.values()) stop.abort();
		closeAll();
		port.close();
	});
}
