//go:build cgo

package main

// #include "chord.h"
import "C"

import (
	"encoding/json"
	"runtime"
	"runtime/debug"
	"unsafe"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/llama"
	"github.com/querent-ai/chord/simd"
)

// version is the version of the library.
var version = func() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "devel"
}()

// features is the JSON of chord_features.
var features = func() string {
	names := []string{"adapters", "chat", "embed", "grammar", "json_schema", "logits", "logprobs", "queue", "rerank", "score", "sessions", "tools"}
	if hasDescriptors {
		names = append(names, "descriptors")
	}
	b, err := json.Marshal(map[string]any{
		"abi": C.CHORD_ABI, "version": version, "os": runtime.GOOS, "arch": runtime.GOARCH, "tier": simd.Tier(),
		"architectures": llama.Architectures(), "features": names,
	})
	if err != nil {
		panic(err) // strings and a number have a JSON
	}
	return string(b)
}()

// Copies for C, which live as long as the process.
var cVersion, cFeatures = C.CString(version), C.CString(features)

//export goVersion
func goVersion() *C.char { return cVersion }

//export goFeatures
func goFeatures() *C.char { return cFeatures }

//export goInfo
func goInfo(id C.size_t, to *C.char, capacity C.size_t, n *C.size_t) C.int {
	return describe(id, to, capacity, n, func(m *chord.Model) any { return m.Info() })
}

//export goMetrics
func goMetrics(id C.size_t, to *C.char, capacity C.size_t, n *C.size_t) C.int {
	return describe(id, to, capacity, n, func(m *chord.Model) any { return m.Metrics() })
}

// describe writes the JSON of something of a model.
func describe(id C.size_t, to *C.char, capacity C.size_t, n *C.size_t, what func(m *chord.Model) any) C.int {
	return call(func() error {
		m, err := model(id)
		if err != nil {
			return err
		}
		b, err := json.Marshal(what(m))
		if err != nil {
			return err
		}
		return output(b, unsafe.Pointer(to), capacity, n, 1)
	})
}
