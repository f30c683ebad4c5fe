package gguf

import (
	"fmt"
	"strconv"
	"strings"
)

// Override sets the value of a key, which the file may have or not, for every
// later look-up; the file on disk is unchanged. It must not be called while f is
// used elsewhere. It errs if the value has none of the types of [KV].
func (f *File) Override(kv KV) error {
	if _, ok := TypeOf(kv.Value); !ok {
		return fmt.Errorf("gguf: override of key %q: a %T is not a value of GGUF", kv.Key, kv.Value)
	}
	if i, ok := f.keys[kv.Key]; ok {
		f.KV[i].Value = kv.Value
		return nil
	}
	f.keys[kv.Key] = len(f.KV)
	f.KV, f.at = append(f.KV, kv), append(f.at, -1)
	return nil
}

// ParseKV parses a key and value in the form of llama.cpp's --override-kv:
// KEY=TYPE:VALUE with TYPE int, float, bool or str.
func ParseKV(s string) (KV, error) {
	key, typed, ok := strings.Cut(s, "=")
	kind, text, colon := strings.Cut(typed, ":")
	if !ok || !colon || key == "" || len(key) > MaxKey {
		return KV{}, fmt.Errorf("gguf: override %q: want KEY=TYPE:VALUE", s)
	}
	kv := KV{Key: key}
	var err error
	wrong := ""
	switch kind {
	case "int":
		kv.Value, err = strconv.ParseInt(text, 10, 64)
		wrong = "a whole number of 64 bits"
	case "float":
		kv.Value, err = strconv.ParseFloat(text, 64)
		wrong = "a number"
	case "bool":
		kv.Value, wrong = text == "true", "true or false"
		if text != "true" && text != "false" {
			err = strconv.ErrSyntax
		}
	case "str":
		kv.Value = text
	default:
		return KV{}, fmt.Errorf("gguf: override %q: type %q, want int, float, bool or str", s, kind)
	}
	if err != nil {
		return KV{}, fmt.Errorf("gguf: override %q: %q, want %s", s, text, wrong)
	}
	return kv, nil
}
