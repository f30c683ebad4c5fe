//go:build cgo

package main

// #include <stddef.h>
import "C"

import (
	"encoding/json"
	"fmt"
	"unsafe"

	"github.com/querent-ai/chord"
)

// A loras is the list "lora" of parameters: handles of adapters, with scales.
type loras []chord.AdapterScale

// UnmarshalJSON looks the handles up.
func (l *loras) UnmarshalJSON(b []byte) error {
	var list []struct {
		ID    uint     `json:"id"`
		Scale *float32 `json:"scale"`
	}
	if err := decode("lora", b, &list); err != nil {
		return err
	}
	*l = loras{}
	for i, e := range list {
		a, err := find[*chord.Adapter](C.size_t(e.ID), "adapter")
		switch {
		case err != nil:
			return fmt.Errorf("lora[%d]: %w", i, err)
		case e.Scale == nil:
			*l = append(*l, chord.AdapterScale{Adapter: a})
		case *e.Scale != 0: // one of scale 0 has no effect
			*l = append(*l, chord.AdapterScale{Adapter: a, Scale: *e.Scale})
		}
	}
	return nil
}

//export goAdapterOpen
func goAdapterOpen(id C.size_t, path *C.char, out *C.size_t) C.int {
	return call(func() error {
		return give(out, "adapter", func() (*chord.Adapter, error) {
			m, err := model(id)
			if err != nil {
				return nil, err
			}
			name, err := needed(path, "path")
			if err != nil {
				return nil, fmt.Errorf("chord_adapter_open: %w", err)
			}
			return m.LoadAdapter(string(name))
		})
	})
}

//export goAdapterInfo
func goAdapterInfo(id C.size_t, to *C.char, capacity C.size_t, n *C.size_t) C.int {
	return call(func() error {
		a, err := find[*chord.Adapter](id, "adapter")
		if err != nil {
			return err
		}
		b, err := json.Marshal(a.Info())
		if err != nil {
			return err
		}
		return output(b, unsafe.Pointer(to), capacity, n, 1)
	})
}

//export goAdapterClose
func goAdapterClose(id C.size_t) C.int {
	return call(func() error {
		a, err := take[*chord.Adapter](id, "adapter")
		if err != nil {
			return err
		}
		return a.Close()
	})
}
