// Sessions are the sessions of an engine's model, by the numbers that its user gives
// them.
export class Sessions {
	#all = new Map(); // promises

	// call calls method of session number n. step and flag are those of calls that give
	// something step by step.
	async call(model, n, method, args, step, flag) {
		if (method === "session") return void (await this.#make(n, model.session()));
		if (method === "restore") return void (await this.#make(n, model.restore(args[0], flag)));
		const session = await this.#all.get(n);
		switch (method) {
		case "fork":
			return void (await this.#make(args[0], session.fork()));
		case "save":
			return saved(session);
		case "close":
			this.#all.delete(n);
			return session?.close();
		case "append":
			return session.append(...args, flag);
		case "generate":
		case "chat":
			return session[method](...args, step, flag);
		}
		return session[method](...args);
	}

	// make keeps a promise of session number n, unless it comes to nothing.
	#make(n, promise) {
		this.#all.set(n, promise);
		promise.catch(() => this.#all.delete(n));
		return promise;
	}
}

// saved is what save gives of a session, in one piece.
async function saved(session) {
	const pieces = [];
	await session.save((bytes) => pieces.push(bytes));
	const all = new Uint8Array(pieces.reduce((n, piece) => n + piece.length, 0));
	let at = 0;
	for (const piece of pieces) {
		all.set(piece, at);
		at += piece.length;
	}
	return all;
}
