package jinja

import "fmt"

// The budget of a render with variables of size bytes, content of which are
// marked as content:
//
//	baseSteps + size steps
//	baseBytes + 16·(size+content) bytes
//	baseOutput + 4·size bytes of text at a time
//
// With it, any template of 64 KiB ends within 100 ms and 64 MiB for a chat of
// usual length, and long chats can still be rendered. A step is a node of the
// template, an element that is read, or about 32 bytes of a string.
const (
	baseSteps  = 300_000
	baseBytes  = 8 << 20
	baseOutput = 4 << 20
	maxDepth   = 1000 // of evaluation: macros that call each other, nested values
	maxSize    = 16 << 20
)

// What values cost, in bytes.
const (
	listEntry  = 16
	dictEntry  = 96
	scopeEntry = 32
)

// spend takes n steps from the budget.
func (r *renderer) spend(n int) {
	if r.steps -= n; r.steps < 0 {
		r.fail("the template takes too many steps")
	}
}

// alloc takes n bytes from the budget, and the steps to fill them.
func (r *renderer) alloc(n int) {
	if n < 0 || n > r.bytes {
		r.fail("the template needs too much memory")
	}
	r.bytes -= n
	r.spend(n / 64)
}

// enter goes one level deeper; r.depth-- goes back.
func (r *renderer) enter() {
	if r.depth++; r.depth > maxDepth {
		r.fail("nested deeper than %d levels: a macro that calls itself?", maxDepth)
	}
}

// fail ends the render with an error at the current node.
func (r *renderer) fail(format string, args ...any) {
	panic(errorAt(r.t.src, r.at, fmt.Sprintf(format, args...)))
}

// A size is about how many bytes a value takes without its marks, and how many
// bytes of it are marked.
type size struct{ bytes, content int }

// add adds the size of v. It ignores values deeper than maxDepth, which Decode
// never returns.
func (n *size) add(v any, depth int) {
	if depth > maxDepth {
		return
	}
	n.bytes += listEntry
	switch v := v.(type) {
	case string:
		n.bytes += len(v)
	case *marked:
		n.bytes += len(v.s)
		n.content += len(v.marks)
	case *List:
		for _, x := range v.items {
			n.add(x, depth+1)
		}
	case *Dict:
		for i, k := range v.keys {
			n.add(k, depth+1)
			n.add(v.values[i], depth+1)
		}
	}
}
