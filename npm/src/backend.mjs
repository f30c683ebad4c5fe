// onBackend opens a model by open(device), on the GPU if backend says so and that can be, and
// else on the CPU, without a device. It tells by post which it is, and why not the GPU, now
// and when that has failed.
export async function onBackend(backend, post, open) {
	if (backend === "cpu") return open();
	let device;
	const cpu = ({ message }) => post({ backend: "cpu", reason: message.replace(/^chord: /, "") });
	try {
		const { newDevice } = await import("./webgpu/device.mjs");
		device = await newDevice(cpu);
		const model = await open(device);
		post({ backend: "webgpu" });
		return model;
	} catch (err) {
		const failed = device ? device.failed : err;
		device?.close();
		if (!failed && err.code !== "unsupported") throw err;
		cpu(failed ?? err);
		return open();
	}
}
