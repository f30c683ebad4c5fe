//go:build js && wasm

package main

import (
	"errors"
	"fmt"
	"io"
	"syscall/js"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/internal/inside"
)

// open is chord.open.
func open(args []js.Value) (any, error) {
	var o chord.Options
	if err := decode("options", arg(args, 1), &o); err != nil {
		return nil, err
	}
	o.Threads = 1 // all goroutines are on one thread; kernels share their work by themselves
	if onLoad := arg(args, 2); !none(onLoad) {
		o.OnLoad = func(done, total int64) { onLoad.Invoke(float64(done), float64(total)) }
	}
	if v := arg(args, 3); !none(v) {
		inside.Device(&o, &device{Value: v, onLoad: o.OnLoad})
	}
	m, err := openSource(arg(args, 0), o)
	if err != nil {
		return nil, err
	}
	return newModel(m)
}

// openSource opens the model that an argument of open says.
func openSource(v js.Value, o chord.Options) (*chord.Model, error) {
	if v.InstanceOf(js.Global().Get("Array")) {
		return openParts(v, o)
	}
	s, err := newSource(v)
	if err != nil {
		return nil, err
	}
	return chord.OpenReaderAt(s, s.size, o)
}

// newSource is the file that v says.
func newSource(v js.Value) (*source, error) {
	switch {
	case v.Type() != js.TypeObject:
		return nil, errInvalid{errors.New("source: not bytes or {size, read}")}
	case v.InstanceOf(js.Global().Get("Uint8Array")):
		return &source{size: int64(v.Length()), read: func(b js.Value, at int64) error {
			b.Call("set", v.Call("subarray", float64(at), float64(at)+float64(b.Length())))
			return nil
		}}, nil
	case v.Get("size").Type() != js.TypeNumber || v.Get("read").Type() != js.TypeFunction:
		return nil, errInvalid{errors.New("source: an object without size or read")}
	}
	return &source{size: int64(v.Get("size").Float()), read: func(b js.Value, at int64) error {
		err := try(func() error { v.Call("read", b, float64(at)); return nil })
		if err != nil {
			return fmt.Errorf("source: byte %d: %w", at, err)
		}
		return nil
	}}, nil
}

// chunk is how many bytes are copied at a time.
const chunk = 4 << 20

// A source is a file of JavaScript.
type source struct {
	size   int64
	read   func(b js.Value, at int64) error
	buffer js.Value // of chunk bytes
	opened bool     // as one of parts
}

// ReadAt implements io.ReaderAt.
func (s *source) ReadAt(p []byte, at int64) (n int, err error) {
	if s.buffer.IsUndefined() {
		s.buffer = js.Global().Get("Uint8Array").New(chunk)
	}
	for n < len(p) {
		some := min(len(p)-n, chunk, int(s.size-at))
		if some <= 0 {
			return n, io.EOF
		}
		b := s.buffer.Call("subarray", 0, some)
		if err := s.read(b, at); err != nil {
			return n, err
		}
		js.CopyBytesToGo(p[n:n+some], b)
		n, at = n+some, at+int64(some)
	}
	return n, nil
}
