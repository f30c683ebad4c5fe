package llama

// hidden returns how wide a row of a pass's gate and up must be: as wide as the
// widest network, or all chosen experts' together. It goes by the matrices that
// were loaded, since a file may also give widths of networks that no layer has.
// used is the number of chosen experts.
func (w *weights) hidden(used int) int {
	n := 0
	for i := range w.Blk {
		b := &w.Blk[i]
		n = max(n, b.FFN.hidden())
		if e := b.Experts; e != nil {
			n = max(n, e.Shared.hidden(), used*e.Expert[0].hidden()) // the product is below maxCount
		}
	}
	return n
}

// hidden returns the width of the network, 0 if there is none.
func (m *mlp) hidden() int {
	if m.Up.W == nil {
		return 0
	}
	return m.Up.W.Rows()
}

// PieceTokens is the most tokens computed at once: enough to make matrix
// products dense, few enough to keep the activations small. For a model of 1B,
// 512 were no faster and took 36 MB more.
const PieceTokens = 256

// pieceElems is the most elements of an activation that pieces are cut for:
// more than any model has in PieceTokens rows, and no more than a file's
// strange shape should ask for at once.
const pieceElems = 1 << 25

// pieceFor returns how many tokens are computed at once where a row of the
// largest activation has width elements.
func pieceFor(width int) int { return min(max(pieceElems/max(width, 1), 1), PieceTokens) }
