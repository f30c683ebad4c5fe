import { ChordError, invalid, revived } from "./error.mjs";
import { resultOf } from "./results.mjs";

// Calls are the calls that an engine's thread is asked for.
export class Calls {
	#thread;
	#ref;
	#open = new Map(); // by id
	#last = 0;
	#dead; // the error that ended the thread
	compiled; // is called with the modules that the thread has compiled
	backend = { backend: "cpu" }; // that computes, and the reason if it is not the one asked for

	#told;
	ended = new Promise((resolve) => (this.#told = resolve)); // when the thread has ended
	#flags;

	// thread has postMessage and terminate; ref(on) says whether it keeps the process
	// alive, flags whether memory can be shared with it, by which calls are ended at once.
	constructor(thread, ref, flags = typeof SharedArrayBuffer !== "undefined") {
		this.#thread = thread;
		this.#ref = ref;
		this.#flags = flags;
	}

	// number is one that no session of the thread has.
	number() {
		return ++this.#last;
	}

	// call asks for method, of a session if there is its number; step gets what comes
	// before its value.
	call(method, args, { step, signal, transfer, session } = {}) {
		if (signal !== undefined && !(signal instanceof AbortSignal)) return Promise.reject(invalid("signal: no AbortSignal"));
		if (this.#dead) return Promise.reject(this.#dead);
		if (signal?.aborted) return Promise.reject(aborted(signal));
		const id = ++this.#last;
		const flag = this.#flags ? new Int32Array(new SharedArrayBuffer(4)) : null;
		return new Promise((resolve, reject) => {
			const abort = () => {
				if (flag) Atomics.store(flag, 0, 1);
				this.#thread.postMessage({ abort: id });
			};
			const end = () => {
				signal?.removeEventListener("abort", abort);
				this.#open.delete(id);
				if (this.#open.size === 0) this.#ref(false);
			};
			this.#open.set(id, { resolve, reject, step, end, signal });
			this.#ref(true);
			signal?.addEventListener("abort", abort, { once: true });
			try {
				this.#thread.postMessage({ id, method, args, flag, session }, transfer ?? []);
			} catch (err) {
				end();
				reject(invalid(`${method}: ${err.message}`)); // no message can have it
			}
		});
	}

	// send sends a message that nothing answers.
	send(message, transfer = []) {
		if (!this.#dead) this.#thread.postMessage(message, transfer);
	}

	// take takes a message of the thread.
	take({ id, step, value, error, crash, compiled, backend, reason }) {
		if (backend) return void (this.backend = { backend, ...(reason && { backendReason: reason }) });
		if (compiled) return this.compiled?.(compiled);
		if (crash) return this.end(revived(crash));
		const call = this.#open.get(id);
		if (!call) return;
		if (step !== undefined) return call.step?.(step);
		call.end();
		if (!error) return call.resolve(value);
		call.reject(error.code === "aborted" && call.signal?.aborted ? aborted(call.signal) : revived(error));
	}

	// end ends the thread, and all calls by err.
	end(err) {
		if (this.#dead) return;
		this.#dead = err;
		for (const call of [...this.#open.values()]) {
			call.end();
			call.reject(err);
		}
		this.#thread.terminate();
		this.#told();
	}
}

// aborted is the error of what signal has ended.
export const aborted = (signal) => new ChordError("chord: aborted", "aborted", { cause: signal.reason });

// A Stream is what a call gives step by step. It begins when it is first asked.
export class Stream {
	#start;
	#begun;
	#queue = [];
	#wake = () => {};
	#stop = new AbortController();

	// start(step, signal) is the call: it returns a promise of its result. Elements are
	// those that elements makes of a step.
	constructor(start, elements, signal) {
		this.#start = async () => {
			if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid("signal: no AbortSignal");
			const step = (v) => {
				for (const element of elements(v)) this.#queue.push(element);
				this.#wake();
			};
			const stop = () => this.#stop.abort(signal.reason);
			if (signal?.aborted) stop();
			signal?.addEventListener("abort", stop);
			return start(step, this.#stop.signal).finally(() => signal?.removeEventListener("abort", stop));
		};
	}

	// result is a promise of the call's result.
	get result() {
		if (!this.#begun) {
			this.#begun = this.#start();
			this.#begun.catch(() => {}); // told to those who ask
		}
		return this.#begun;
	}

	async *[Symbol.asyncIterator]() {
		let ended = false;
		const end = this.result.finally(() => ((ended = true), this.#wake()));
		end.catch(() => {});
		try {
			for (;;) {
				while (this.#queue.length > 0) yield this.#queue.shift();
				if (ended) return void (await end);
				await new Promise((wake) => (this.#wake = wake));
			}
		} finally {
			this.#stop.abort(); // whoever leaves the loop wants no more
		}
	}
}

// textStream is the stream of a call that gives JSON step by step and as its result;
// call gets {step, signal}.
export function textStream(call, elements, signal) {
	const start = async (step, signal) => resultOf(JSON.parse(await call({ signal, step: (text) => step(JSON.parse(text)) })));
	return new Stream(start, elements, signal);
}
