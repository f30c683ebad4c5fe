// The shared worker of share.mjs: it connects pages with the one that has the engine.
const guests = new Map(); // ids by port
let leader;

function connect(port) {
	const { port1, port2 } = new MessageChannel();
	leader.postMessage({ guest: port1, id: guests.get(port) }, [port1]);
	port.postMessage({ host: port2 }, [port2]);
}

onconnect = ({ ports: [port] }) => {
	port.onmessage = ({ data: { join, lead, leave } }) => {
		if (leave) guests.delete(port);
		if (join) {
			guests.set(port, join);
			if (leader) connect(port);
		}
		if (!lead) return;
		leader = port;
		for (const guest of guests.keys()) connect(guest);
	};
};
