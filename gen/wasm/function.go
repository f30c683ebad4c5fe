package wasm

import "slices"

// A Func is a function in the making.
type Func struct {
	m       *Module
	name    string
	params  []Type
	results []Type
	locals  []Type
	taken   []Var          // that no scope has given back
	free    map[Type][]Var // that scopes have
	consts  map[[4]uint32]Var
	prelude []byte // sets them
	code    []byte
	index   uint32
}

// emit appends an instruction behind its operands.
func (f *Func) emit(op []byte, operands ...Expr) {
	for _, e := range operands {
		f.code = append(f.code, e.code...)
	}
	f.code = append(f.code, op...)
}

// do appends instructions that leave nothing.
func (f *Func) do(e Expr) { f.emit(nil, e) }

// Drop computes e for its effect.
func (f *Func) Drop(e Expr) { f.emit([]byte{0x1a}, e) }

// Arg is parameter i. It can be set.
func (f *Func) Arg(i int) Var { return f.variable(uint32(i), f.params[i]) }

func (f *Func) variable(i uint32, t Type) Var {
	return Var{Expr{t, uleb([]byte{0x20}, uint64(i))}, i}
}

// Local is a fresh variable. Outside of loops and scopes it is 0.
func (f *Func) Local(t Type) Var {
	if free := f.free[t]; len(free) > 0 {
		v := free[len(free)-1]
		f.free[t] = free[:len(free)-1]
		f.taken = append(f.taken, v)
		return v
	}
	f.locals = append(f.locals, t)
	v := f.variable(uint32(len(f.params)+len(f.locals)-1), t)
	f.taken = append(f.taken, v)
	return v
}

// Scope runs body, after which the variables that it has taken may be others'.
func (f *Func) Scope(body func()) {
	first := len(f.taken)
	body()
	for _, v := range f.taken[first:] {
		f.free[v.typ] = append(f.free[v.typ], v)
	}
	f.taken = f.taken[:first]
}

// Locals are n fresh variables.
func (f *Func) Locals(t Type, n int) []Var {
	vars := make([]Var, n)
	for i := range vars {
		vars[i] = f.Local(t)
	}
	return vars
}

// Let is a fresh variable with the value of e.
func (f *Func) Let(e Expr) Var {
	v := f.Local(e.typ)
	f.Set(v, e)
	return v
}

// Set gives a variable a value.
func (f *Func) Set(v Var, e Expr) {
	e.want(v.typ)
	f.emit(uleb([]byte{0x21}, uint64(v.index)), e)
}

// Inc adds n to a variable, an integer or address.
func (f *Func) Inc(v Var, n int) {
	if n != 0 {
		f.Set(v, Add(v.Expr, f.number(v.typ, n)))
	}
}

// number is n of a type.
func (f *Func) number(t Type, n int) Expr {
	if t == I64 {
		return Const64(int64(n))
	}
	return Const(n)
}

// Vec is [Bits], computed once when the function begins: for what a loop wants, as
// engines compute constants where they are put.
func (f *Func) Vec(v ...uint32) Expr {
	var all [4]uint32
	for i := range all {
		all[i] = v[i%len(v)]
	}
	c, ok := f.consts[all]
	if !ok {
		f.locals = append(f.locals, V128)
		c = f.variable(uint32(len(f.params)+len(f.locals)-1), V128)
		f.consts[all] = c
		f.prelude = append(append(f.prelude, Bits(all[:]...).code...), uleb([]byte{0x21}, uint64(c.index))...)
	}
	return c.Expr
}

// Addr is n as an address.
func (f *Func) Addr(n int) Expr { return f.number(f.m.Ptr, n) }

// At is p + n elements of a size in bytes, n being an i32 that is not negative.
func (f *Func) At(p, n Expr, size int) Expr {
	if p.typ == I64 {
		n = Extend(n)
	}
	return Add(p, Mul(n, f.number(p.typ, size)))
}

// Wide is an i32 that is not negative as an address.
func (f *Func) Wide(n Expr) Expr {
	n.want(I32)
	if f.m.Ptr == I32 {
		return n
	}
	return Extend(n)
}

// WideS is an i32 as an address, with its sign.
func (f *Func) WideS(n Expr) Expr {
	n.want(I32)
	if f.m.Ptr == I32 {
		return n
	}
	return join(I64, []byte{0xac}, n)
}

// Loop runs body n times, at least once; n counts down to 0.
func (f *Func) Loop(n Var, body func()) {
	f.code = append(f.code, 0x03, 0x40)
	body()
	f.Inc(n, -1)
	f.emit([]byte{0x0d, 0}, Ne(n.Expr, f.number(n.typ, 0)))
	f.code = append(f.code, 0x0b)
}

// While runs body as long as n is at least step, which it takes from n after
// each.
func (f *Func) While(n Var, step int, body func()) {
	f.Until(LtS(n.Expr, f.number(n.typ, step)), func() {
		body()
		f.Inc(n, -step)
	})
}

// Until runs body until end, computed before each, is not 0.
func (f *Func) Until(end Expr, body func()) {
	end.want(I32)
	f.code = append(f.code, 0x02, 0x40, 0x03, 0x40)
	f.emit([]byte{0x0d, 1}, end)
	body()
	f.code = append(f.code, 0x0c, 0, 0x0b, 0x0b)
}

// If runs then if cond is not 0, otherwise els, which may be nil.
func (f *Func) If(cond Expr, then, els func()) {
	cond.want(I32)
	f.emit([]byte{0x04, 0x40}, cond)
	then()
	if els != nil {
		f.code = append(f.code, 0x05)
		els()
	}
	f.code = append(f.code, 0x0b)
}

// Return ends the function with its results.
func (f *Func) Return(e ...Expr) {
	f.check(e)
	f.emit([]byte{0x0f}, e...)
}

// check panics unless e are the function's results.
func (f *Func) check(e []Expr) {
	if len(e) != len(f.results) {
		panic("wasm: " + f.name + ": wrong number of results")
	}
	for i, t := range f.results {
		e[i].want(t)
	}
}

// Call is the result of a function of one result, or an expression for Do.
func (f *Func) call(to *Func, args []Expr) Expr {
	if len(args) != len(to.params) {
		panic("wasm: " + to.name + ": wrong number of arguments")
	}
	for i, t := range to.params {
		args[i].want(t)
	}
	t := Type(0)
	if len(to.results) > 0 {
		t = to.results[0]
	}
	return join(t, uleb([]byte{0x10}, uint64(to.index)), args...)
}

// Call is the result of a function. It is put once, as it may have effects.
func (f *Func) Call(to *Func, args ...Expr) Expr { return f.call(to, args) }

// Run calls a function without results.
func (f *Func) Run(to *Func, args ...Expr) { f.do(f.call(to, args)) }

// RunTable calls the i-th function of the table, which has parameters of the types
// of args and no results.
func (f *Func) RunTable(i Expr, args ...Expr) {
	i.want(I32)
	var params []Type
	for _, e := range args {
		params = append(params, e.typ)
	}
	f.emit(append(uleb([]byte{0x11}, f.m.typeOf(params, nil)), 0), append(slices.Clone(args), i)...)
}

// Global is the value of a global of the module.
func (f *Func) Global(i int) Expr {
	return Expr{f.m.globals[i], uleb([]byte{0x23}, uint64(i))}
}

// SetGlobal gives it another.
func (f *Func) SetGlobal(i int, e Expr) {
	e.want(f.m.globals[i])
	f.emit(uleb([]byte{0x24}, uint64(i)), e)
}
