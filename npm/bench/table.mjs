// The table of rows: medians, ratios and what they should be.

const median = (list) => {
	const sorted = [...list].sort((a, b) => a - b);
	return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

// goals are what a row's median is divided by and at least or at most.
const goals = [
	{ row: /engine=chord$/, by: (name) => name.replace("engine=chord", "engine=wllama"), least: 5, what: "÷ wllama" },
	{ row: /stories-110m.*test=tg.*threads=1\/engine=chord$/, by: (name) => name.replace("engine=chord", "engine=native-avx2"), least: 0.4, what: "÷ native avx2" },
	{ row: /test=pp.*threads=1\/engine=chord$/, by: (name) => name.replace("engine=chord", "engine=native-avx2"), least: 0.3, what: "÷ native avx2" },
	{ row: /first-token$/, most: 1200, what: "ms" },
	{ row: /boundary$/, most: 0.2, what: "ms a token" },
	{ row: /load-kept$/, by: (name) => name.replace("load-kept", "read-kept"), most: 1.2, what: "÷ reading the file" },
];

// table is a text with a line for each goal of rows {name, value}.
export function table(rows) {
	const all = new Map();
	for (const { name, value } of rows) all.set(name, [...(all.get(name) ?? []), value]);
	const lines = [["row", "median", "", "got", "goal"]];
	for (const [name, list] of all) {
		for (const { row, by, least, most, what } of goals) {
			if (!row.test(name)) continue;
			const other = by ? all.get(by(name)) : undefined;
			if (by && !other) continue;
			const got = by ? median(list.map((v, i) => v / (other[i] ?? NaN)).filter((v) => !Number.isNaN(v))) : median(list);
			const met = least === undefined ? got <= most : got >= least;
			lines.push([name.replace(/^BenchmarkWeb\//, ""), median(list).toFixed(2), what, got.toFixed(2), `${least === undefined ? "≤ " + most : "≥ " + least} ${met ? "met" : "missed"}`]);
		}
	}
	const widths = lines[0].map((_, i) => Math.max(...lines.map((l) => l[i].length)));
	return lines.map((l) => l.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd()).join("\n");
}
