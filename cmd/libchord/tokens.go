//go:build cgo

package main

// #include <stddef.h>
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/bpe"
)

//export goTokenize
func goTokenize(id C.size_t, text *C.char, size C.size_t, special C.int, to *C.int, capacity C.size_t, n *C.size_t) C.int {
	return call(func() error {
		m, err := model(id)
		if err != nil {
			return err
		}
		if text == nil && size > 0 {
			return fmt.Errorf("chord_tokenize: %w: text", errArgument)
		}
		s := string(unsafe.Slice((*byte)(unsafe.Pointer(text)), int(size)))
		ids := m.Tokenizer().Encode(nil, s, bpe.EncodeOptions{NoParseSpecial: special == 0})
		return output(ids, unsafe.Pointer(to), capacity, n, 0)
	})
}

//export goDetokenize
func goDetokenize(id C.size_t, ids *C.int, count C.size_t, to *C.char, capacity C.size_t, n *C.size_t) C.int {
	return call(func() error {
		m, err := model(id)
		if err != nil {
			return err
		}
		list, err := tokenIDs(ids, count)
		if err != nil {
			return fmt.Errorf("chord_detokenize: %w", err)
		}
		t := m.Tokenizer()
		for i, id := range list {
			if id < 0 || int(id) >= t.Len() {
				return fmt.Errorf("chord_detokenize: ids[%d]: %w: %d, the vocabulary has %d tokens", i, chord.ErrInvalid, id, t.Len())
			}
		}
		s := t.Decode(list, bpe.DecodeOptions{RemoveSpecial: true})
		return output(unsafe.Slice(unsafe.StringData(s), len(s)), unsafe.Pointer(to), capacity, n, 1) // reads it only
	})
}
