package kernels

import . "github.com/querent-ai/chord/gen/wasm"

// far writes the functions of the far memory, in which weights lie that a memory with
// addresses of 32 bits has no room for. Only one variant has it.
func (w *writer) far() {
	k := w.kernel("FarGrow", "pages int", "int", "",
		"FarGrow adds pages of 64 KiB to the far memory. It returns how many that has then, or 0",
		"if there is none or no more memory.")
	if !w.Far {
		k.Return(Const(0))
	} else {
		had := k.Let(k.GrowFar(Extend(k.arg("pages").Expr)))
		k.If(LtS(had.Expr, Const64(0)), func() { k.Return(Const(0)) }, nil)
		k.Return(Add(Narrow(had.Expr), k.arg("pages").Expr))
	}
	k = w.kernel("FarPut", "at uint64, p *byte, n int", "", "",
		"FarPut copies n bytes from p to the far memory's byte at.")
	if w.Far {
		k.CopyFar(k.arg("at").Expr, k.arg("p").Expr, k.arg("n").Expr)
	}
	k = w.kernel("FarGet", "p *byte, at uint64, n int", "", "",
		"FarGet copies n bytes of the far memory, from byte at on, to p.")
	if w.Far {
		k.CopyNear(k.arg("p").Expr, k.arg("at").Expr, k.arg("n").Expr)
	}
}
