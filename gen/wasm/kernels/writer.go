package kernels

import (
	"fmt"
	"strings"

	. "github.com/querent-ai/chord/gen/wasm"
)

// A writer is a module in the making, and the Go file with its functions.
type writer struct {
	*Module
	declarations strings.Builder
	scratch      int   // the global that is the address of this instance's memory
	fork         *Func // shares a product among threads, in a module of shared memory

	maxFunc, expSumFunc, scaleFunc *Func // functions that others call
}

// Each instance of the module has memory of its own, of scratchBytes.
const (
	scratchBytes = 8 << 10
	tailAt       = 0   // two times 64 bytes: the rest of a vector
	pairsAt      = 128 // activations of a block as int16, 512 bytes a token
	rowTailAt    = 128 // three times 64 bytes: the rest of a row of a state, and of vectors beside it
)

// A kernel is a function in the making. Args has its parameters by name: pointers,
// an i32 for an int, a float32; of a slice the pointer, and n is the length of the
// one that count names, length that of a second one.
type kernel struct {
	*Func
	w    *writer
	name string
	args map[string]Var
	n    Var

	length Var
}

// arg is a parameter.
func (k *kernel) arg(name string) Var {
	v, ok := k.args[name]
	if !ok {
		panic("kernels: no parameter " + name)
	}
	return v
}

// goTypes says how a parameter of Go is passed.
var goTypes = map[string]struct {
	typ  Type
	pass string
	decl string
}{
	"int":     {I32, "int32(%s)", "int32"},
	"uint64":  {I64, "%s", "uint64"},
	"weights": {I64, "uint64(uintptr(unsafe.Pointer(%s)))", "uint64"}, // *byte in Go, perhaps of the far memory
	"float32": {F32, "%s", "float32"},
}

// kernel starts the function called name, with parameters and a result as in Go;
// those called _ are not passed. It is exported; doc is the loop that it computes.
func (w *writer) kernel(name, params, result, count string, doc ...string) *kernel {
	k := w.inner(name, params, result, count)
	w.declare(name, params, result, count, doc...)
	w.Export(name, k.Func)
	return k
}

// inner starts a function that is not exported.
func (w *writer) inner(name, params, result, count string) *kernel {
	k := &kernel{w: w, name: name, args: map[string]Var{}}
	var types []Type
	var names []string
	for p := range strings.SplitSeq(params, ", ") {
		name, typ, _ := strings.Cut(p, " ")
		if name == "_" {
			continue
		}
		t := w.Ptr
		if g, ok := goTypes[typ]; ok {
			t = g.typ
		}
		names, types = append(names, name), append(types, t)
	}
	for range strings.Fields(count) {
		types = append(types, I32)
	}
	results := map[string][]Type{"": nil, "float32": {F32}, "int": {I32}, "uint32": {I32}}[result]
	k.Func = w.Func(name, types, results...)
	for i, n := range names {
		k.args[n] = k.Arg(i)
	}
	for i, v := range []*Var{&k.n, &k.length}[:len(strings.Fields(count))] {
		*v = k.Arg(len(names) + i)
	}
	return k
}

// declare writes the function's Go half.
func (w *writer) declare(name, params, result, count string, doc ...string) {
	var decl, pass []string
	for p := range strings.SplitSeq(params, ", ") {
		name, typ, _ := strings.Cut(p, " ")
		g, ok := goTypes[typ]
		switch {
		case name == "_":
			continue
		case strings.HasPrefix(typ, "[]"):
			decl, pass = append(decl, name+" unsafe.Pointer"), append(pass, "unsafe.Pointer(unsafe.SliceData("+name+"))")
		case ok:
			decl, pass = append(decl, name+" "+g.decl), append(pass, fmt.Sprintf(g.pass, name))
		default:
			decl, pass = append(decl, name+" unsafe.Pointer"), append(pass, "unsafe.Pointer("+name+")")
		}
	}
	for i, c := range strings.Fields(count) {
		decl, pass = append(decl, []string{"elements", "length"}[i]+" int32"), append(pass, "int32(len("+c+"))")
	}
	call := fmt.Sprintf("import%s(%s)", name, strings.Join(pass, ", "))
	narrow := result
	if result == "int" {
		narrow, call = "int32", "int("+call+")"
	}
	if result != "" {
		call = "return " + call
	}
	for _, line := range doc {
		fmt.Fprintf(&w.declarations, "\n// %s", line)
	}
	fmt.Fprintf(&w.declarations, "\nfunc %s(%s) %s { %s }\n", name, strings.ReplaceAll(params, "w weights", "w *byte"), result, call)
	fmt.Fprintf(&w.declarations, "\n//go:wasmimport chord %s\n//go:noescape\nfunc import%s(%s) %s\n", name, name, strings.Join(decl, ", "), narrow)
}

// own is the address of the instance's memory, and where in it.
func (k *kernel) own(at int) Expr { return Add(k.Global(k.w.scratch), k.Addr(at)) }
