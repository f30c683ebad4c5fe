// A thread of Node that computes with an engine.
import { parentPort, workerData } from "node:worker_threads";
import { work } from "./chord.mjs";

parentPort.postMessage("begun");
work(workerData.i, workerData.kernels, workerData.memory, workerData.weights);
