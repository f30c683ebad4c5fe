package kernels

import . "github.com/querent-ai/chord/gen/wasm"

// Where the threads' common words are: in the first 4096 bytes of the memory, in
// which Go keeps nothing.
const (
	jobAt    = 64
	sequence = 4 * iota // counts the products that were shared
	function            // of the table
	argument            // six: dst, stride, w, which takes two words, acts, blocks, tiles
	_
	_
	_
	_
	_
	_
	tileSize // bytes of a tile of w
	next     // the next tile that nobody has taken
	open     // 1 while there may be tiles left
	active   // workers that look for tiles
	sleepers // workers that wait for a product
	waiting  // 1 while the caller waits for workers
	workers  // how many there are
	taken    // tiles that workers have computed, ever
	area     // where the instances' own memories are, the caller's first
)

// argumentAt is where an argument is, behind the first one.
func argumentAt(i int) int {
	if i > 2 {
		i++
	}
	return argument + 4*i
}

// farFrom is the address of Go at which the far memory begins: the first one that Go's
// own memory cannot have.
const farFrom = 1 << 32

// Products of fewer bytes, times tokens, are not shared.
const leastShared = 48 << 10

// How often somebody looks for news before it sleeps, and how long the caller does,
// in nanoseconds: a notification that came too early costs no more than that.
const (
	spins = 2000
	nap   = 1_000_000
)

// word is the address of the threads' common words.
func (k *kernel) word() Expr { return k.Addr(jobAt) }

// start writes Start, which gives the instance of the caller its memory, and in
// shared memory Work, which a worker does until it is terminated.
func (w *writer) start() {
	w.scratch = w.Global(w.Ptr)
	k := w.kernel("Start", "area *byte", "", "",
		"Start gives the kernels memory of their own, of Area bytes; no other may be called",
		"before.")
	k.SetGlobal(w.scratch, k.arg("area").Expr)
	if !w.Shared {
		return
	}
	k.AtomicStore(k.word(), area, k.arg("area").Expr)
	w.forked()
	w.work()
}

// like are the parameters of products.
const like = "dst *float32, stride int, w weights, acts *byte, blocks int, tiles int"

// parallel exports a product, of weights in the near memory and, if it is not nil, in the
// far one; in shared memory its tiles are shared by the threads.
func (w *writer) parallel(k, far *kernel, tokens, tileBytes int) {
	if !w.Shared {
		w.Export(k.name, k.Func)
		return
	}
	index := func([]Expr) Expr { return Const(w.Table(k.Func)) }
	alone := func(p *kernel, args []Expr) { p.Run(k.Func, args...) }
	if far != nil {
		first := w.Table(k.Func)
		w.Table(far.Func) // the next one
		isFar := func(args []Expr) Expr { return GeU(args[2], Const64(farFrom)) }
		index = func(args []Expr) Expr { return Add(Const(first), isFar(args)) }
		alone = func(p *kernel, args []Expr) {
			p.If(isFar(args), func() { p.Run(far.Func, args...) }, func() { p.Run(k.Func, args...) })
		}
	}
	w.shareTiles(k.name, tokens, tileBytes, index, alone)
}

// shareTiles exports a product whose function in the table index chooses, and which alone
// calls for what one thread does.
func (w *writer) shareTiles(name string, tokens, tileBytes int, index func(args []Expr) Expr, alone func(p *kernel, args []Expr)) {
	p := w.inner(name, like, "", "")
	args := make([]Expr, 6)
	for i := range args {
		args[i] = p.Arg(i).Expr
	}
	bytes := p.Let(Mul(p.Arg(4).Expr, Const(tileBytes)))
	few := LtS(Mul(Mul(bytes.Expr, p.Arg(5).Expr), Const(tokens)), Const(leastShared))
	nobody := Eq(p.AtomicLoad(p.word(), workers), Const(0))
	p.If(Or(Or(few, LtS(p.Arg(5).Expr, Const(2))), nobody),
		func() { alone(p, args) },
		func() { p.Run(w.fork, append(args, index(args), bytes.Expr)...) })
	w.Export(name, p.Func)
}

