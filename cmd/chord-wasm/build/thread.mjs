// What a worker of browser.mjs runs.
import { work } from "./chord.mjs";

onmessage = ({ data }) => {
	postMessage("begun");
	work(data.i, data.kernels, data.memory, data.weights);
};
