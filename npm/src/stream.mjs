// streamOf is a stream of what an iterator gives.
export function streamOf(iterator) {
	return new ReadableStream({
		async pull(controller) {
			const { done, value } = await iterator.next();
			if (done) controller.close();
			else controller.enqueue(value);
		},
		cancel: () => iterator.return(),
	});
}