// forked writes the function that shares a product. Workers that come late find it
// closed: they announce themselves in active before they look at open, and the
// caller waits, after it has closed it, until active is 0.
func (w *writer) forked() {
	k := w.inner("fork", like+", function int, bytes int", "", "")
	w.fork = k.Func
	for i := range 6 {
		k.Store(k.word(), argumentAt(i), k.Arg(i).Expr)
	}
	k.Store(k.word(), function, k.arg("function").Expr)
	k.Store(k.word(), tileSize, k.arg("bytes").Expr)
	k.AtomicStore(k.word(), next, Const(0))
	k.AtomicStore(k.word(), open, Const(1))
	k.Drop(k.AtomicAdd(k.word(), sequence, Const(1)))
	k.If(k.AtomicLoad(k.word(), sleepers), func() {
		k.Drop(k.Notify(k.word(), sequence, Const(-1)))
	}, nil)
	k.takeTiles()
	k.AtomicStore(k.word(), open, Const(0))
	n, left := k.Local(I32), k.Local(I32)
	k.Set(left, k.AtomicLoad(k.word(), active))
	k.Until(Eq(left.Expr, Const(0)), func() {
		k.Inc(n, 1)
		k.If(GtS(n.Expr, Const(spins)), func() {
			k.AtomicStore(k.word(), waiting, Const(1))
			k.Set(left, k.AtomicLoad(k.word(), active))
			k.If(left.Expr, func() { k.Drop(k.Wait(k.word(), active, left.Expr, nap)) }, nil)
			k.AtomicStore(k.word(), waiting, Const(0))
		}, nil)
		k.Set(left, k.AtomicLoad(k.word(), active))
	})
}

// takeTiles computes tiles until none is left, and is how many.
func (k *kernel) takeTiles() Var {
	n := k.Let(Const(0))
	arg := func(i int) Expr { return k.I32(k.word(), argumentAt(i)) }
	i := k.Local(I32)
	k.Set(i, k.AtomicAdd(k.word(), next, Const(1)))
	k.Until(GeS(i.Expr, arg(5)), func() {
		dst := Add(arg(0), Shl(i.Expr, Const(6)))
		tile := Add(k.I64(k.word(), argumentAt(2)), Mul(Extend(i.Expr), Extend(k.I32(k.word(), tileSize))))
		k.RunTable(k.I32(k.word(), function),
			dst, arg(1), tile, arg(3), arg(4), Const(1))
		k.Inc(n, 1)
		k.Set(i, k.AtomicAdd(k.word(), next, Const(1)))
	})
	return n
}

// work writes Work(i): what worker i does, counted from 0.
func (w *writer) work() {
	k := w.inner("Work", "i int", "", "")
	last, n, now, base := k.Local(I32), k.Local(I32), k.Local(I32), k.Local(I32)
	k.Drop(k.AtomicAdd(k.word(), workers, Const(1)))
	k.Until(Const(0), func() {
		k.Set(n, Const(0))
		k.Set(now, k.AtomicLoad(k.word(), sequence))
		k.Until(Or(Ne(now.Expr, last.Expr), GtS(n.Expr, Const(spins))), func() {
			k.Inc(n, 1)
			k.Set(now, k.AtomicLoad(k.word(), sequence))
		})
		k.If(Eq(now.Expr, last.Expr), func() {
			k.Drop(k.AtomicAdd(k.word(), sleepers, Const(1)))
			k.Drop(k.Wait(k.word(), sequence, last.Expr, -1))
			k.Drop(k.AtomicAdd(k.word(), sleepers, Const(-1)))
		}, func() {
			k.Set(last, now.Expr)
			k.Set(base, Add(k.AtomicLoad(k.word(), area), Mul(Add(k.arg("i").Expr, Const(1)), Const(scratchBytes))))
			k.SetGlobal(w.scratch, base.Expr)
			k.Drop(k.AtomicAdd(k.word(), active, Const(1)))
			k.If(k.AtomicLoad(k.word(), open), func() {
				n := k.takeTiles()
				k.Drop(k.AtomicAdd(k.word(), taken, n.Expr))
			}, nil)
			k.Set(now, k.AtomicAdd(k.word(), active, Const(-1)))
			k.If(And(Eq(now.Expr, Const(1)), k.AtomicLoad(k.word(), waiting)), func() {
				k.Drop(k.Notify(k.word(), active, Const(-1)))
			}, nil)
		})
	})
	w.Export("Work", k.Func)

	k = w.inner("Taken", "_ int", "int", "") // how many tiles workers have computed
	k.Return(k.AtomicLoad(k.word(), taken))
	w.Export("Taken", k.Func)
}
