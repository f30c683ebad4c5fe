package eval

import (
	"encoding/binary"
	"fmt"
	"io"
)

// A base file is what llama-perplexity writes and reads, little-endian:
//
//	"_logits_" | window i32 | vocabulary i32 | windows i32 | tokens [windows·window]i32
//
// and then, of every token in a window's second half but the last, the packed
// row of what follows it.
const magic = "_logits_"

// maxWindow is beyond any model's context.
const maxWindow = 1 << 24

// WriteHead writes all of a base file but its rows. tokens are those of all
// windows.
func WriteHead(w io.Writer, window, vocab int, tokens []int32) error {
	b := make([]byte, 0, len(magic)+12+4*len(tokens))
	b = append(b, magic...)
	for _, n := range []int{window, vocab, len(tokens) / window} {
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	for _, id := range tokens {
		b = binary.LittleEndian.AppendUint32(b, uint32(id))
	}
	_, err := w.Write(b)
	return err
}

// ReadHead reads a base file up to its rows and returns the length of a window
// and the tokens of all windows. It errs if that is not of a model with a
// vocabulary of vocab tokens, or the file is no such file or ends.
func ReadHead(r io.Reader, vocab int) (window int, tokens []int32, err error) {
	var head [len(magic) + 12]byte
	if _, err := io.ReadFull(r, head[:]); err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return 0, nil, err
	} else if err != nil || string(head[:len(magic)]) != magic {
		return 0, nil, fmt.Errorf("base logits: no such file: it does not begin with %q and three numbers", magic)
	}
	n := func(i int) int { return int(int32(binary.LittleEndian.Uint32(head[len(magic)+4*i:]))) }
	window, windows := n(0), n(2)
	switch {
	case window < MinWindow || window > maxWindow:
		return 0, nil, fmt.Errorf("base logits: windows of %d tokens, want %d to %d", window, MinWindow, maxWindow)
	case n(1) != vocab:
		return 0, nil, fmt.Errorf("base logits: a vocabulary of %d, the model's has %d", n(1), vocab)
	case windows < 1:
		return 0, nil, fmt.Errorf("base logits: %d windows", windows)
	}
	size := 4 * int64(window) * int64(windows)
	b, err := io.ReadAll(io.LimitReader(r, size)) // grows with what is there
	if err != nil {
		return 0, nil, err
	}
	if int64(len(b)) < size {
		return 0, nil, fmt.Errorf("base logits: %d bytes of tokens, want %d", len(b), size)
	}
	tokens = make([]int32, len(b)/4)
	for i := range tokens {
		if tokens[i] = int32(binary.LittleEndian.Uint32(b[4*i:])); tokens[i] < 0 || int(tokens[i]) >= vocab {
			return 0, nil, fmt.Errorf("base logits: token %d is %d, the vocabulary has %d", i, tokens[i], vocab)
		}
	}
	return window, tokens, nil
}

// MinWindow is the fewest tokens of a window that have one to score after
// their first half.
const MinWindow = 3
