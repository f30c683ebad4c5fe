package wasmlink

import (
	"bytes"
	"fmt"
)

// patches are the lines of wasm_exec.js that pass parts of Go's memory to functions
// that take none of a shared memory: they get a copy.
var patches = []struct{ old, new string }{
	{
		"return decoder.decode(new DataView(this._inst.exports.mem.buffer, saddr, len));",
		"return decoder.decode(new Uint8Array(this._inst.exports.mem.buffer, saddr, len).slice());",
	},
	{
		"fs.writeSync(fd, new Uint8Array(this._inst.exports.mem.buffer, p, n));",
		"fs.writeSync(fd, new Uint8Array(this._inst.exports.mem.buffer, p, n).slice());",
	},
	{
		"crypto.getRandomValues(loadSlice(sp + 8));",
		"const random = loadSlice(sp + 8);\n\t\t\t\t\t\trandom.set(crypto.getRandomValues(new Uint8Array(random.length)));",
	},
}

// notice marks the patched copy, as Go's licence wants of changes.
const notice = "// Changed: parts of a shared memory are copied before browsers' functions get them.\n\n"

// PatchExec returns Go's wasm_exec.js as it works with shared memory, too. It errs if
// a line is not as this Go's, which is what a new version of Go may change.
func PatchExec(exec []byte) ([]byte, error) {
	for _, p := range patches {
		if n := bytes.Count(exec, []byte(p.old)); n != 1 {
			return nil, fmt.Errorf("wasmlink: wasm_exec.js has %d lines %q, want 1", n, p.old)
		}
		exec = bytes.Replace(exec, []byte(p.old), []byte(p.new), 1)
	}
	return append([]byte(notice), exec...), nil
}
